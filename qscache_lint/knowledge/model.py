"""The rows of the knowledge tables, as typed values; the comments in the tables say what the words mean.

Dotted names are written as imported. `x()` stands for a call of x and `x[]` for an item of x; an argument that decides
what a call gives is written into it (`lru_cache(maxsize=0)`), where a `[[switch]]` row says that it decides.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import msgspec

Version: TypeAlias = tuple[int, ...]
"""A version of Django: (5, 2)."""


class Store(str, Enum):
    """What a cache makes of a QuerySet. The third digit of a `QSC1..`/`QSC2..` code follows this order."""

    PICKLED = "pickled"
    MEMO = "memo"
    SCOPED = "scoped"

    @property
    def digit(self) -> int:
        return list(Store).index(self) + 1


class Effect(str, Enum):
    """What an operation does with the rows of the QuerySet it is called on; `costs.toml` says what each one costs."""

    REFINES = "refines"
    REQUERIES = "requeries"
    PART = "part"
    ROWS = "rows"
    WRITES = "writes"
    RAISES = "raises"
    NONE = "none"

    @property
    def queries_again(self) -> bool:
        """Whether it sends a query of its own, whatever rows are there."""
        return self in (Effect.REFINES, Effect.REQUERIES)


Gives: TypeAlias = Literal[
    "queryset",
    "values",
    "raw",
    "instance",
    "pair",
    "mapping",
    "rows",
    "numbered",
    "zipped",
    "chained",
    "data",
    "itself",
]
Coroutines: TypeAlias = Literal["awaited", "object", "nothing"]
Keeps: TypeAlias = Literal["pickle", "copy", "backend", "reference", "nothing"]
Lifetime: TypeAlias = Literal["process", "thread", "instance", "request", "context", "session", "external"]
Reads: TypeAlias = Literal["rows", "few", "none", "unknown"]
"""How much of a QuerySet a serializer reads; "unknown" is for what a project chooses, and stands in no table."""

Ordered: TypeAlias = Literal["yes", "no", "cleared", "totally"]
"""`totally`: no two rows can change places, as by `order_by("pk")`."""
State: TypeAlias = Literal["slice", "union", "values"]

_ROWS_ARE_STORED = ("pickle", "copy", "backend")
_SCOPED_LIFETIMES = ("instance", "request", "context", "session")


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a table."""


class Slot(Row, frozen=True):
    """One argument of a call: by position (counted from 0), by keyword, or by either; -1 is no position.

    `rest`: the positional arguments after it, too. `entry`: the argument itself is a dict or a list, and this is what
    stands under that key, or (`[]`) any of the items.
    """

    index: int = -1
    keyword: str | None = None
    rest: bool = False
    entry: str = ""

    def takes(self, position: int, keyword: str | None, entry: str = "") -> bool:
        """Whether this is the argument at `position`, or with `keyword`; or the `entry` of that argument."""
        if entry != self.entry:
            return False
        if keyword is not None:
            return self.keyword == keyword
        return 0 <= self.index <= position if self.rest else self.index == position


class Switch(Row, frozen=True):
    """An argument that decides what a call gives, and is written into its name: `lru_cache(maxsize=0)`.

    Rows named with `=?` speak of any value that no other row names.
    """

    call: str
    keyword: str
    index: int = -1


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
    """A method that hands out what was kept under a key (or in the receiver itself), or else its `default`."""

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    default: Slot | None = None
    key: Slot | None = None
    version: Slot | None = None


class Holder(Kept, frozen=True, kw_only=True):
    """An object whose attributes and entries keep what is assigned to them: `threading.local()`."""

    names: tuple[str, ...]


class Serializer(Row, frozen=True, kw_only=True):
    """A call that turns its argument into bytes for another reader: a task queue, another process, a file, a session.

    The name is a function's, or that of a receiver and a method. `value` are the arguments that are serialised (none:
    every one); `reads` says how much of the QuerySet is read: every row, a few for a printed form, or none because it
    is refused. That holds while nothing else is chosen: `chosen_by` names the `Setting` rows that may, the first before
    the others.
    """

    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    value: tuple[Slot, ...] = ()
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


