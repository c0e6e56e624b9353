"""Whether a key keeps apart what reaches one of its parameters: `1` and `True` are equal, and `1` and `"1"` one text.

What reaches a parameter is what its annotation, its default and the calls of the project say. Of values that are
not seen it is assumed that they are of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from qscache_lint import limits
from qscache_lint.facts.terms import Attribute
from qscache_lint.fixing.repeatability.callers import Callers
from qscache_lint.fixing.repeatability.pieces import Spot
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    External,
    Formatted,
    Instance,
    Literal,
    Unknown,
    Value,
)
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.identities import ClassId

_NONE, _ENUMERATION, _OBJECT, _DECIMAL = "NoneType", "enumeration", "object", "decimal.Decimal"
_ALIKE = "object that says itself what it is equal to"
_SAYING = frozenset({"__eq__", "__hash__", "__str__", "__repr__", "__format__"})
_NUMBERS = frozenset({"bool", "int", "float", "complex", _DECIMAL, "fractions.Fraction"})
"""Kinds with members that are equal to those of another one of them."""

_TEXTS = {
    _NONE: r"None",
    "bool": r"True|False",
    "int": r"-?\d+",
    "float": r"-?(\d+\.\d+|\d(\.\d+)?e[+-]\d+|inf|nan)",
    _DECIMAL: r"-?\d+(\.\d+)?(E[+-]?\d+)?",
    "datetime.date": r"\d{4}-\d\d-\d\d",
    "datetime.datetime": r"\d{4}-\d\d-\d\d \d\d:\d\d.*",
    "uuid.UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
"""The texts of each kind; those of all others may be any."""

_SHARING_TEXTS = frozenset({frozenset({"int", _DECIMAL}), frozenset({"float", _DECIMAL})})
_ENUMERATIONS = ("enum.", "django.db.models.TextChoices", "django.db.models.IntegerChoices", "django.db.models.Choices")

_WORDS = ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TextChoices", "IntegerChoices", "Choices", "enum")


@dataclass(frozen=True)
class _Kind:
    """A type, and the one value of it as text, where it is known."""

    name: str
    text: str | None = None


def may_share_text(subject: Subject, name: str) -> bool:
    """Whether different values that reach a parameter may have the same text, in a key that is text."""
    kinds = set(_reaching(subject, name))
    if _Kind(_ALIKE) in kinds or (_Kind(_NONE, "None") in kinds and len(kinds) == 1):
        return True  # the others are not known
    return any(_have_one_text(one, other) for one, other in combinations(kinds, 2))


def may_be_equal_objects(subject: Subject, name: str, *, as_text: bool) -> bool:
    """Whether different values that reach a parameter may be equal, in a key that is compared as an object.

    `as_text`: the body may make text of them, which decimal numbers that are equal do not share.
    """
    kinds = set(_reaching(subject, name))
    if _Kind(_ALIKE) in kinds or (as_text and any(each.name == _DECIMAL for each in kinds)):
        return True
    return any(_are_equal(one, other) for one, other in combinations(kinds, 2))


def _have_one_text(one: _Kind, other: _Kind) -> bool:
    if one.name == other.name:
        return one.name == _OBJECT
    if one.text is not None and other.text is not None:
        return one.text == other.text
    if one.text is not None or other.text is not None:
        known, unknown = (one, other) if one.text is not None else (other, one)
        return re.fullmatch(_TEXTS.get(unknown.name, r"(?s).*"), known.text or "") is not None
    is_any = one.name not in _TEXTS or other.name not in _TEXTS
    return is_any or frozenset({one.name, other.name}) in _SHARING_TEXTS


def _are_equal(one: _Kind, other: _Kind) -> bool:
    if one.name == other.name or _NONE in (one.name, other.name):
        return False
    if _ENUMERATION in (one.name, other.name):
        return one.text is None or other.text is None or one.text == other.text
    if one.name not in _NUMBERS or other.name not in _NUMBERS:
        return False
    values = {one.text, other.text}
    return None in values or len({_NUMBER_OF.get(each or "", each) for each in values}) == 1


_NUMBER_OF = {"True": "1", "False": "0"}


def _reaching(subject: Subject, name: str) -> Iterator[_Kind]:
    """The kinds of what reaches a parameter, or is in the containers that do."""
    given = subject.given(name)
    if any(isinstance(atom, (Literal, Collection)) for atom in given) and _has_enumerations(subject.evaluator):
        given = subject.default(name)
        for activation in Callers(subject.evaluator).activations(subject.identity):
            spot = activation.given.get((subject.identity, name))
            for _ in range(limits.HELPERS_DEEP):
                spot = spot if spot is None else activation.behind(spot) or spot
            if spot is not None:
                yield from _given_at(spot)
    stated = subject.parameter(name)
    annotated = () if stated is None or stated.annotation is None else subject.known_of(name)
    yield from _kinds(subject.evaluator, (*annotated, *given))


def _has_enumerations(evaluator: Evaluator) -> bool:
    return any(evaluator.project.name_index.files_with_word(each) for each in _WORDS)


def _given_at(spot: Spot) -> Iterator[_Kind]:
    """The kinds of one argument; of `Kind.ONE`, the evaluator knows the value only."""
    term, evaluator = spot.subject.facts.terms[spot.ref], spot.subject.evaluator
    base: Value = spot.subject.value(term.base) if isinstance(term, Attribute) else ()
    if any(isinstance(atom, ClassValue) and _is_enumeration(evaluator, atom.of) for atom in base):
        yield _Kind(_ENUMERATION)
        return
    frame = open_around(evaluator, spot.subject.path, spot.ref)
    yield from _kinds(evaluator, evaluator.value(spot.subject.path, spot.ref, frame))


def _kinds(evaluator: Evaluator, value: Value) -> Iterator[_Kind]:
    for atom in value:
        is_inside = isinstance(atom, Collection) and atom.kind != "tuple"
        for each in atom.leaves if isinstance(atom, Collection) and is_inside else (atom,):
            yield from _kind(evaluator, each)


def _kind(evaluator: Evaluator, atom: Atom) -> Iterator[_Kind]:
    match atom:
        case Literal(value=value):
            yield _Kind(type(value).__name__, str(value))
        case Formatted():
            yield _Kind("str")
        case Instance(of=str() as dotted):
            yield _Kind(dotted)
        case Instance(of=ClassId() as of) if _is_enumeration(evaluator, of):
            yield _Kind(_ENUMERATION)
        case Instance(of=ClassId() as of):
            yield _Kind(_ALIKE if _is_value(evaluator, of) else _OBJECT)
        case External(dotted=dotted) if dotted.endswith("()"):
            yield _Kind(dotted.removesuffix("()"))
        case Unknown(reason="float"):
            yield _Kind("float")


def _is_enumeration(evaluator: Evaluator, of: ClassId) -> bool:
    outside = (each for each in evaluator.classes.mro(of) if isinstance(each, str))
    return any(each.startswith(_ENUMERATIONS) for each in outside)


def _is_value(evaluator: Evaluator, of: ClassId) -> bool:
    """Whether a class that is no model says what its objects are equal to, or what they are as text."""
    opened = [evaluator.facts(each.path).classes[each.index] for each in evaluator.classes.ancestors(of)]
    says = any(each.decorators or not _SAYING.isdisjoint(each.members) for each in opened)
    return says and evaluator.classes.kind(of) != "model"
