"""Keys of caches, put together of pieces: constants, parameters, and what nothing is known of."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from string import Formatter

import libcst as cst
import libcst.matchers as m

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    Binary,
    Call,
    Constant,
    Container,
    Element,
    Free,
    Parameter,
    Ref,
    Term,
    Text,
    same_object,
)
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.known import HASHES, TEXTS
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import ClassId, ClassValue, External, Function, FunctionId, Instance, Literal
from qscache_lint.project.evaluate import Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.written import expression


@dataclass(frozen=True)
class Piece:
    """One piece of a key: a constant, a `chain` (a parameter, or an attribute of one), or something else.

    `text` is that of a constant, where it is known. `every`: the chain holds arguments, each of which is a piece.
    `quoted`: it is written so that it cannot run together with others. `cut`: not all of the value may be in the key.
    `name`: it is this attribute of the function that is cached. `has_digits`: it is a number, and so has no separators.
    """

    text: str | None = None
    chain: Chain | None = None
    written: Hashable = None
    is_constant: bool = False
    every: bool = False
    quoted: bool = False
    cut: bool = False
    name: str = ""
    has_digits: bool = False


@dataclass(frozen=True)
class Spot:
    """A term in a function, with the terms that stand behind the parameters of that function."""

    subject: Subject
    ref: Ref
    given: Mapping[str, Spot]

    def beside(self, ref: Ref) -> Spot:
        return replace(self, ref=ref)


Leaf = Callable[[Spot], "Piece | None"]
"""What the caller of the reader knows of a term; None for nothing."""


def no_leaf(_: Spot) -> Piece | None:
    """Nothing that is known of a term by itself."""
    return None


class KeyReader:
    """Takes one key to pieces; where its steps are used up, the rest may be anything."""

    def __init__(self, leaf: Leaf = no_leaf) -> None:
        self._leaf = leaf
        self._steps = iter(range(limits.TERMS_OF_KEY))

    def pieces(self, spot: Spot) -> Iterator[Piece]:
        """The pieces of a term, in order."""
        subject, ref = spot.subject, spot.ref
        term = subject.facts.terms[ref]
        if next(self._steps, None) is None:
            yield Piece()
            return
        same, known = same_object(term), self._leaf(spot)
        if known is not None:
            yield known
        elif same is not None:
            yield from self.pieces(spot.beside(same))
        elif isinstance(term, Parameter) and term.name in spot.given:
            yield from self.pieces(spot.given[term.name])
        elif (inner := _outer_variable(spot, term) or _property(spot, term)) is not None:
            yield from self.pieces(inner)
        elif isinstance(term, Constant):
            yield Piece(str(term.value), is_constant=True)
        elif isinstance(term, Text):
            yield from self._of_text(spot, term)
        elif isinstance(term, Container):
            yield from self._of_container(spot, term)
        elif isinstance(term, Binary):
            yield from self._of_binary(spot, term)
        elif isinstance(term, Call):
            yield from self._of_call(spot, term)
        else:
            yield self._named(spot)

    def _named(self, spot: Spot) -> Piece:
        """A parameter, an attribute of one, a constant, or something of which nothing is known."""
        subject, ref = spot.subject, spot.ref
        value = subject.value(ref)
        if len(value) == 1 and isinstance(value[0], Literal):
            return Piece(str(value[0].value), is_constant=True)
        if value and all(isinstance(atom, External) and atom.dotted.startswith("django.conf.") for atom in value):
            return Piece(is_constant=True)  # settings are the same for as long as the process lives
        found = self._chain(spot)
        if found is not None:
            return found
        term = subject.facts.terms[ref]
        if isinstance(term, Attribute) and term.name in ("__name__", "__qualname__", "__module__"):
            of = subject.value(term.base)
            if of and all(isinstance(atom, (ClassValue, Function)) for atom in of):
                return Piece(is_constant=True)
        return Piece(written=expression(subject.facts, ref))

    def _chain(self, spot: Spot) -> Piece | None:
        """A parameter of the function whose key it is, with the attributes that are read."""
        names: list[str] = []
        current = spot
        while True:
            term = current.subject.facts.terms[current.ref]
            same = same_object(term)
            if same is not None:
                current = current.beside(same)
            elif isinstance(term, Attribute):
                names.insert(0, term.name)
                current = current.beside(term.base)
            elif isinstance(term, Parameter) and term.name in current.given:
                current = current.given[term.name]
            elif isinstance(term, (Parameter, Free)) and term.function == current.subject.identity.index:
                stated = current.subject.parameter(term.name)
                every = stated is not None and stated.kind in ("*", "**")
                chain = (term.name, tuple(names))
                digits = has_digits(current.subject, current.ref, chain)
                return Piece(chain=chain, every=every, quoted=every, has_digits=digits)
            else:
                return None

    # -- text

    def _of_text(self, spot: Spot, term: Text) -> Iterator[Piece]:
        cut = _has_formats(spot)
        for part in term.parts:
            for piece in self.pieces(spot.beside(part)):
                yield replace(piece, cut=True) if cut and not piece.is_constant else piece

    def _of_container(self, spot: Spot, term: Container) -> Iterator[Piece]:
        """A tuple as a key, or in text: its members are quoted."""
        for entry in term.entries:
            if entry.star or entry.key is not None:
                inner = spot.subject.facts.terms[entry.value]
                source = self._every(spot, entry.value) if not isinstance(inner, Element) else spot.beside(inner.base)
                pieces = [Piece()] if source is None or entry.key is not None else list(self.pieces(source))
            else:
                pieces = list(self.pieces(spot.beside(entry.value)))
            yield from (replace(piece, quoted=True) for piece in pieces)

    def _of_binary(self, spot: Spot, term: Binary) -> Iterator[Piece]:
        if term.operator == "+":
            yield from self.pieces(spot.beside(term.left))
            yield from self.pieces(spot.beside(term.right))
            return
        template = self._constant(spot.beside(term.left))
        if term.operator != "%" or template is None:
            yield Piece(written=expression(spot.subject.facts, spot.ref))
            return
        written = spot.subject.facts.terms[term.right]
        values = [each.value for each in written.entries] if isinstance(written, Container) else [term.right]
        yield from self._filled(spot, re.split(r"(%[a-z])", template.replace("%%", "")), values)

    def _filled(self, spot: Spot, parts: Sequence[str], values: Sequence[Ref]) -> Iterator[Piece]:
        """A template with `%s` in it."""
        if len(parts) != 2 * len(values) + 1 or any("%" in part for part in parts[::2]):
            yield Piece()
            return
        for place, value in enumerate(values):
            yield Piece(parts[2 * place], is_constant=True)
            form = parts[2 * place + 1]
            for piece in self.pieces(spot.beside(value)):
                is_whole = form in ("%s", "%r") or (form == "%d" and piece.has_digits)
                yield replace(piece, cut=not is_whole and not piece.is_constant)
        yield Piece(parts[-1], is_constant=True)

    def _constant(self, spot: Spot) -> str | None:
        pieces = list(self.pieces(spot))
        texts = [piece.text for piece in pieces if piece.is_constant and piece.text is not None]
        return "".join(texts) if len(texts) == len(pieces) else None

    # -- calls

    def _of_call(self, spot: Spot, call: Call) -> Iterator[Piece]:
        subject = spot.subject
        method = subject.facts.terms[call.function]
        names = [atom.dotted for atom in subject.value(call.function) if isinstance(atom, External)]
        if isinstance(method, Attribute) and method.name in ("encode", "hexdigest", "digest", "items"):
            yield from self.pieces(spot.beside(method.base))
        elif isinstance(method, Attribute) and method.name == "format":
            yield from self._of_format(spot, method.base, call)
        elif isinstance(method, Attribute) and method.name == "join" and len(call.arguments) == 1:
            yield from self._joined(spot, method.base, call.arguments[0].value)
        elif call.arguments and names and all(name in TEXTS or name in HASHES for name in names):
            yield from self.pieces(spot.beside(call.arguments[0].value))
        else:
            yield from self._of_function(spot, call)

    def _of_format(self, spot: Spot, base: Ref, call: Call) -> Iterator[Piece]:
        template = self._constant(spot.beside(base))
        given = {each.keyword or str(place): each.value for place, each in enumerate(call.arguments)}
        if template is None or any(each.star for each in call.arguments):
            yield Piece()
            return
        try:
            parsed = list(Formatter().parse(template))
        except ValueError:  # a brace too many
            yield Piece()
            return
        for place, (text, field, form, conversion) in enumerate(parsed):
            yield Piece(text, is_constant=True)
            name = str(place) if field == "" else field
            if name is None:
                continue
            value = given.get(name)
            pieces = [Piece()] if value is None else list(self.pieces(spot.beside(value)))
            is_cut = bool(form) or conversion not in (None, "s", "r")
            yield from (replace(piece, cut=is_cut and not piece.is_constant) for piece in pieces)

    def _joined(self, spot: Spot, between: Ref, parts: Ref) -> Iterator[Piece]:
        separator = Piece(self._constant(spot.beside(between)), is_constant=True)
        container = spot.subject.facts.terms[parts]
        if isinstance(container, Container):
            for place, entry in enumerate(container.entries):
                if place:
                    yield separator
                if entry.star:
                    source = self._every(spot, entry.value)
                    yield from self._all_of(source)
                else:
                    yield from self.pieces(spot.beside(entry.value))
            return
        source = self._every(spot, parts)
        yield from self._all_of(source)

    def _all_of(self, source: Spot | None) -> Iterator[Piece]:
        """The members of a container, one behind the other."""
        pieces = [Piece()] if source is None else self.pieces(source)
        yield from (replace(piece, quoted=False) for piece in pieces)

    def _every(self, spot: Spot, ref: Ref) -> Spot | None:
        """The container whose members are taken as text: `map(str, args)`, `str(each) for each in args`, `args`."""
        facts = spot.subject.facts
        term = facts.terms[ref]
        match term:
            case Element(base=base):
                return self._every(spot, base)
            case Container(entries=(entry,)) if entry.star:
                return self._every(spot, entry.value)
            case Call(function=function, arguments=arguments):
                names = [atom.dotted for atom in spot.subject.value(function) if isinstance(atom, External)]
                if names == ["map"] and len(arguments) == 2 and self._is_textual(spot, arguments[0].value):
                    return self._every(spot, arguments[1].value)
                if len(arguments) == 1 and names and all(name in TEXTS for name in names):
                    return self._every(spot, arguments[0].value)
                return None
            case Parameter():
                return spot.beside(ref)
            case _:
                return None

    def _is_textual(self, spot: Spot, function: Ref) -> bool:
        value = spot.subject.value(function)
        return bool(value) and all(isinstance(atom, External) and atom.dotted in TEXTS for atom in value)

    def _of_function(self, spot: Spot, call: Call) -> Iterator[Piece]:
        """What a function of the project makes of its arguments, where that is one expression."""
        subject = spot.subject
        evaluator = subject.evaluator
        atoms = subject.value(call.function)
        passed = evaluator.passed(call, Site(subject.path, spot.ref, subject.frame))
        function = atoms[0] if len(atoms) == 1 and isinstance(atoms[0], Function) else None
        method = subject.facts.terms[call.function]
        receiver = spot.beside(method.base) if isinstance(method, Attribute) else None
        if function is not None and (function.receiver is None or receiver is not None):
            inner = Subject(evaluator, function.of)
            facts = inner.function
            is_plain = not facts.decorators and not facts.is_async and not facts.is_generator
            bound = bind(facts, passed, function.receiver)
            if is_plain and len(facts.returns) == 1 and not bound.is_open and not bound.several:
                given = {name: each.argument.value for name, each in bound.given.items()}
                defaults = {each.name: each.default for each in facts.parameters if each.default is not None}
                missing = {name: Spot(inner, ref, {}) for name, ref in defaults.items() if name not in given}
                spots = {name: spot.beside(ref) for name, ref in given.items() if ref >= 0}
                if receiver is not None and function.receiver is not None:
                    spots[facts.parameters[0].name] = receiver
                yield from self.pieces(Spot(inner, facts.returns[0].value, {**missing, **spots}))
                return
        yield Piece(written=expression(subject.facts, spot.ref))


def _outer_variable(spot: Spot, term: Term) -> Spot | None:
    """What a variable of the function around is, which is bound once."""
    subject = spot.subject
    if not isinstance(term, Free):
        return None
    around = subject.facts.functions[term.function]
    bound = around.bindings.get(term.name, ())
    is_parameter = any(each.name == term.name for each in around.parameters)
    if len(bound) != 1 or is_parameter or term.function == subject.identity.index:
        return None
    frame = None if subject.frame is None else subject.frame.outer
    return Spot(Subject(subject.evaluator, FunctionId(subject.path, term.function), frame), bound[0].value, {})


def _property(spot: Spot, term: Term) -> Spot | None:
    """What a property of an object is, where that is one expression."""
    subject = spot.subject
    base = subject.value(term.base) if isinstance(term, Attribute) else ()
    if not isinstance(term, Attribute) or len(base) != 1:
        return None
    owner = base[0].of if isinstance(base[0], Instance) else None
    if not isinstance(owner, ClassId) or fields.is_overridden(subject.evaluator, owner, term.name):
        return None
    identity = fields.function_of(subject.evaluator, owner, term.name)
    if identity is None or subject.evaluator.flavour(identity) != "property":
        return None
    inner = Subject(subject.evaluator, identity)
    facts = inner.function
    if len(facts.returns) != 1 or len(facts.decorators) != 1 or len(facts.parameters) != 1:
        return None
    return Spot(inner, facts.returns[0].value, {facts.parameters[0].name: spot.beside(term.base)})


def has_digits(subject: Subject, ref: Ref, chain: Chain) -> bool:
    """Whether the text of a parameter, or of a primary key that Django itself numbers, is that of a number."""
    name, path = chain
    if not path:
        return subject.is_number(name)
    owners = [atom.of for atom in subject.value(ref) if isinstance(atom, Instance)]
    known = [of for of in owners if isinstance(of, ClassId)]
    is_key = len(known) == len(owners) > 0 and len(path) == 1 and path[0] in ("pk", "id")
    return is_key and all(fields.member(subject.evaluator, of, "id") is fields.Member.KEY for of in known)


def _has_formats(spot: Spot) -> bool:
    """Whether a formatted string rounds, cuts or pads what it is made of: `{number:.1f}`."""
    try:
        parsed = Parsed.read(spot.subject.evaluator.project.tree.read(spot.subject.path))
        node = parsed.expression_at(spot.subject.facts.spans[spot.ref])
    except Refused:
        return True
    found = m.findall(node, m.FormattedStringExpression())
    parts = [each for each in found if isinstance(each, cst.FormattedStringExpression)]
    return any(each.format_spec or each.conversion not in (None, "s", "r") for each in parts)


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces with neighbouring constants as one; a constant of which the text is not known stays for itself."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        is_text = piece.is_constant and piece.text is not None
        if last is not None and is_text and last.is_constant and last.text is not None:
            found[-1] = replace(last, text=f"{last.text}{piece.text}")
        elif piece.text != "":
            found.append(piece)
    return tuple(found)
