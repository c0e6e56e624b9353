"""Keys of caches, put together of pieces: constants, parameters, and what nothing is known of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from string import Formatter

from qscache_lint import limits
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Constant,
    Container,
    Element,
    Free,
    Parameter,
    Ref,
    Text,
    same_object,
)
from qscache_lint.fixing.repeatability.key_terms import (
    has_digits,
    has_formats,
    outer_variable,
    overridden_texts,
    property_of,
)
from qscache_lint.fixing.repeatability.known import HASHES, TEXTS
from qscache_lint.fixing.repeatability.pieces import NOTHING_GIVEN, Given, Leaf, Piece, Spot
from qscache_lint.fixing.repeatability.settings_of_keys import texts_of_setting
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import ClassValue, External, Function, Literal
from qscache_lint.project.evaluate import Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.written import expression


class KeyReader:
    """Takes one key to pieces; where its steps are used up, the rest may be anything."""

    def __init__(self, leaf: Leaf | None = None, given: Given = NOTHING_GIVEN) -> None:
        self._leaf = leaf or given.label
        self._given = given
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
        elif (inner := self._given.behind(spot) or outer_variable(spot, term) or property_of(spot, term)) is not None:
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
        texts = overridden_texts(spot)
        value = subject.value(ref) if texts is None else ()
        if len(value) == 1 and isinstance(value[0], Literal):
            return Piece(str(value[0].value), is_constant=True)
        if texts is None:
            texts = tuple(str(atom.value) for atom in value if isinstance(atom, Literal))
            texts = texts if len(texts) == len(value) else ()
        if value and all(isinstance(atom, External) and atom.dotted.startswith("django.conf.") for atom in value):
            return self._setting(subject, tuple(atom.dotted for atom in value if isinstance(atom, External)))
        found = self._chain(spot)
        if found is not None:
            return replace(found, texts=texts)
        term = subject.facts.terms[ref]
        if isinstance(term, Attribute) and term.name in ("__name__", "__qualname__", "__module__"):
            of = subject.value(term.base)
            if of and all(isinstance(atom, (ClassValue, Function)) for atom in of):
                return Piece(is_constant=True)
        return Piece(written=expression(subject.facts, ref), texts=texts)

    def _setting(self, subject: Subject, names: tuple[str, ...]) -> Piece:
        """A setting, which is the same for as long as the process lives."""
        known = [texts_of_setting(subject.evaluator, name) for name in names]
        texts = tuple(text for each in known for text in each or ())
        is_known = all(each is not None for each in known)
        return Piece(
            written=names,
            is_constant=True,
            texts=texts if is_known else (),
            setting=names[0] if len(names) == 1 else "",
            is_apart=is_known and not texts,
        )

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
        cut = has_formats(spot)
        for part in term.parts:
            for piece in self.pieces(spot.beside(part)):
                yield replace(piece, cut=piece.cut or (cut and piece.may_be_cut))

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
                yield replace(piece, cut=piece.cut or (not is_whole and piece.may_be_cut), as_number=form == "%d")
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
            is_hash = any(name in HASHES for name in names)
            inner = self.pieces(spot.beside(call.arguments[0].value))
            yield from (replace(piece, hashed=piece.hashed or is_hash) for piece in inner)
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
            yield from (replace(piece, cut=piece.cut or (is_cut and piece.may_be_cut)) for piece in pieces)

    def _joined(self, spot: Spot, between: Ref, parts: Ref) -> Iterator[Piece]:
        separator = Piece(self._constant(spot.beside(between)), is_constant=True)
        source = self._argument(spot.beside(parts))
        container = source.subject.facts.terms[source.ref]
        entries = container.entries if isinstance(container, Container) else None
        for place, entry in enumerate(entries or ()):
            if place:
                yield separator
            if entry.star:
                yield from self._all_of(self._every(source, entry.value), separator)
            else:
                yield from self.pieces(source.beside(entry.value))
        if entries is None:
            yield from self._all_of(self._every(source, source.ref), separator)

    def _argument(self, spot: Spot) -> Spot:
        """The term that stands behind a parameter, where one does."""
        while (behind := self._given.behind(spot)) is not None and next(self._steps, None) is not None:
            spot = behind
        return spot

    def _all_of(self, source: Spot | None, separator: Piece) -> Iterator[Piece]:
        """The members of a container, one behind the other."""
        members = None if source is None else self._members(self._argument(source))
        if members is None:
            pieces = [Piece()] if source is None else self.pieces(source)
            yield from (replace(piece, quoted=False, joined=True) for piece in pieces)
            return
        for place, member in enumerate(members):
            if place:
                yield separator
            yield from self.pieces(member)

    def _members(self, spot: Spot) -> tuple[Spot, ...] | None:
        """The members of a container, where each of them is known."""
        term = spot.subject.facts.terms[spot.ref]
        if not isinstance(term, Container) or any(each.star or each.key is not None for each in term.entries):
            own = spot.several.get(term.name) if isinstance(term, Parameter) else None
            return self._given.members(spot) if own is None else own
        return tuple(spot.beside(each.value) for each in term.entries)

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
            case Parameter() | Free() | Container():
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
            several = {name: tuple(each.argument for each in found) for name, found in bound.several.items() if found}
            is_plain = is_plain and not any(each.keyword for found in several.values() for each in found)
            if is_plain and len(facts.returns) == 1 and not bound.is_open:
                given = {name: each.argument.value for name, each in bound.given.items()}
                defaults = {each.name: each.default for each in facts.parameters if each.default is not None}
                missing = {name: Spot(inner, ref, {}) for name, ref in defaults.items() if name not in given}
                spots = {name: spot.beside(ref) for name, ref in given.items() if ref >= 0}
                if receiver is not None and function.receiver is not None:
                    spots[facts.parameters[0].name] = receiver
                members = {name: tuple(spot.beside(each.value) for each in found) for name, found in several.items()}
                yield from self.pieces(Spot(inner, facts.returns[0].value, {**missing, **spots}, members))
                return
        yield Piece(written=expression(subject.facts, spot.ref))
