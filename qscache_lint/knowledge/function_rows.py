"""Rows of the table of functions: decorators that keep nothing, callers of functions, names of home-made memoizers."""

from __future__ import annotations

from typing import Literal

from qscache_lint.knowledge.model import Row, Slot, Versioned


class Flavour(Row, frozen=True):
    """Decorators that decide how a function is bound when it is read through a class or an instance."""

    names: tuple[str, ...]
    binding: Literal["static", "class", "property"]


class Handmade(Row, frozen=True):
    """Names by which home-made memoizers are recognised; the tables say where each is looked for."""

    store_methods: tuple[str, ...]
    read_methods: tuple[str, ...]
    container_methods: tuple[str, ...]
    clones: tuple[str, ...]
    materialisers: tuple[str, ...]
    requests: tuple[str, ...]


class Caller(Row, frozen=True):
    """What calls the `function` that it is given: with the `rest` of its arguments, or with `args` and `kwargs`.

    It `gives` what the function returns, or something else.
    """

    names: tuple[str, ...]
    function: Slot
    rest: bool = False
    args: Slot = Slot()
    kwargs: Slot = Slot()
    gives: Literal["result", "other"] = "other"


class Transparent(Row, frozen=True):
    """Decorators that hand on what the function returns."""

    names: tuple[str, ...]


class NamedConstant(Row, frozen=True):
    """A constant outside the project, as it is while the program runs."""

    names: tuple[str, ...]
    value: bool | int | str


class Clock(Row, frozen=True):
    """Functions that give the time of the call, and memoizers that keep what they are given without a limit of time."""

    names: tuple[str, ...]
    endless: tuple[str, ...]


class Validating(Row, frozen=True):
    """Methods, by patterns, that run before objects of some classes are saved: those with a base below `bases`."""

    bases: tuple[str, ...]
    methods: tuple[str, ...]


class Occasions(Row, frozen=True):
    """What runs for one request or process alone: classes with a base below `bases`, views with one of `decorators`.

    Of each object of such a class the framework calls the methods `once` one time. `routes` lead from URLs to views.
    """

    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    once: tuple[str, ...]
    routes: tuple[str, ...]


class Development(Row, frozen=True):
    """Settings by which code asks whether it runs in development."""

    settings: tuple[str, ...]


class Plain(Row, frozen=True):
    """Beginnings of dotted names: what stands there gives neither a QuerySet nor an object of the project."""

    beginnings: tuple[str, ...]


class CalledLater(Versioned, frozen=True, kw_only=True):
    """Fields in whose `arguments` a function may stand for the value: it is called for `when`, a phrase.

    What reads the attributes `read_as` gets what is `given` instead of the value.
    """

    names: tuple[str, ...]
    arguments: tuple[str, ...]
    when: str
    read_as: tuple[str, ...]
    given: str
    iterates: bool = False


class FunctionTable(Row, frozen=True):
    """The whole of functions.toml.

    What decorators do that keep nothing, how home-made memoizers are recognised, and constants of other packages.
    """

    constant: tuple[NamedConstant, ...]
    caller: tuple[Caller, ...]
    transparent: tuple[Transparent, ...]
    transparent_endings: tuple[str, ...]
    flavour: tuple[Flavour, ...]
    handmade: Handmade
    clock: Clock
    development: Development
    plain: Plain
    validating: Validating
    occasions: Occasions
    called_later: tuple[CalledLater, ...]