class Functions(Row, frozen=True):
    """The whole of functions.toml.

    What decorators do that keep nothing, how home-made memoizers are recognised, and constants of other packages.
    """

    constant: tuple[NamedConstant, ...]
    transparent: tuple[Transparent, ...]
    transparent_endings: tuple[str, ...]
    flavour: tuple[Flavour, ...]
    handmade: Handmade


class Versioned(Row, frozen=True, kw_only=True):
    """What holds from one Django version on (`since`), and before another (`until`): "6.1"."""

    since: str = ""
    until: str = ""

    def holds_in(self, version: Version) -> bool:
        return not (self.since and version < parse_version(self.since)) and not (
            self.until and version >= parse_version(self.until)
        )


class Exceptional(Versioned, frozen=True, kw_only=True):
    """Where an operation has another effect: on QuerySets with (or without) an order of their own."""

    ordered: tuple[Ordered, ...]
    effect: Effect
    raises_after: tuple[State, ...] = ()


def effect_on(effect: Effect, exceptional: tuple[Exceptional, ...], ordered: Ordered | None) -> Effect:
    """The effect that a row has on a QuerySet whose order is known, or not (None)."""
    for case in exceptional:
        if ordered in case.ordered:
            return case.effect
    return effect


class Operation(Versioned, frozen=True, kw_only=True):
    """QuerySet methods and properties that behave alike.

    `raises_after`: Django refuses the call on a QuerySet that was sliced, combined or reduced to values; of these,
    `allows_empty` are the states in which a call without arguments is let through. `raises_unread_after`: refused there
    only while the rows are not there; `raises_late_after`: refused there once the query is sent. `statements`: sent
    besides the queries of the effect. `refines_arguments`:
    QuerySets among the arguments go into a query, too. `orders`: what the result's order is ("no": taken away, "meta":
    that of the model's Meta, if it has one). `keeps_only`: its arguments are lookups that every row has to meet.
    `adds_rows`: the rows of its arguments are added to those of the QuerySet.
    """

    names: tuple[str, ...]
    effect: Effect
    gives: Gives
    property: bool = False
    raises_after: tuple[State, ...] = ()
    allows_empty: tuple[State, ...] = ()
    raises_unread_after: tuple[State, ...] = ()
    raises_late_after: tuple[State, ...] = ()
    statements: int = 0
    refines_arguments: bool = False
    keeps_only: bool = False
    adds_rows: bool = False
    orders: Literal["yes", "no", "unless_empty", "meta", "as_before"] = "as_before"
    exceptional: tuple[Exceptional, ...] = ()

    def is_lazy(self) -> bool:
        """Whether it gives another QuerySet, which has not been read."""
        return self.gives in ("queryset", "values")

    def effect_on(self, ordered: Ordered | None) -> Effect:
        """The effect on a QuerySet whose order is known, or not (None)."""
        return effect_on(self.effect, self.exceptional, ordered)

    def raises_on(self, ordered: Ordered | None) -> tuple[State, ...]:
        """The states in which a QuerySet of that order refuses the call, when it has arguments if it can have any."""
        return self.raises_after + tuple(
            state for case in self.exceptional if ordered in case.ordered for state in case.raises_after
        )


class Operator(Versioned, frozen=True, kw_only=True):
    """Python's own operators, statements and protocols on a QuerySet, by their symbol: `|`, `[]`, `in`, `for`, `len()`.

    `raises_after` as for an operation, of the QuerySet on the left. `orders`: "either" gives an ordered QuerySet when
    the left one is ordered, or the right one by `order_by`.
    `raises_once_read`: refused when the rows are there.
    """

    symbols: tuple[str, ...]
    effect: Effect
    gives: Gives
    raises_after: tuple[State, ...] = ()
    raises_once_read: bool = False
    orders: Literal["yes", "no", "unless_empty", "either", "as_before"] = "as_before"


class Classes(Row, frozen=True):
    """Dotted names of the Django classes that projects derive from."""

    model: tuple[str, ...]
    model_modules: tuple[str, ...]
    model_calls: tuple[str, ...]
    model_lookups: tuple[str, ...]
    manager: tuple[str, ...]
    queryset: tuple[str, ...]
    other_mappers: tuple[str, ...]


