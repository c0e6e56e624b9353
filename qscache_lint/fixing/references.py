"""Every place of the project that refers to a cached function: calls, reads of a property, imports, and its cache.

What cannot be told apart from a reference makes a repair impossible: Refused says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Import, Ref
from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.mentioning_files import modules_mentioning
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.owners import Owner
from qscache_lint.project.abstract import Function, Guessed, Module, Unknown, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.reasons import reason
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Position, Reason, Span

_OF_EVERY_FUNCTION = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})


class Kind(Enum):
    """What a reference does."""

    CALL = "call"
    READ = "read"
    """Of a property."""

    CACHE = "cache"
    """Of an attribute that the caching decorator gives the function: `stories.cache_clear`."""

    ITSELF = "itself"
    """Of what every function has: `stories.__name__`. Whichever half has the name has that, too."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: its term and the function it stands in, its span, where the name itself begins, and that name.

    `through` is the file whose namespace is asked, for `queries.stories()`; None for a bare name or an object.
    `named` is the term that says what it refers to: what is called, or the object of a property.
    """

    path: str
    function: int
    ref: Ref
    named: Ref
    kind: Kind
    span: Span
    token: Position
    written: str
    through: str | None = None


@dataclass(frozen=True, slots=True)
class ImportSite:
    """An import that binds the function as `bound`, in that function of the file (0: in the module).

    `through` is the file that the import statement names. `is_explicit_export`: written as `items as items`, which
    says that the name is there for others.
    """

    path: str
    function: int
    span: Span
    bound: str
    through: str | None
    is_explicit_export: bool


@dataclass(frozen=True, slots=True)
class References:
    """All references to one function; `stars` are the files that others take every name from, by importing file."""

    places: tuple[Reference, ...]
    imports: tuple[ImportSite, ...]
    stars: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, Position], ...]
    """Attributes of the same name that are known to be something else."""

    @property
    def paths(self) -> frozenset[str]:
        importers = {importer for importer, _ in self.stars}
        return frozenset({each.path for each in self.places} | {each.path for each in self.imports} | importers)

    @property
    def uses(self) -> tuple[Reference, ...]:
        """The references that get the value."""
        return tuple(each for each in self.places if each.kind in (Kind.CALL, Kind.READ))


@dataclass(frozen=True, slots=True)
class Unclear:
    """A place that may or may not refer to the function, and why that cannot be told."""

    path: str
    row: int
    reason: Reason


def _refuse(unclear: Unclear) -> None:
    raise Refused(unclear.reason)


def find_references(
    evaluator: Evaluator,
    cached_function: CachedFunction,
    unclear: Callable[[Unclear], None] = _refuse,
    alike: Collection[FunctionId] = (),
    within: Collection[str] | None = None,
) -> References:
    """The references to a cached function, `within` some files only; `unclear` is told of each place that may be one.

    Without `unclear` such a place raises Refused; with it, the place is left out where it may be another function of
    the project that is not one of `alike`. Raises Refused, too, for a file that cannot be read, and for a name that is
    used too often to be followed.
    """
    found = References((), (), (), ())
    for path, facts in modules_mentioning(evaluator, cached_function, within):
        reader = _Reader(evaluator, cached_function, path, facts, unclear, {cached_function.identity, *alike})
        found = replace(
            found,
            places=(*found.places, *reader.places()),
            imports=(*found.imports, *reader.imports()),
            stars=(*found.stars, *reader.stars()),
            written=(*found.written, *((path, place) for place in reader.others)),
        )
    return found


def refers_to(value: Value, identity: FunctionId) -> bool:
    """Whether a value may be the function, bound or not."""
    bare = (atom.inner if isinstance(atom, Guessed) else atom for atom in value)
    return any(isinstance(atom, Function) and atom.of == identity for atom in bare)


class _Reader:
    """Finds the references in one file; `others` are attributes of the same name that are something else."""

    def __init__(
        self,
        evaluator: Evaluator,
        cached_function: CachedFunction,
        path: str,
        facts: ModuleFacts,
        unclear: Callable[[Unclear], None],
        functions: Collection[FunctionId],
    ) -> None:
        self._evaluator = evaluator
        self._cached_function = cached_function
        self._path = path
        self._facts = facts
        self._tell = unclear
        self._functions = functions
        self._owner = Owner(evaluator, cached_function.owner)
        self.others: list[Position] = []

    def places(self) -> Iterator[Reference]:
        for index, function in enumerate(self._facts.functions):
            reading = (*self._facts.of_kind(Call, index), *self._facts.of_kind(Attribute, index))
            for ref, _ in sorted(reading, key=lambda each: each[0]):
                yield from self._reference(ref, index)
            for event in function.events:
                if isinstance(event, AttributeStore) and event.name == self._cached_function.name:
                    self._note_store(event)

    def _reference(self, ref: Ref, index: int) -> Iterator[Reference]:
        match self._facts.terms[ref]:
            case Call(function=function) if self._is_cached_function(function):
                yield from self._found(ref, index, Kind.CALL, self._token(ref, function), function, function)
            case Attribute(base=base, at=at) if self._is_property_read(ref):
                yield from self._found(ref, index, Kind.READ, at.start, ref, base)
            case Attribute(base=base, name=name) if self._is_cached_function(base):
                self._note_bypass(name, ref)
                kind = Kind.ITSELF if name in _OF_EVERY_FUNCTION else Kind.CACHE
                yield from self._found(ref, index, kind, self._token(ref, base), base, base)
            case Attribute(base=base, name=name, at=at) if name == self._cached_function.name:
                self._note_other(ref, base, at)

    def _found(
        self, ref: Ref, index: int, kind: Kind, token: Position, named: Ref, known: Ref
    ) -> Iterator[Reference]:
        """The reference, unless it may be one to another function; `known` is the term that says what it refers to."""
        value = self._evaluator.value(self._path, known)
        doubt = self._doubt(value)
        if doubt:
            told = self._evaluator.value(self._path, known, open_around(self._evaluator, self._path, known))
            if not self._doubt(told):  # its callers tell
                value, doubt = told, ""
        if doubt:
            self._unclear_at(ref, doubt)
        if not self._is_other(value):
            span, through = self._facts.spans[ref], self._through(named)
            yield Reference(self._path, index, ref, known, kind, span, token, self._written(token), through)

    def _written(self, token: Position) -> str:
        """The name that begins at a place; "" where none does."""
        found = re.compile(r"\w+").match(self._rows[token.row - 1], token.column - 1)
        return found[0] if found else ""

    @cached_property
    def _rows(self) -> list[str]:
        return split_rows(decode(self._evaluator.project.tree.read(self._path)))

    def _is_cached_function(self, ref: Ref) -> bool:
        value = self._evaluator.value(self._path, ref)
        is_called = self._cached_function.flavour is not Flavour.PROPERTY
        return is_called and refers_to(value, self._cached_function.identity)

    def _is_property_read(self, ref: Ref) -> bool:
        """Whether an attribute is the property: it has the name, and its object has the class, or gives our value."""
        term = self._facts.terms[ref]
        if self._cached_function.flavour is not Flavour.PROPERTY or not isinstance(term, Attribute):
            return False
        if term.name != self._cached_function.name:
            return False
        value = self._evaluator.value(self._path, ref)
        return any(
            isinstance(atom, QuerySet)
            and atom.origin is not None
            and (atom.origin.site.path, atom.origin.site.span)
            == (self._cached_function.path, self._cached_function.site)
            for atom in value
        )

    def _doubt(self, value: Value) -> str:
        """The kind of reason why what is called or read may be something else; "" where it cannot."""
        is_one_method = all(isinstance(atom, Function) and atom.of in self._functions for atom in value)
        if len(value) > 1 and not is_one_method:
            return "ambiguous"
        if any(isinstance(atom, Guessed) for atom in value):
            return "type-guessed"
        return ""

    def _is_other(self, value: Value) -> bool:
        """Whether a value may be another function of the project."""
        bare = (atom.inner if isinstance(atom, Guessed) else atom for atom in value)
        return any(isinstance(atom, Function) and atom.of not in self._functions for atom in bare)

    def _note_bypass(self, name: str, ref: Ref) -> None:
        ways = {found for way in self._cached_function.bypass for found in re.findall(r"\.(\w+)", way)}
        if name in {"__wrapped__", *ways}:
            self._unclear_at(ref, "cache-bypassed", attribute=name)
        if name.startswith("__") and name not in _OF_EVERY_FUNCTION:
            self._unclear_at(ref, "special-attribute", attribute=name)

    def _token(self, ref: Ref, named: Ref) -> Position:
        """Where the name of the function begins: behind the dot, or where the expression does."""
        term = self._facts.terms[named]
        is_dotted = isinstance(term, Attribute) and self._facts.spans[named].start == self._facts.spans[ref].start
        return term.at.start if isinstance(term, Attribute) and is_dotted else self._facts.spans[ref].start

    def _through(self, named: Ref) -> str | None:
        term = self._facts.terms[named]
        if not isinstance(term, Attribute):
            return None
        base = self._evaluator.value(self._path, term.base)
        return next((atom.path for atom in base if isinstance(atom, Module)), None)

    # -- what may be a reference

    def _note_other(self, ref: Ref, base: Ref, at: Span) -> None:
        value = self._evaluator.value(self._path, base)
        if refers_to(self._evaluator.value(self._path, ref), self._cached_function.identity):
            return  # taken without a call: a mention that `mentions` refuses
        is_open = any(isinstance(atom, Unknown) for atom in self._evaluator.value(self._path, ref))
        if not value or any(self._owner.may_be(atom, is_open) for atom in value):
            self._unclear_at(ref, "type-unknown")
        self.others.append(at.start)

    def _note_store(self, event: AttributeStore) -> None:
        value = self._evaluator.value(self._path, event.base)
        of_module = any(isinstance(atom, Module) for atom in value)
        if self._cached_function.is_member and (not value or any(self._owner.may_be(atom) for atom in value)):
            self._unclear(event.span.start.row, "attribute-assigned")
        if not self._cached_function.is_member and of_module:
            self._unclear(event.span.start.row, "attribute-assigned")
        self.others.append(Position(event.span.end.row, event.span.end.column - len(event.name)))

    def _unclear(self, row: int, kind: str, **data: str) -> None:
        self._tell(Unclear(self._path, row, reason(kind, self._path, row, name=self._cached_function.name, **data)))

    def _unclear_at(self, ref: Ref, kind: str, **data: str) -> None:
        self._unclear(self._facts.spans[ref].start.row, kind, **data)

    # -- imports

    def imports(self) -> Iterator[ImportSite]:
        if self._cached_function.is_member:
            return
        for index, function in enumerate(self._facts.functions):
            for name, bindings in function.bindings.items():
                yield from (
                    self._import(name, index, binding.value) for binding in bindings if self._is_import(binding.value)
                )
        for opened in self._facts.classes:
            if any(self._is_import(each.value) for bound in opened.members.values() for each in bound):
                self._unclear(opened.span.start.row, "imported-in-class")

    def _is_import(self, ref: Ref) -> bool:
        term = self._facts.terms[ref]
        if not isinstance(term, Import) or term.name is None:
            return False
        return refers_to(self._evaluator.value(self._path, ref), self._cached_function.identity)

    def _import(self, bound: str, index: int, ref: Ref) -> ImportSite:
        term = self._facts.terms[ref]
        assert isinstance(term, Import)
        through = self._evaluator.project.modules.resolve(self._path, term.module, term.level)
        span = self._facts.spans[ref]
        is_alias = (span.end.row, span.end.column) != (span.start.row, span.start.column + len(bound))
        return ImportSite(self._path, index, span, bound, through, is_alias and bound == term.name)

    def stars(self) -> Iterator[tuple[str, str]]:
        for star in self._facts.stars:
            term = self._facts.terms[star.value]
            if isinstance(term, Import):
                through = self._evaluator.project.modules.resolve(self._path, term.module, term.level)
                if through is not None:
                    yield self._path, through
