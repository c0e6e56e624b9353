"""Reads the text of a Jinja template into the model of Django's: its statements, and what stands inside them.

Of statements that extensions bring, all names are read, which may then be used in any way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from qscache_lint import limits
from qscache_lint.templates.jinja_expressions import (
    operands,
    outside,
    parted,
    read_jinja_expression,
    unknown,
)
from qscache_lint.templates.jinja_lexer import JinjaKind, JinjaToken, Piece, Unreadable, pieces
from qscache_lint.templates.model import (
    Access,
    Assigned,
    BoundName,
    Branch,
    Expression,
    For,
    If,
    Include,
    Language,
    Node,
    Nodes,
    Output,
    Section,
    Tag,
    Template,
    With,
)

_Tokens = Sequence[JinjaToken]

_ENDS = frozenset({"endif", "endfor", "endblock", "endwith", "endset", "endmacro", "endcall", "endfilter",
                   "endautoescape", "endtrans"})  # fmt: skip
_COMMA, _GIVES = frozenset({","}), frozenset({"="})
_SUPER = ("block", "super")
"""How Django writes what a block shows of the one below."""


def read_jinja(text: str) -> Template:
    """The model of a template of Jinja's."""
    rows = (0, *(found.end() for found in re.finditer("\n", text)))
    try:
        every = tuple(pieces(text)) if len(text) <= limits.TEMPLATE_CHARACTERS else ()
        reader = _Reader(every)
        nodes = reader.nodes(())
    except (Unreadable, RecursionError):
        return Template(rows=rows, known=False, language=Language.JINJA)
    known = len(text) <= limits.TEMPLATE_CHARACTERS
    names = frozenset(each.text for each in chain(*(piece.tokens for piece in every)) if each.kind is JinjaKind.NAME)
    return Template(nodes, reader.parent, {}, names, rows, known, Language.JINJA)


