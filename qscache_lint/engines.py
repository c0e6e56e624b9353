"""The engines: the fast one, and that which asks a type checker as well."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Engine: TypeAlias = Literal["fast", "mypy"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