class Managers(Row, frozen=True):
    """Names under which Django gives a model its manager, and names that many objects of Django's have.

    `own_methods` are methods that no other well-known class has, `own_with_keywords` those that others have, but do not
    call with keyword arguments only: on an unknown value they tell a QuerySet or manager. `options` are the names that
    `Model._meta` has for managers, `named_by` the options of `Meta` that choose one, `default` is the one that is the
    first of the model's own. `same` are methods of a manager that give the manager.
    """

    names: tuple[str, ...]
    options: dict[str, str]
    named_by: dict[str, str]
    default: str
    same: tuple[str, ...]
    common_attributes: tuple[str, ...]
    own_methods: tuple[str, ...]
    own_with_keywords: tuple[str, ...]


class Unique(Row, frozen=True):
    """What asks for one row at most: names of the primary key, lookups, and arguments of fields.

    `conditions` are the objects that stand for lookups.
    """

    names: tuple[str, ...]
    lookups: tuple[str, ...]
    arguments: tuple[str, ...]
    conditions: tuple[str, ...]


class Swappable(Row, frozen=True):
    """A model that a setting names: what stands for it, and the attributes of a request that are one of its rows."""

    setting: str
    names: tuple[str, ...]
    attributes: tuple[str, ...] = ()


class Relations(Row, frozen=True):
    """Dotted names of the fields that point at another model; those that are `one_to_one` are among `to_one`."""

    one_to_one: tuple[str, ...]
    to_one: tuple[str, ...]
    to_many: tuple[str, ...]


class Rows(Row, frozen=True):
    """Names of methods that rows in a list have as well as a QuerySet."""

    methods: tuple[str, ...]


class Constructors(Row, frozen=True):
    """Calls that make a container (`dict`) or an object (`namespace`) of their keyword arguments, or a `partial`."""

    partial: tuple[str, ...]
    dict: tuple[str, ...]
    namespace: tuple[str, ...]


class Subject(Row, frozen=True):
    """Classes of a framework whose instances are about one instance of a model.

    They have it as one of `attributes`, give it by one of `methods`, or get it as the first argument of methods that
    begin with a prefix of `receives`. `model` lists where a subclass says which model that is, the surest first:
    `model` (an attribute), `queryset`, `get_queryset()`, `Meta.model`, `form_class.Meta.model` (through another class).
    """

    names: tuple[str, ...]
    model: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    package: str = ""


class Annotations(Row, frozen=True):
    """Types by what they say of a value.

    One of several types, that type itself, a class, several of the type inside, the second of two types inside as the
    values of a mapping, a type by another name, a value that is taken to be of a type, or nothing.
    """

    union: tuple[str, ...]
    wrappers: tuple[str, ...]
    class_of: tuple[str, ...]
    containers: tuple[str, ...]
    mappings: tuple[str, ...]
    tuples: tuple[str, ...]
    aliases: tuple[str, ...]
    casts: tuple[str, ...]
    anything: tuple[str, ...]


class QuerySets(Row, frozen=True):
    """The whole of queryset.toml; `raw` and `raw_operator` are those of a RawQuerySet."""

    operation: tuple[Operation, ...]
    operator: tuple[Operator, ...]
    raw: tuple[Operation, ...]
    raw_operator: tuple[Operator, ...]
    classes: Classes
    managers: Managers
    unique: Unique
    swappable: tuple[Swappable, ...]
    relations: Relations
    annotations: Annotations
    constructors: Constructors
    rows: Rows
    subject: tuple[Subject, ...]


