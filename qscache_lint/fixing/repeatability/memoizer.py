"""The decorator that caches: whether it hands the arguments on as they are, keeps what comes back, and does no more.

A decorator of the tables is known to. One of the project is read term by term: what is not known of it is a concern.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qscache_lint.facts.model import AttributeStore, FunctionFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Container, FunctionTerm, Ref
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.repeatability.known import MEMOIZER_OPTIONS, QUOTING_MEMOIZERS
from qscache_lint.fixing.repeatability.pieces import Piece, merged
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.repeatability.wrapper import Wrapper
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import ClassValue, External, Frame, Function, Literal
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_SETTINGS, _LENGTH = "django.conf.settings.", "datetime.timedelta()"
_WRAPPING = frozenset({"functools.wraps", "functools.wraps()", "functools.update_wrapper"})


@dataclass(frozen=True)
class Memoizing:
    """How a decorator caches: the pieces of its key, and what speaks against it.

    `needs`: what it does with the value that means something else of rows in a list. `writes`: the functions whose
    store calls are its own. `is_text`: others could write the same key. `package`: where one from outside is from.
    """

    pieces: tuple[Piece, ...] = ()
    is_exact: bool = False
    is_text: bool = False
    concerns: tuple[Reason, ...] = ()
    needs: tuple[Reason, ...] = ()
    writes: frozenset[FunctionId] = frozenset()
    package: str = ""

    @property
    def is_followed(self) -> bool:
        """Whether its body, or its row in the tables, tells what it does with the value."""
        return bool(self.writes or self.package)


def memoizing(evaluator: Evaluator, subject: Subject, cached_function: CachedFunction) -> Memoizing:
    """How the decorator of a cached function caches."""
    assert cached_function.decorator is not None
    decorator = cached_function.facts.decorators[cached_function.decorator]
    value = evaluator.value(cached_function.path, decorator.value)
    label = cached_function.cache
    match value:
        case (External(dotted=dotted),) if dotted in evaluator.knowledge.memoizers:
            return _of_table(subject, cached_function, decorator.value, dotted)
        case (Function() as function,):
            return _HomeMade(evaluator, subject, function, label).memoizing()
        case _:
            return Memoizing(concerns=(reason("memoizer-not-followed", cache=label),))


def _of_table(subject: Subject, cached_function: CachedFunction, ref: Ref, dotted: str) -> Memoizing:
    """A memoizer of the tables has every argument in its key: as an object, or as text."""
    term = subject.facts.terms[ref]
    options = term.arguments if isinstance(term, Call) else ()
    positional = [each for each in options if each.keyword is None]
    unknown = [each.keyword or "*" for each in options if each.star or (each.keyword or "ttl") not in MEMOIZER_OPTIONS]
    concerns = [reason("memoizer-option", cache=cached_function.cache, option=each) for each in unknown]
    if len(positional) > 1 or not all(_is_number_or_own(subject, each.value, dotted) for each in positional):
        concerns.append(reason("memoizer-arguments", cache=cached_function.cache))
    is_exact = cached_function.store is Store.MEMO
    typed = any(each.keyword == "typed" and subject.facts.terms[each.value] == Constant(True) for each in options)
    quoted = dotted in QUOTING_MEMOIZERS
    names = [each for each in subject.function.parameters if is_exact or each.name != subject.receiver]
    pieces = [
        piece
        for each in names
        for piece in (
            Piece(chain=(each.name, ()), every=each.kind in ("*", "**"), quoted=quoted, typed=typed, joined=True),
            Piece(" ", is_constant=True),
        )
    ]
    return Memoizing(tuple(pieces), is_exact, concerns=tuple(concerns), package=dotted.partition(".")[0])


def _is_number_or_own(subject: Subject, ref: Ref, memoizer: str) -> bool:
    """Whether an option is a length of time, or a container made for this function: another may have the same keys."""
    term, package = subject.facts.terms[ref], memoizer.partition(".")[0]
    if _has_name(subject, ref) and not all(isinstance(atom, Literal) for atom in subject.value(ref)):
        return False
    if isinstance(term, Container):
        return True
    for atom in subject.value(ref):
        match atom:
            case External(dotted=dotted) if dotted.endswith("()"):
                is_own = isinstance(term, Call) and dotted.partition(".")[0] == package
            case External(dotted=dotted):
                is_own = dotted.startswith(_SETTINGS)
            case _:
                is_own = isinstance(atom, (Literal, ClassValue))
        if not is_own and atom != External(_LENGTH):
            return False
    return True


def _has_name(subject: Subject, ref: Ref) -> bool:
    """Whether a module or class has a name for a term."""
    scopes = (subject.facts.body.bindings, *(each.members for each in subject.facts.classes))
    return any(each.value == ref for scope in scopes for bound in scope.values() for each in bound)


class _HomeMade:
    """A decorator of the project: `outer` gets the function, `wrapper` runs in its place."""

    def __init__(self, evaluator: Evaluator, cached: Subject, decorator: Function, label: str) -> None:
        self._evaluator = evaluator
        self._cached = cached
        self._label = label
        self._decorator = decorator
        self._facts = evaluator.facts(decorator.of.path)
        self._outer = Subject(evaluator, decorator.of, Frame.enter(decorator.of, (), decorator.frame))

    def memoizing(self) -> Memoizing:
        wrapper = self._wrapper_index()
        if wrapper is None or not self._outer.function.parameters:
            return Memoizing(concerns=(reason("memoizer-gives-other", cache=self._label),))
        identity = FunctionId(self._outer.path, wrapper)
        subject = Subject(self._evaluator, identity, Frame.enter(identity, (), self._outer.frame))
        target = self._outer.function.parameters[0].name
        body = Wrapper(subject, self._outer, target, self._label)
        concerns = [*self._of_outer(wrapper), *body.concerns()]
        pieces = merged(list(body.pieces()))
        concerns.extend(self._shared(pieces, body))
        mapped = tuple(self._for_cached(subject, pieces))
        writes = frozenset(FunctionId(identity.path, each) for each in self._facts.inside(identity.index))
        is_text = not body.is_own_container
        needs = tuple(body.needs_of_queryset())
        return Memoizing(mapped, body.is_exact, is_text, tuple(concerns[:1]), needs, writes)

    def _reason(self, kind: str, row: int = 0, **data: str) -> Reason:
        return reason(kind, self._outer.path, row, cache=self._label, **data)

    def _wrapper_index(self) -> int | None:
        returned = self._outer.function.returns
        if len(returned) != 1:
            return None
        term = self._facts.terms[returned[0].value]
        if isinstance(term, Call) and term.arguments and self._is_wrapping(term.function):
            term = self._facts.terms[term.arguments[0].value]
        return term.index if isinstance(term, FunctionTerm) else None

    def _is_wrapping(self, ref: Ref) -> bool:
        value = self._outer.value(ref)
        return bool(value) and all(isinstance(atom, External) and atom.dotted in _WRAPPING for atom in value)

    def _is_wrapping_call(self, ref: Ref) -> bool:
        term = self._facts.terms[ref]
        return isinstance(term, Call) and self._is_wrapping(term.function)

    def _of_outer(self, wrapper: int) -> Iterator[Reason]:
        """What the decorator itself does, when the function is defined."""
        function = self._facts.functions[wrapper]
        if function.is_async or function.is_generator:
            yield self._reason("memoizer-asynchronous")
        if not all(self._is_wrapping_call(each.value) for each in function.decorators):
            yield self._reason("memoizer-decorates")
        for ref, call in self._facts.of_kind(Call, self._outer.identity.index):
            if not self._is_wrapping(call.function) and not is_naming(self._outer, call):
                called = written_call(self._facts, call.function)
                yield self._reason("memoizer-calls", self._outer.place(ref)[1], called=called)
        for event in self._outer.function.events:
            is_label = isinstance(event, AttributeStore) and isinstance(self._facts.terms[event.base], FunctionTerm)
            if not is_label:
                yield self._reason("memoizer-does-more", event.span.start.row)

    # -- the key, as the cached function sees it

    def _for_cached(self, wrapper: Subject, pieces: tuple[Piece, ...]) -> Iterator[Piece]:
        stated = {each.name: (place, each) for place, each in enumerate(wrapper.function.parameters)}
        parameters = self._cached.function.parameters
        has_keywords = any(each.kind == "**" for each in wrapper.function.parameters)
        keyed = {piece.chain[0] for piece in pieces if piece.chain is not None}
        left_out = {each.name for each in wrapper.function.parameters if each.kind == "**"} - keyed
        for piece in pieces:
            if piece.chain is None:
                yield piece
                continue
            name, path = piece.chain
            if name not in stated or (path and stated[name][1].kind != "positional"):
                yield Piece()
                continue
            place, parameter = stated[name]
            if parameter.kind == "positional" and place < len(parameters):
                yield replace(piece, chain=(parameters[place].name, path))
            elif parameter.kind == "*" and not (has_keywords and left_out):
                for each in parameters[place:]:
                    yield replace(piece, chain=(each.name, ()), every=True)
            else:
                yield replace(piece, chain=None)

    # -- other functions with the same decorator

    def _shared(self, pieces: tuple[Piece, ...], body: Wrapper) -> Iterator[Reason]:
        """Other functions whose values may be kept under the same keys."""
        names = {piece.name for piece in pieces if piece.name}
        if body.is_own_container or ("__module__" in names and names & {"__name__", "__qualname__"}):
            return
        for other in self._others():
            is_namesake = other.name == self._cached.function.name
            is_same = other.qualname == self._cached.function.qualname
            if not names or (is_same if "__qualname__" in names else is_namesake):
                yield self._reason("memoizer-shares-keys", other=other.qualname)
                return

    def _others(self) -> Iterator[FunctionFacts]:
        project = self._evaluator.project
        name = self._facts.functions[self._maker()].name
        for path in project.name_index.files_with_word(name):
            facts = project.facts(path)
            for index, function in enumerate(() if facts is None else facts.functions):
                if FunctionId(path, index) == self._cached.identity:
                    continue
                for each in function.decorators:
                    value = self._evaluator.value(path, each.value)
                    if any(isinstance(atom, Function) and atom.of == self._decorator.of for atom in value):
                        yield function

    def _maker(self) -> int:
        """The outermost function around the decorator: by its name others use it."""
        index = self._outer.identity.index
        while self._facts.functions[index].parent:
            index = self._facts.functions[index].parent or 0
        return index


def is_naming(subject: Subject, call: Call) -> bool:
    """Whether a call only makes text of text: `".".join((f.__module__, f.__name__))`."""
    method = subject.facts.terms[call.function]
    if isinstance(method, Attribute):
        return method.name in ("join", "format")
    return all(isinstance(atom, External) and atom.dotted == "str" for atom in subject.value(call.function))


def named(pieces: tuple[Piece, ...], subject: Subject) -> tuple[Piece, ...]:
    """The pieces of a memoizer's key with the name of the cached function as text."""
    texts = {"__name__": subject.function.name, "__qualname__": subject.function.qualname}
    return tuple(Piece(texts.get(each.name), is_constant=True) if each.name else each for each in pieces)
