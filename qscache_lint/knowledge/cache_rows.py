"""Rows of the tables of caches: memoizers, store and read calls, serializers, and what functions do."""

from __future__ import annotations

from typing import Literal

from qscache_lint.knowledge.model import Coroutines, Keeps, Lifetime, Reads, Row, Slot, Store, Switch, Versioned

_ROWS_ARE_STORED = ("pickle", "copy", "backend")


_SCOPED_LIFETIMES = ("instance", "request", "context", "session")


class Kept(Row, frozen=True, kw_only=True):
    """How something keeps a value.

    `keeps`: "pickle" and "copy" read every row when the value is stored, "backend" does so with every backend but a
    dummy one, "reference" keeps the very object, "nothing" keeps none. `lifetime` is that of what is kept.
    """

    keeps: Keeps
    lifetime: Lifetime = "process"
    package: str = ""
    """The distribution that has it, as pip knows it; empty for the standard library."""

    @property
    def store(self) -> Store | None:
        """What this makes of a QuerySet; None when nothing is kept."""
        if self.keeps == "nothing":
            return None
        if self.keeps in _ROWS_ARE_STORED:
            return Store.PICKLED
        return Store.SCOPED if self.lifetime in _SCOPED_LIFETIMES else Store.MEMO


class Memoizer(Kept, frozen=True, kw_only=True):
    """A decorator that keeps what the function returns; a property when `property` says so.

    `form`: written as `@name` ("bare"), `@name(...)` ("called"), or either. `coroutines`: of an `async def` it keeps
    what is awaited, the coroutine object (which can be awaited once only), or nothing. `bypass` lists the expressions
    that get around the cache and `invalidate` those that empty it, for a decorated function `f` (a property: for its
    object `o` and class `C`).
    """

    names: tuple[str, ...]
    form: Literal["bare", "called", "either"] = "either"
    property: bool = False
    coroutines: Coroutines = "object"
    bypass: tuple[str, ...] = ()
    invalidate: tuple[str, ...] = ()


class StoreCall(Kept, frozen=True, kw_only=True):
    """A method that keeps the value it is given; `__setitem__` is `receiver[key] = value`.

    Without a `key`, the receiver is a variable with one value. Entries of different `version` are different.
    `mapping`: the value is a dict of several entries.
    `hands_out`: the call gives the kept value back. `calls_value`: a callable value is called, and its result kept.
    """

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    value: Slot
    key: Slot | None = None
    version: Slot | None = None
    mapping: bool = False
    hands_out: bool = False
    calls_value: bool = False


class ReadCall(Row, frozen=True):
    """A method that hands out what was kept under a key (or in the receiver itself), or else its `default`.

    One that gets `several` keys gives a dict.
    """

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    default: Slot | None = None
    key: Slot | None = None
    version: Slot | None = None
    several: bool = False


class Holder(Kept, frozen=True, kw_only=True):
    """An object whose attributes and entries keep what is assigned to them: `threading.local()`."""

    names: tuple[str, ...]


class Serializer(Row, frozen=True, kw_only=True):
    """A call that turns its argument into bytes for another reader: a task queue, another process, a file, a session.

    The name is a function's, or that of a receiver and a method. `value` are the arguments that are serialised (none:
    every one); `reads` says how much of the QuerySet is read: every row, a few for a printed form, or none because it
    is refused. That holds while nothing else is chosen: `chosen_by` names the `Setting` rows that may, the first before
    the others. `runs_here`: what is done with the result of the call (`()`, `.apply()`) to run it in this process,
    where nothing is serialised.
    """

    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    value: tuple[Slot, ...] = ()
    runs_here: tuple[str, ...] = ()
    reads: Reads
    refuses: bool = False
    chosen_by: tuple[str, ...] = ()
    package: str = ""


class Chosen(Row, frozen=True):
    """What becomes of a QuerySet under some values of a setting."""

    values: tuple[str, ...]
    reads: Reads
    refuses: bool = False


class Setting(Row, frozen=True, kw_only=True):
    """A setting that chooses the serializer.

    It is written as one of `names`, or in capitals behind a prefix of the project's choice (`CELERY_TASK_SERIALIZER`)
    as one of `endings`; in an assignment or a dict of a module that can be settings, or anywhere as a keyword of one of
    `calls`, or on one of `holders` (`app.conf`). With an `argument` it is that keyword of the call itself. What other
    values come to is not known, unless `only_these` says that they choose nothing.
    """

    setting: str
    names: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    argument: str = ""
    chosen: tuple[Chosen, ...]
    only_these: bool = False

    def is_called(self, name: str) -> bool:
        """Whether a name is one of this setting."""
        return name in self.names or any(name == each or name.endswith(f"_{each}") for each in self.endings)


class SettingsModules(Row, frozen=True):
    """Which modules can be settings of a project: patterns of their names or of the packages that they are in.

    Others are when one of `variables` of the environment is set to them, when they are given to one of `calls`, or when
    settings take every name from them. Those called like `tests` are not.
    """

    names: tuple[str, ...]
    tests: tuple[str, ...]
    variables: tuple[str, ...]
    calls: tuple[str, ...]


class Harmless(Row, frozen=True):
    """What looks like a cache of QuerySets and is none; `why` says what it keeps instead."""

    names: tuple[str, ...]
    why: str
    package: str = ""


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


class Caches(Row, frozen=True):
    """The tables of the folder caches/, put together."""

    switch: tuple[Switch, ...] = ()
    memoizer: tuple[Memoizer, ...] = ()
    store: tuple[StoreCall, ...] = ()
    read: tuple[ReadCall, ...] = ()
    holder: tuple[Holder, ...] = ()
    serializer: tuple[Serializer, ...] = ()
    setting: tuple[Setting, ...] = ()
    settings_modules: tuple[SettingsModules, ...] = ()
    harmless: tuple[Harmless, ...] = ()


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


class Functions(Row, frozen=True):
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
