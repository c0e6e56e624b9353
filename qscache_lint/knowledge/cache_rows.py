"""Rows of the tables of caches: memoizers, store and read calls, and serializers."""

from __future__ import annotations

from typing import Literal

from qscache_lint.knowledge.model import Coroutines, Keeps, Lifetime, Reads, Row, Slot, Store, Switch

_ROWS_ARE_STORED = ("pickle", "copy", "backend")
_SCOPED_LIFETIMES = ("instance", "request", "context", "session")


class KeepingRow(Row, frozen=True, kw_only=True):
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


class Memoizer(KeepingRow, frozen=True, kw_only=True):
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


class StoreCall(KeepingRow, frozen=True, kw_only=True):
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


class Holder(KeepingRow, frozen=True, kw_only=True):
    """An object whose attributes and entries keep what is assigned to them: `threading.local()`."""

    names: tuple[str, ...]


class Serializer(Row, frozen=True, kw_only=True):
    """A call that turns its argument into bytes for another reader: a task queue, another process, a file, a session.

    The name is a function's, or that of a receiver and a method. `value` are the arguments that are serialised (none:
    every one); `reads` says how much of the QuerySet is read: every row, a few for a printed form, or none because it
    is refused. That holds while nothing else is chosen: `chosen_by` names the `Setting` rows that may, the first before
    the others. `runs_here`: what is done with the result of the call (`()`, `.apply()`) to run it in this process,
    where nothing is serialised. `mention`: a word of the name that fewer files have than its last one.
    """

    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    value: tuple[Slot, ...] = ()
    runs_here: tuple[str, ...] = ()
    reads: Reads
    refuses: bool = False
    chosen_by: tuple[str, ...] = ()
    mention: str = ""
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


class CacheTable(Row, frozen=True):
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
