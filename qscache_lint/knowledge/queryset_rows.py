"""Rows of the tables of QuerySets: operations, classes, relations, annotations."""

from __future__ import annotations

from typing import Literal

from qscache_lint.knowledge.model import Effect, Gives, Ordered, Row, Slot, State, Versioned


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
    `adds_rows`: the rows of its arguments are added to those of the QuerySet. `copies`: the result has the same rows.
    `refuses_text`: it takes no text but by keyword.
    `on_rows`: the same in Python, of `{rows}` that are there; an "…" in it is left to people.
    `saves`: it writes rows besides. `once`: the statement that can go through it once, where it is an iterator.
    """

    names: tuple[str, ...]
    effect: Effect
    gives: Gives
    property: bool = False
    once: Literal["", "for", "async for"] = ""
    saves: bool = False
    raises_after: tuple[State, ...] = ()
    allows_empty: tuple[State, ...] = ()
    raises_unread_after: tuple[State, ...] = ()
    raises_late_after: tuple[State, ...] = ()
    statements: int = 0
    refines_arguments: bool = False
    keeps_only: bool = False
    adds_rows: bool = False
    copies: bool = False
    refuses_text: bool = False
    on_rows: str = ""
    orders: Literal["yes", "no", "unless_empty", "meta", "as_before"] = "as_before"
    exceptional: tuple[Exceptional, ...] = ()

    def effect_on(self, ordered: Ordered | None) -> Effect:
        """The effect on a QuerySet whose order is known, or not (None)."""
        return effect_on(self.effect, self.exceptional, ordered)

    def raises_on(self, ordered: Ordered | None) -> tuple[State, ...]:
        """The states in which a QuerySet of that order refuses the call, when it has arguments if it can have any."""
        return self.raises_after + tuple(
            state for case in self.exceptional if ordered in case.ordered for state in case.raises_after
        )


def is_told_by_rows(row: Operation) -> bool:
    """Whether rows that are there tell just what an operation does."""
    return bool(row.on_rows) and "…" not in row.on_rows


class PackageOperation(Operation, frozen=True, kw_only=True):
    """Methods that a package's QuerySets have besides: those of models, managers and QuerySets derived from `of`."""

    of: tuple[str, ...]
    package: str


class Operator(Versioned, frozen=True, kw_only=True):
    """Python's own operators, statements and protocols on a QuerySet, by their symbol: `|`, `[]`, `in`, `for`, `len()`.

    `raises_after` as for an operation, of the QuerySet on the left. `orders`: "either" gives an ordered QuerySet when
    the left one is ordered, or the right one by `order_by`. `raises_once_read`: refused when the rows are there.
    `shows`: a text for people is all that is made of the rows.
    """

    symbols: tuple[str, ...]
    effect: Effect
    gives: Gives
    raises_after: tuple[State, ...] = ()
    raises_once_read: bool = False
    shows: bool = False
    orders: Literal["yes", "no", "unless_empty", "either", "as_before"] = "as_before"


class Classes(Row, frozen=True):
    """Dotted names of the Django classes that projects derive from.

    A class that has fields out of `field_modules` is a model, and its instances have values there; the names of the
    fields' classes have `field_endings`. So is one of another base that has one of `model_options` in `Meta`.
    """

    model: tuple[str, ...]
    model_modules: tuple[str, ...]
    model_options: tuple[str, ...]
    model_calls: tuple[str, ...]
    model_lookups: tuple[str, ...]
    manager: tuple[str, ...]
    queryset: tuple[str, ...]
    field_modules: tuple[str, ...]
    field_endings: tuple[str, ...]
    other_mappers: tuple[str, ...]

    def may_be_model(self, dotted: str) -> bool:
        """Whether an outside name may be a model: a class by its spelling, or a call that gives one."""
        if dotted.partition(".")[0] in self.other_mappers:
            return False
        last = dotted.rpartition(".")[2]
        return (last[:1].isupper() and not last.endswith(("()", "[]"))) or last in self.model_calls


class Managers(Row, frozen=True):
    """Names under which Django gives a model its manager, and names that many objects of Django's have.

    `own_methods` are methods that no other well-known class has, `own_with_keywords` those that others have, but do not
    call with keyword arguments only: on an unknown value they tell a QuerySet or manager. `options` are the names that
    `Model._meta` has for managers, `model_options` those that it has for the model, `named_by` the options of `Meta`
    that choose one, `default` is the one that is the first of the model's own. `same` are methods of a manager that
    give the manager, `whole` those that give what its `get_queryset` gives.
    """

    names: tuple[str, ...]
    options: dict[str, str]
    model_options: tuple[str, ...]
    named_by: dict[str, str]
    default: str
    same: tuple[str, ...]
    whole: tuple[str, ...]
    common_attributes: tuple[str, ...]
    common_objects: tuple[str, ...]
    own_methods: tuple[str, ...]
    own_with_keywords: tuple[str, ...]


