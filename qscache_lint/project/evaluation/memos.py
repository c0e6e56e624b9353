"""Hand-made memos: what attributes, globals and dict entries keep, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore
from qscache_lint.facts.terms import ClassTerm, Constant, Container, FunctionTerm, Import, Join, Parameter, Ref, Term
from qscache_lint.knowledge.cache_rows import StoreCall
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import ClassValue, External, Instance, Value, join
from qscache_lint.project.evaluation.callsites import open_activation
from qscache_lint.project.evaluation.core import Context, reaches_caches
from qscache_lint.project.evaluation.module_memos import Assignment, MemoAssignment, memos_of, places_in
from qscache_lint.project.evaluation.typed import given
from qscache_lint.project.evaluation.world import world_of
from qscache_lint.project.handmade import MemoPlace, Root
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.inlining import Body, Inlined
from qscache_lint.project.querysets import Origin
from qscache_lint.project.roots import RootFinder
from qscache_lint.project.value_sets import keep
from qscache_lint.values import Position, Step

_NO_INSTANCES = (ClassTerm, Constant, Container, FunctionTerm, Import)
"""Terms that are no instance of a class of their own module."""


# -- what a read gives


def kept_in_global(context: Context, path: str, name: str) -> Value:
    """What memos keep in a global variable."""
    return _handed_out(context, path, memos_of(context, path).values.get(MemoPlace(Root.GLOBAL, name), ()))


def kept_in_attribute(context: Context, path: str, base: Ref, name: str) -> Value:
    """What memos of this module keep in `base.name`, for a base that no class of the project describes."""
    module = memos_of(context, path)
    if not module.values:
        return ()
    around = places_in(context, path).of(base)
    if around is None or (around.root is Root.SELF and not around.attributes):
        return ()
    return _handed_out(context, path, module.values.get(around.attribute(name), ()))


def kept_in_entry(context: Context, path: str, base: Ref, key: Ref) -> Value:
    """What memos of this module keep in the dict `base` under `key`; constant keys are kept apart."""
    module = memos_of(context, path)
    place = places_in(context, path).of(base) if module.entries else None
    if place is None:
        return ()
    terms = context.facts(path).terms
    memos = [
        memo
        for memo in module.entries.get(place, ())
        if isinstance(memo.event, ItemStore) and _may_be_equal(terms[memo.event.key], terms[key])
    ]
    return _handed_out(context, path, memos)


def kept_on_class(context: Context, identity: ClassId, name: str) -> Value:
    """What class methods keep as `cls.name`."""
    return join(
        _stored(context, path, index, event)
        for path, index, event in context.classes.stores(identity, name)
        if _is_on_class(context, path, event)
    )


def kept_on_self(
    context: Context,
    identity: ClassId,
    name: str,
    given: tuple[tuple[str, Value], ...] = (),
    *,
    is_open: bool = False,
) -> Value:
    """What methods of the class and its ancestors store as `self.name` or `cls.name`.

    `given` is what the constructor got, by parameter; `is_open` follows what else methods are given to their callers.
    """
    return join(
        _given(context, path, event, given) or _stored(context, path, index, event, is_open=is_open)
        for path, index, event in context.classes.stores(identity, name)
    )


def kept_from(context: Context, path: str, function: int, ref: Ref, before: Position) -> Value:
    """What a value has become by `before` in the function that makes it: memoized, when a memo stored it."""
    by_value = memos_of(context, path).by_value
    term = context.facts(path).terms[ref] if by_value else None
    same = (ref, *(choice.value for choice in term.choices)) if isinstance(term, Join) else (ref,)
    stored = [memo for each in same for memo in by_value.get(each, ())]
    return _handed_out(
        context, path, [memo for memo in stored if memo.function == function and memo.event.value_span.end <= before]
    )


def made_in(context: Context, path: str, function: int) -> Iterator[tuple[Origin, Value]]:
    """What each memo that a function fills hands out again, in the order of the code, and where it is kept first.

    All statements that fill one place make one memo; the place itself and its entries are apart, and so are
    entries under different constant keys. What the tables know as a store is told by them.
    """
    terms = context.facts(path).terms
    made: dict[tuple[MemoPlace, bool, Term | None], list[MemoAssignment]] = {}
    for memo in memos_of(context, path).by_function.get(function, ()):
        if _row(context, path, memo.event) is None:
            key = terms[memo.event.key] if isinstance(memo.event, ItemStore) else None
            which = (memo.place, key is not None, key if isinstance(key, Constant) else None)
            made.setdefault(which, []).append(memo)
    for memos in made.values():
        lasting = [memo for memo in memos if _outlives(context, path, memo)]
        origin = next((found for memo in lasting if (found := _origin(context, path, memo)) is not None), None)
        if origin is not None:
            yield origin, _handed_out(context, path, lasting)


def lasting(context: Context, identity: FunctionId) -> Iterator[tuple[Assignment, Origin]]:
    """The assignments by which a function fills memos that are there at the next call, each with where that is."""
    for memo in memos_of(context, identity.path).by_function.get(identity.index, ()):
        origin = _origin(context, identity.path, memo) if _outlives(context, identity.path, memo) else None
        if origin is not None:
            yield memo.event, origin


def _given(context: Context, path: str, event: AttributeStore, given: tuple[tuple[str, Value], ...]) -> Value:
    """What the constructor got, where it stores a parameter as it is."""
    term = context.facts(path).terms[event.value]
    return dict(given).get(term.name, ()) if isinstance(term, Parameter) else ()


def _handed_out(context: Context, path: str, memos: list[MemoAssignment] | tuple[()]) -> Value:
    return join(_keep(context, path, memo) for memo in memos if _outlives(context, path, memo))


def _outlives(context: Context, path: str, memo: MemoAssignment) -> bool:
    """Whether the place of a memo is there at the next call, too, where that does not follow from its name."""
    if memo.place.is_given:
        return _of_given(context, path, memo) is not None
    return not memo.held or _held(context, path, memo.place) is not None


def _stored(context: Context, path: str, function: int, event: AttributeStore, *, is_open: bool = False) -> Value:
    kept = kept_by_hand(context, path, function, event)
    frame = open_activation(context.facts(path), FunctionId(path, function)) if is_open else None
    return kept or context.value(path, event.value, frame)


# -- what an assignment keeps


def kept_by_hand(context: Context, path: str, function: int, event: Assignment) -> Value:
    """What a hand-made memo hands out again; nothing when the assignment is no memo."""
    place = places_in(context, path).filled(event, function)
    return () if place is None else _handed_out(context, path, [MemoAssignment(function, event, place)])


def _keep(context: Context, path: str, memo: MemoAssignment) -> Value:
    origin = _origin(context, path, memo)
    return () if origin is None else keep(given(context, path, memo.event.value, at=memo.event.value_span), origin)


def _origin(context: Context, path: str, memo: MemoAssignment) -> Origin | None:
    """Where a memo keeps what it is given; None where the tables say that it does not."""
    name = f"{memo.place.label}[…]" if isinstance(memo.event, ItemStore) else memo.place.label
    row = _row(context, path, memo.event)
    store = _lifetime(context, path, memo) if row is None else row.store
    site = Step(path, memo.event.span, "cached here by hand")
    return None if store is None else Origin(store, name, "a hand-made memo", site)


def _lifetime(context: Context, path: str, memo: MemoAssignment) -> Store:
    """A memo lives as long as what has it: the process, or an instance or request."""
    if memo.place.is_given:
        return _of_given(context, path, memo) or Store.SCOPED
    match memo.place.root, memo.event:
        case Root.GLOBAL, _:
            return _held(context, path, memo.place) or Store.MEMO
        case Root.PARAMETER, ItemStore() if not memo.place.attributes:
            return Store.MEMO
        case Root.SELF, AttributeStore() as event if _is_on_class(context, path, event):
            return Store.MEMO
        case Root.SELF, _ if _is_singleton(context, ClassId(path, memo.place.of)):
            return Store.MEMO
        case Root.SELF, ItemStore() if _is_class_attribute(context, ClassId(path, memo.place.of), memo.place):
            return Store.MEMO
        case _:
            return Store.SCOPED


def _of_given(context: Context, path: str, memo: MemoAssignment) -> Store | None:
    """How long an object lives that a function of the project gives; None for one that is made anew, or unknown."""
    if isinstance(memo.event, NameStore):
        return None
    facts, world = context.facts(path), world_of(context)
    body = Body(FunctionId(path, memo.function), facts, None, {})
    names = [parameter.name for parameter in facts.functions[memo.function].parameters]
    finder = RootFinder(world, Inlined(world, body), names)
    roots = finder.of(body.node(memo.event.base))
    return finder.lifetime(roots) if roots else None


def _row(context: Context, path: str, event: Assignment) -> StoreCall | None:
    """What the tables say of a container that is no dict: a shelf, which pickles its entries."""
    if not isinstance(event, ItemStore) or not reaches_caches(context, path, event.base):
        return None
    stores = context.knowledge.stores
    names = [atom.dotted for atom in context.value(path, event.base) if isinstance(atom, External)]
    rows = (stores.get(f"{name}.__setitem__") or stores.get(name) for name in names)
    return next((row for row in rows if row is not None), None)


def _held(context: Context, path: str, place: MemoPlace) -> Store | None:
    """How a global object keeps its attributes: `threading.local()`, a context; None for any other one."""
    for binding in context.facts(path).body.bindings.get(place.name, ()):
        for atom in context.value(path, binding.value):
            dotted = atom.dotted if isinstance(atom, External) else ""
            store = context.knowledge.holds(dotted) if place.attributes else context.knowledge.variable(dotted)
            if store is not None:
                return store
    return None


def _is_on_class(context: Context, path: str, event: AttributeStore) -> bool:
    return any(isinstance(atom, ClassValue) for atom in context.value(path, event.base))


def _is_singleton(context: Context, identity: ClassId) -> bool:
    """Whether the module of a class keeps an instance of it in a global."""
    facts = context.facts(identity.path)
    return any(
        isinstance(atom, Instance) and atom.of == identity
        for bindings in facts.body.bindings.values()
        for binding in bindings
        if not isinstance(facts.terms[binding.value], _NO_INSTANCES)
        for atom in context.value(identity.path, binding.value)
    )


def _is_class_attribute(context: Context, identity: ClassId, place: MemoPlace) -> bool:
    """Whether a dict belongs to the class: its body makes it, and no method gives `self` one of its own."""
    name = place.attributes[0] if place.attributes else ""
    is_own = bool(context.classes.stores(identity, name))
    return context.classes.member(identity, name) is not None and not is_own


def _may_be_equal(one: Term, other: Term) -> bool:
    """Whether two keys may be the same: two constants only when they are equal."""
    return not (isinstance(one, Constant) and isinstance(other, Constant)) or one == other
