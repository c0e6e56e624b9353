"""The engines: the fast one, and those that ask a type checker as well."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Engine: TypeAlias = Literal["fast", "mypy", "pyrefly", "zuban"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