class ManagerFunction(Row, frozen=True):
    """Functions that make a manager: of the class in the argument `manager`, where it is given."""

    names: tuple[str, ...]
    manager: Slot
    package: str = ""


class ManagerQuery(Row, frozen=True):
    """Methods that managers of some models outside the project have, and that send a query."""

    models: tuple[str, ...]
    methods: tuple[str, ...]
    writes: bool = False


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
    """Dotted names of the fields that point at another model; those that are `one_to_one` are among `to_one`.

    Those that are `one_way` give a manager, and nothing at their other end; `towards` has the model at which fields
    point that do not name one. `outside` are those to many that models have from an abstract class of that name.
    """

    one_to_one: tuple[str, ...]
    to_one: tuple[str, ...]
    to_many: tuple[str, ...]
    one_way: tuple[str, ...]
    towards: dict[str, str]
    outside: dict[str, dict[str, str]]


class Rows(Row, frozen=True):
    """Names of methods that rows in a list have as well as a QuerySet, and of those that are `changing` a list."""

    methods: tuple[str, ...]
    changing: tuple[str, ...]


class Constructors(Row, frozen=True):
    """Calls that make a container (`dict`) or an object (`namespace`) of their keyword arguments, or a `partial`.

    Classes derived from one of `named_tuple`, or decorated by one of `record`, are made of their annotated fields;
    `named_tuple_call` makes such a class of a list of names.
    """

    partial: tuple[str, ...]
    dict: tuple[str, ...]
    namespace: tuple[str, ...]
    named_tuple: tuple[str, ...]
    named_tuple_call: tuple[str, ...]
    record: tuple[str, ...]


class Subject(Row, frozen=True):
    """Classes of a framework whose instances are about one instance of a model, or all of them.

    They have it as one of `attributes`, give it by one of `methods`, or get it as the first argument of methods that
    begin with a prefix of `receives`, or as any parameter of a name in `named`; methods of `querysets` give a new
    QuerySet of the model, and those of `receives_rows` get what the first of these gives. `model` lists where a
    subclass says which model that is, the surest first: `model` (an attribute), `queryset`, `get_queryset()`,
    `get_object()`, `Meta.model`, `form_class.Meta.model` (through another class), `registered` (by a call that is given
    both classes).
    """

    names: tuple[str, ...]
    model: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    querysets: tuple[str, ...] = ()
    receives_rows: tuple[str, ...] = ()
    package: str = ""


class HandedOver(Row, frozen=True):
    """What classes of a framework hand to methods of theirs: an instance of the class that an attribute names."""

    names: tuple[str, ...]
    attribute: str
    methods: tuple[str, ...]
    package: str = ""


class Node(Row, frozen=True):
    """Classes of a package for models that are trees: methods that give a QuerySet of the model, or one instance."""

    names: tuple[str, ...]
    querysets: tuple[str, ...]
    instances: tuple[str, ...]
    package: str


class Annotations(Row, frozen=True):
    """Types by what they say of a value.

    One of several types, that type itself, a class, several of the type inside, the second of two types inside as the
    values of a mapping, a type by another name, a type that callers choose, a value that is taken to be of a type, or
    nothing.
    """

    union: tuple[str, ...]
    wrappers: tuple[str, ...]
    class_of: tuple[str, ...]
    containers: tuple[str, ...]
    mappings: tuple[str, ...]
    tuples: tuple[str, ...]
    aliases: tuple[str, ...]
    variables: tuple[str, ...]
    casts: tuple[str, ...]
    anything: tuple[str, ...]


class Handing(Row, frozen=True):
    """A dict that a method of a view gives, and the framework hands to the class at the end of one of the ways `to`.

    Its entries are keyword arguments of the constructor, or the dict is an `attribute` of the instances.
    """

    method: str
    to: tuple[str, ...]
    attribute: str = ""
    package: str = ""


class QuerySetTable(Row, frozen=True):
    """The whole of queryset.toml; `raw` and `raw_operator` are those of a RawQuerySet."""

    operation: tuple[Operation, ...]
    package_operation: tuple[PackageOperation, ...]
    operator: tuple[Operator, ...]
    raw: tuple[Operation, ...]
    raw_operator: tuple[Operator, ...]
    classes: Classes
    managers: Managers
    manager_function: tuple[ManagerFunction, ...]
    manager_query: tuple[ManagerQuery, ...]
    unique: Unique
    swappable: tuple[Swappable, ...]
    relations: Relations
    annotations: Annotations
    constructors: Constructors
    rows: Rows
    handing: tuple[Handing, ...]
    subject: tuple[Subject, ...]
    node: tuple[Node, ...]
    handed: tuple[HandedOver, ...]