class Consumer(Versioned, frozen=True, kw_only=True):
    """Functions and classes that do the same with a QuerySet that they are given.

    It is given in one of the `arguments` of a call (of the function, of the class or of a subclass; with `methods`, of
    those methods), in one of the `attributes` of the class (in the body of a subclass, or set on an instance), or by a
    method in `returns` that a subclass defines and the framework calls. For a class, the row of the nearest base holds.

    `where`: the row is that of subclasses which set this attribute, and comes before the row of the others. `shows`: a
    text for people is all that is made of the rows. `tells_lists`: a list of the rows is taken in another way than the
    QuerySet. `embeds`: its SQL becomes a part of another query. `gives` speaks of calls; "queryset" is one like that
    which was handed in. `python` is the version that brought the names.
    """

    names: tuple[str, ...]
    effect: Effect
    gives: Gives = "data"
    arguments: tuple[Slot, ...] = ()
    methods: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    where: str = ""
    shows: bool = False
    tells_lists: bool = False
    embeds: bool = False
    exceptional: tuple[Exceptional, ...] = ()
    package: str = ""
    python: str = ""

    def takes(self, position: int, keyword: str | None, entry: str = "") -> bool:
        """Whether the argument at `position` (or with `keyword`), or its `entry`, is one that this row speaks of."""
        return any(slot.takes(position, keyword, entry) for slot in self.arguments)

    def effect_on(self, ordered: Ordered | None) -> Effect:
        """The effect on a QuerySet whose order is known, or not (None)."""
        return effect_on(self.effect, self.exceptional, ordered)

    @property
    def called(self) -> tuple[str, ...]:
        """What calls of it are written as: a method through its class, or on a value that has it."""
        if not self.arguments:
            return ()
        if not self.methods:
            return self.names
        return tuple(f"{name}{call}.{method}" for name in self.names for call in ("", "()") for method in self.methods)


class Lookups(Row, frozen=True):
    """Suffixes of keyword arguments that take a QuerySet into another query.

    `single`: those that ask for a QuerySet of one row and one column, as `[:1]` of `values()` makes it.
    """

    refining: tuple[str, ...]
    single: tuple[str, ...] = ()


class Consumers(Row, frozen=True):
    """The whole of consumers.toml. `items_of`: what the items of an attribute are, whatever object has it."""

    consumer: tuple[Consumer, ...]
    lookups: Lookups
    items_of: dict[str, str]


class TemplateUse(Versioned, frozen=True, kw_only=True):
    """Template filters and tags that do the same with a QuerySet: `filters` as `|name`, `tags` as `{% name %}`.

    `{{ }}` among the tags is what prints a value. `operators` are those of `{% if %}`, the QuerySet on either side.
    `place` says where a tag takes it: behind `in` (`for`), as its "first" argument, "bound" to another name (`with`,
    which hands the very QuerySet on), or at "any" place. `gives` is what a filter hands on.
    """

    filters: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    effect: Effect
    place: Literal["any", "in", "first", "bound"] = "any"
    gives: Gives = "data"


class Templates(Row, frozen=True):
    """The whole of templates.toml."""

    use: tuple[TemplateUse, ...]


class StoreCost(Row, frozen=True):
    """What a kind of store costs: in queries when the value is stored and at a hit, and in words for messages."""

    store: Store
    at_store: int
    at_hit: int
    stores: str
    stored: str
    stored_bounded: str
    refining: str
    embedded: str
    combined: str
    part: str
    embedded_part: str = ""


class EffectCost(Row, frozen=True):
    """What an operation of one effect costs.

    In queries on a QuerySet that is lazy, and on one whose rows are there; `fills`: the rows are there afterwards;
    `drops`: rows that were there are gone afterwards.
    """

    effect: Effect
    lazy: int
    evaluated: int
    fills: bool
    means: str
    drops: bool = False


class Costs(Row, frozen=True):
    """The whole of costs.toml."""

    store: tuple[StoreCost, ...]
    effect: tuple[EffectCost, ...]


class Extension(Row, frozen=True):
    """Rows that a project adds to the tables."""

    memoizer: tuple[Memoizer, ...] = ()
    store: tuple[StoreCall, ...] = ()
    read: tuple[ReadCall, ...] = ()
    operation: tuple[Operation, ...] = ()
    consumer: tuple[Consumer, ...] = ()


def parse_version(text: str) -> Version:
    """The numbers of "5.2". Raises ValueError for anything else."""
    return tuple(int(part) for part in text.split("."))
