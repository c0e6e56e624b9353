"""Whether calling a builder again gives what the cache gives, and costs no more: a whitelist.

Only what is known to be harmless passes. Everything else is a concern, one sentence with the component, the effect and
the place:

| module | what has to hold |
|---|---|
| `body` | all that runs in the builder gives the same each time, without a query |
| `parts` | nothing takes the place of the models, managers, functions and methods that it finds by their names |
| `coverage`, over `key` | the key of the cache has everything that the body reads, as it is |
| `writers`, over `uses`, `callers` and `patterns` | no other code puts something under that key, or asks for it |
| `memoizer` | the decorator hands the arguments on, keeps the value, and does no more |
| `namespaces` | nothing lists the names of its module or class, or makes one at run time |
| `stand_ins`, over `routes` | nothing takes the place of it, its class or module, or looks into its cache |
| `stubs` | nothing takes the place of the cache |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.references import Reference
from qscache_lint.fixing.repeatability.activations import constant_activations
from qscache_lint.fixing.repeatability.body import body_concerns, default_concerns
from qscache_lint.fixing.repeatability.coverage import coverage_concerns
from qscache_lint.fixing.repeatability.key import KeyReader
from qscache_lint.fixing.repeatability.known import is_harmless_call
from qscache_lint.fixing.repeatability.managers import only_manager
from qscache_lint.fixing.repeatability.memoizer import memoizing, named
from qscache_lint.fixing.repeatability.moved import Moved, alike, is_lazy, store_of, stored, whole
from qscache_lint.fixing.repeatability.namespaces import namespace_concerns
from qscache_lint.fixing.repeatability.pieces import Piece, Spot, merged
from qscache_lint.fixing.repeatability.reached import reached
from qscache_lint.fixing.repeatability.stand_ins import stand_in_concerns
from qscache_lint.fixing.repeatability.stubs import stub_concerns
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.fixing.repeatability.writers import writer_concerns
from qscache_lint.knowledge.cache_rows import StoreCall
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import External, Frame
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.binding import place_of
from qscache_lint.project.evaluation.stores import StoreSite
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

__all__ = ["caching_concerns", "calling_concerns", "concerns"]


def concerns(
    analysis: Analysis, cached_function: CachedFunction, new: str, routes: Sequence[Reference] = ()
) -> Iterator[Reason]:
    """Each reason why a second call of the builder may differ from what the cache gave, or cost more; none is safe.

    `new` is the name that the builder gets, "" where there is one already; `routes` are the calls that go to it.
    """
    caching = caching_concerns(analysis, cached_function, routes)
    yield from dict.fromkeys((*caching, *calling_concerns(analysis, cached_function, new, routes)))


def caching_concerns(
    analysis: Analysis, cached_function: CachedFunction, routes: Sequence[Reference] = ()
) -> Iterator[Reason]:
    """What speaks against running the body again, of which a function that stores by itself moves the same always."""
    evaluator = analysis.evaluator
    yield from _of_caching(evaluator, _subject(evaluator, cached_function), cached_function, routes)


def calling_concerns(
    analysis: Analysis, cached_function: CachedFunction, new: str, routes: Sequence[Reference] = ()
) -> Iterator[Reason]:
    """What speaks against another name than the one by which the function has been called."""
    yield from stand_in_concerns(analysis.evaluator, cached_function, routes)
    yield from namespace_concerns(analysis.evaluator, cached_function, new)


def _subject(evaluator: Evaluator, cached_function: CachedFunction) -> Subject:
    """The function; one of a manager as it is called on that manager of a model on which the project calls it."""
    subject = Subject(evaluator, cached_function.identity)
    owner = cached_function.owner
    if owner is None or not subject.receiver or evaluator.classes.kind(owner) != "manager":
        return subject
    manager = only_manager(evaluator, cached_function.name, owner)
    given = () if manager is None else ((subject.receiver, (manager,)),)
    return Subject(evaluator, cached_function.identity, Frame.enter(cached_function.identity, given, None))


def _of_caching(
    evaluator: Evaluator, subject: Subject, cached_function: CachedFunction, routes: Sequence[Reference]
) -> Iterator[Reason]:
    if cached_function.store is Store.SCOPED:
        yield reason("kept-on-object", function=cached_function.label)
        return
    yield from default_concerns(subject)
    if cached_function.decorator is None:
        yield from _of_stored(evaluator, subject, cached_function)
    else:
        yield from _of_decorated(evaluator, subject, cached_function, routes)


def _of_decorated(
    evaluator: Evaluator, subject: Subject, cached_function: CachedFunction, routes: Sequence[Reference]
) -> Iterator[Reason]:
    """The whole body moves, with the decorators below the one that caches; what counts is what runs for `routes`."""
    assert cached_function.decorator is not None
    for place, each in enumerate(cached_function.facts.decorators):
        if place > cached_function.decorator:
            yield reason("inner-decorator", decorator=each.text)
    caching = memoizing(evaluator, subject, cached_function)
    moved = reached(whole(subject), routes)
    yield from body_concerns(moved, _chains(caching.pieces) if not caching.is_exact else ())
    yield from caching.concerns
    yield from coverage_concerns(moved, caching.pieces, is_exact=caching.is_exact)
    if cached_function.store is not Store.MEMO:
        yield from stub_concerns(evaluator, caching.writes, caching.package)
    if caching.is_text:
        yield from writer_concerns(evaluator, named(caching.pieces, subject), caching.writes)


def _of_stored(evaluator: Evaluator, subject: Subject, cached_function: CachedFunction) -> Iterator[Reason]:
    """What computes the stored value moves; what has run at every call before would not run for a refining one."""
    found = store_of(evaluator, cached_function)
    if found is None:
        yield reason("store-not-found", function=cached_function.label)
        return
    site, row = found
    own = {FunctionId(site.path, site.function)}
    yield from stub_concerns(evaluator, own)
    for each in _activations(subject, site, row) or (subject,):
        moved = stored(each, site, row)
        pieces = key_of(each, site, row)
        if not pieces:
            yield reason("key-not-found", function=cached_function.label)
            return
        yield from body_concerns(moved, _chains(pieces), row.calls_value)
        yield from _of_rest(moved)
        yield from _of_reads(moved, site, row, pieces)
        if each is subject:
            yield from coverage_concerns(moved, pieces, is_exact=False)
        yield from writer_concerns(evaluator, pieces, own, all_seen=each is not subject)


def _activations(subject: Subject, site: StoreSite, row: StoreCall) -> tuple[Subject, ...]:
    """The function as each of its calls runs it, where these give constants that lead to keys of their own."""
    frames = constant_activations(subject.evaluator, subject.identity) if subject.frame is None else ()
    found = tuple(Subject(subject.evaluator, subject.identity, frame) for frame in frames)
    keys = {text for each in found if (text := _text(key_of(each, site, row))) is not None}
    return found if len(keys) == len(found) else ()


def _text(key: Sequence[Piece]) -> str | None:
    """The text of a key that is known as a whole."""
    return key[0].text if len(key) == 1 and key[0].is_constant else None


def key_of(subject: Subject, site: StoreSite, row: StoreCall) -> tuple[Piece, ...]:
    """The pieces of the key under which a call stores; none where it has no key that can be told."""
    key = None if row.key is None else site.given(row.key)
    return () if key is None else merged(list(KeyReader().pieces(Spot(subject, key, {}))))


def _of_rest(moved: Moved) -> Iterator[Reason]:
    subject = moved.subject
    clocks = subject.evaluator.knowledge.functions.clock.names
    for ref in moved.left:
        call = subject.facts.terms[ref]
        function = getattr(call, "function", ref)
        if not is_harmless_call(subject.value(function), clocks):
            name = f"{written_call(subject.facts, function)}()"
            yield reason("would-not-run", *subject.place(ref), what=name)


def _of_reads(moved: Moved, site: StoreSite, stored_by: StoreCall, pieces: tuple[Piece, ...]) -> Iterator[Reason]:
    """What is read has to be what is stored, and handed out as it is."""
    subject = moved.subject
    for ref in moved.derived:
        yield reason("made-of-cached", *subject.place(ref))
    for ref in moved.reads:
        call = subject.facts.terms[ref]
        names = [atom.dotted for atom in subject.value(getattr(call, "function", ref)) if isinstance(atom, External)]
        row = subject.evaluator.knowledge.reads.get(names[0]) if names else None
        if row is None or row.key is None or row.several or not isinstance(call, Call):
            continue
        place = place_of(call.arguments, row.key)
        read = () if place is None else merged(list(KeyReader().pieces(Spot(subject, call.arguments[place].value, {}))))
        version = None if row.version is None else place_of(call.arguments, row.version)
        stated = None if version is None else call.arguments[version].value
        filled = None if stored_by.version is None else site.given(stored_by.version)
        method = subject.facts.terms[call.function]
        is_same_cache = isinstance(method, Attribute) and alike(subject, method.base, site.cache)
        if read != pieces or not is_same_cache or not alike(subject, stated, filled):
            yield reason("other-key-read", *subject.place(ref))
        default = None if row.default is None else place_of(call.arguments, row.default)
        if default is not None and is_lazy(subject.value(call.arguments[default].value)):
            yield reason("default-not-stored", *subject.place(ref))


def _chains(pieces: tuple[Piece, ...]) -> frozenset[Chain]:
    """What the key reads at each call; of settings, those that it has as a whole."""
    read = {piece.chain for piece in pieces if piece.chain is not None}
    return frozenset(read | {(piece.setting, ()) for piece in pieces if piece.setting and not piece.cut})
