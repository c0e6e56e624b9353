"""What Django's settings say about the witness."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NAME = "QSCACHE_WITNESS"


class Staging(msgspec.Struct, forbid_unknown_fields=True):
    """The setting `QSCACHE_WITNESS`: a path alone, or a dict with these keys."""

    file: str
    """Each process writes one of its own, with its number after the name."""
    root: str = ""
    """The directory of the project: `BASE_DIR` if that is not said, or else the current one."""
    sample: float = 1.0
    """The part of all requests that is recorded, from 0 to 1."""
    seconds: float = 60.0
    """How often the file is written, besides at the end of the process."""
    known: str = ""
    """A JSON report of `qscache-lint check`, whose memoizers made by hand are watched as well."""


def staging() -> Staging | None:
    """What is set; None where nothing is, which is to say that nothing is recorded."""
    value = getattr(settings, NAME, None)
    if not value:
        return None
    table = {"file": value} if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(table, Mapping):
        raise ImproperlyConfigured(f"{NAME} must be a path or a dict")
    try:
        found = msgspec.convert({name: _plain(each) for name, each in table.items()}, Staging)
    except msgspec.ValidationError as error:
        raise ImproperlyConfigured(f"{NAME}: {error}") from None
    if not 0 <= found.sample <= 1:
        raise ImproperlyConfigured(f"{NAME}: `sample` must be from 0 to 1")
    if not Path(found.file).absolute().parent.is_dir():
        raise ImproperlyConfigured(f"{NAME}: {Path(found.file).absolute().parent} is no directory")
    return found


def _plain(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else float(value) if isinstance(value, int) else value


def project_root() -> Path:
    """The directory that the settings take for that of the project."""
    return Path(getattr(settings, "BASE_DIR", None) or ".").absolute()
