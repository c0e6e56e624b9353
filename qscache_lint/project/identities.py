"""What the parts of a project are known by: files, functions, classes and models."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

ModulePath: TypeAlias = str
"""A file of the project, relative to its root."""


class FunctionId(msgspec.Struct, tag=True, array_like=True, frozen=True, order=True):
    """Function number `index` of the module in `path`."""

    path: ModulePath
    index: int


class ClassId(msgspec.Struct, tag=True, array_like=True, frozen=True, order=True):
    """Class number `index` of the module in `path`."""

    path: ModulePath
    index: int


class Model(msgspec.Struct, array_like=True, frozen=True):
    """A Django model: a class of the project, or the dotted name of one outside it."""

    identity: ClassId | str