class _Reader:
    """Goes through the tags and outputs of a template once."""

    def __init__(self, every: Sequence[Piece]) -> None:
        self._pieces = iter(every)
        self._depth = 0
        self._end: _Tokens = ()
        """The tokens of the tag at which the last body ended."""
        self.parent: Expression | None = None

    def nodes(self, until: Sequence[str]) -> Nodes:
        """What stands before one of the tags `until`, or before the end of the template."""
        self._depth += 1
        if self._depth > limits.TEMPLATE_DEPTH:
            raise Unreadable
        found: list[Node] = []
        self._end = ()
        for piece in self._pieces:
            tokens = piece.tokens
            if piece.is_output:
                found.append(Output(_printed(tokens)))
                continue
            name = tokens[0].text if tokens else ""
            if name in until:
                self._end = tokens
                break
            if not name or name in _ENDS:
                raise Unreadable
            found.extend(self._node(name, tokens[1:]))
        if until and not self._end:
            raise Unreadable
        self._depth -= 1
        return tuple(found)

    def _node(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        read = _READERS.get(name)
        yield from _tag(name, tokens) if read is None else read(self, name, tokens)

    # -- statements with a body

    def read_if(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        branches: list[Branch] = []
        while True:
            tests = tuple(operands(tokens)) if tokens else ()
            branches.append(Branch(tests, self.nodes(("elif", "else", "endif"))))
            end, *tokens = self._end
            if end.text == "endif":
                yield If(tuple(branches))
                return

    def read_for(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        if tokens and tokens[-1].text == "recursive":
            tokens = tokens[:-1]
        place = next((place for place, token in outside(tokens) if token.text == "in"), None)
        if place is None:
            raise Unreadable
        value, *condition = parted(tokens[place + 1 :], frozenset({"if"}))
        body = self.nodes(("else", "endfor"))
        otherwise = self.nodes(("endfor",)) if self._end[0].text == "else" else ()
        if condition:
            body = (If((Branch(tuple(operands(condition[0])), body),)),)
        names = tuple(each.text for each in tokens[:place] if each.kind is JinjaKind.NAME)
        yield For(names, read_jinja_expression(value), body, otherwise)

    def read_with(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        bound = tuple(_bound(tokens))
        yield With(name, bound, self.nodes((f"end{name}",)))

    def read_translated(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        bound = tuple(_bound(tokens))
        body = self.nodes(("pluralize", f"end{name}"))
        if self._end[0].text == "pluralize":
            body = (*body, *self.nodes((f"end{name}",)))
        yield With(name, bound, body)

    def read_section(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        yield Section(tokens[0].text if tokens else "", self.nodes(("endblock",)))

    def read_macro(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        """A body that calls run, with parameters that hide what is called like them."""
        body = self.nodes((f"end{name}",))
        yield With(name, (), (Tag(name, (), (unknown(tokens),), (), tuple(_parameters(tokens))), *body))
        yield Tag(name, (), (), (), tuple(_names(tokens[:1])))

    def read_call(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        yield Tag(name, (unknown(tokens),), (), (), ())
        yield With(name, (), (Tag(name, (), (), (), tuple(_parameters(tokens))), *self.nodes((f"end{name}",))))

    def read_around(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        yield With(name, (), self.nodes((f"end{name}",)))

    # -- statements

    def read_extends(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        self.parent = read_jinja_expression(tokens)
        yield from ()

    def read_set(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        target, *value = parted(tokens, _GIVES)
        if value and len(target) == 1:
            yield Assigned(BoundName(target[0].text, read_jinja_expression(value[0])))
            return
        if not value:  # the text up to {% endset %}
            yield With(name, (), self.nodes(("endset",)))
        others = tuple(unknown(each) for each in value)
        yield Tag(name, (), others, (), tuple(_names(target)))

    def read_include(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        words = [each.text for each in tokens]
        only = words[-2:] == ["without", "context"]
        given = tokens[:-2] if words[-1:] == ["context"] else tokens
        given = given[:-2] if [each.text for each in given[-2:]] == ["ignore", "missing"] else given
        yield Include(read_jinja_expression(given), (), only)

    def read_import(self, name: str, tokens: _Tokens) -> Iterator[Node]:
        """What is imported with the context may do anything with it."""
        words = [each.text for each in tokens]
        if words[-2:] == ["with", "context"]:
            yield Include(unknown(()), (), only=False)
        yield Tag(name, (), (), (), tuple(_names(tokens)))


_Read = Callable[[_Reader, str, _Tokens], Iterator[Node]]
_READERS: Mapping[str, _Read] = {
    "if": _Reader.read_if,
    "for": _Reader.read_for,
    "with": _Reader.read_with,
    "trans": _Reader.read_translated,
    "block": _Reader.read_section,
    "macro": _Reader.read_macro,
    "call": _Reader.read_call,
    "filter": _Reader.read_around,
    "autoescape": _Reader.read_around,
    "extends": _Reader.read_extends,
    "set": _Reader.read_set,
    "include": _Reader.read_include,
    "import": _Reader.read_import,
    "from": _Reader.read_import,
}


def _printed(tokens: _Tokens) -> Expression:
    """What an output shows; `super()` is what Django writes as `block.super`."""
    found = read_jinja_expression(tokens)
    if found.steps[:1] == ("super",) and found.access(0) is Access.CALLED:
        return Expression(_SUPER, (), found.at, found.text)
    return found


def _names(tokens: _Tokens) -> Iterator[str]:
    return (each.text for each in tokens if each.kind is JinjaKind.NAME)


def _parameters(tokens: _Tokens) -> Iterator[str]:
    """The names behind an opening bracket or a comma, without those of defaults."""
    for before, token in pairwise(tokens):
        if before.text in ("(", ",") and token.kind is JinjaKind.NAME:
            yield token.text


def _bound(tokens: _Tokens) -> Iterator[BoundName]:
    """The names that a statement gives to values: `name = value, …`; a name alone is that of its value."""
    for part in parted(tokens, _COMMA):
        target, *value = parted(part, _GIVES)
        if target:
            yield BoundName(target[0].text, read_jinja_expression(value[0] if value else target))


def _tag(name: str, tokens: _Tokens) -> Iterator[Node]:
    """Any other statement."""
    yield Tag(name, (unknown(tokens),), (), (), ())
