"""What stands for the environment that a type checker sees: the interpreter, what is installed, which settings."""

from __future__ import annotations

import os
import shlex
import sys
from functools import lru_cache
from importlib.metadata import distributions

COMMAND = "QSCACHE_LINT_ENGINE_COMMAND"
"""The variable with the command that starts a type checker. It is no setting: a project could have anything run."""


@lru_cache(maxsize=1)
def environment() -> bytes:
    """What tells apart environments in which a type checker may say something else."""
    installed = sorted(f"{each.name} {each.version}" for each in distributions())
    chosen = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    return "\0".join((sys.version, sys.prefix, chosen, *installed)).encode()


def named_command() -> tuple[str, ...]:
    """The command that the user names for the type checker; nothing where none is named."""
    return tuple(shlex.split(os.environ.get(COMMAND, "")))
