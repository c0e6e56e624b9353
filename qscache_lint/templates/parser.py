"""Reads the text of a template into its model.

Tags that open a scope or a branch of Django's own are read with what stands inside them; of all others, those of
tag libraries included, only their own words are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from qscache_lint import limits
from qscache_lint.templates.expressions import read_expression
from qscache_lint.templates.lexer import Token, TokenKind, Word, tokenize, words
from qscache_lint.templates.model import (
    BoundName,
    Branch,
    Expression,
    For,
    If,
    Include,
    Node,
    Nodes,
    Operand,
    Output,
    Partial,
    Section,
    Tag,
    Template,
    With,
)

_BINDING = re.compile(r"(\w+)=(.+)", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_COMPARING = frozenset({"==", "!=", "<", ">", "<=", ">=", "is", "is not", "in", "not in"})
_JOINING = frozenset({"and", "or", "not"})
_OTHER_LANGUAGE = re.compile(r"{%[-+]|{{-|-%}|-}}|{%[ \t]*(?:set|macro|import|from|endset|endmacro)\b")
"""Marks that Jinja has, and Django does not."""

_CLOSING: Mapping[str, str] = {
    "if": "endif",
    "for": "endfor",
    "with": "endwith",
    "block": "endblock",
    "blocktranslate": "endblocktranslate",
    "blocktrans": "endblocktrans",
    "partialdef": "endpartialdef",
}
_BETWEEN = frozenset({"elif", "else", "empty", "plural"})
"""Tags of libraries have these as well; where they are not awaited, they part nothing that matters here."""


class _Unreadable(Exception):
    """The tags of a template do not close each other."""


@lru_cache(maxsize=256)
def read_template(text: str | None) -> Template:
    """The model of a template; without a text, of one that cannot be read."""
    if text is None:
        return Template(known=False)
    rows = (0, *(found.end() for found in re.finditer("\n", text)))
    if len(text) > limits.TEMPLATE_CHARACTERS or _is_of_jinja(text):
        return Template(rows=rows, known=False)
    reader = _Reader(tokenize(text))
    try:
        nodes = reader.nodes(())
    except (_Unreadable, RecursionError):
        return Template(rows=rows, known=False)
    return Template(nodes, reader.parent, reader.partials, frozenset(_names_in(text)), rows)


def _is_of_jinja(text: str) -> bool:
    """Whether a template has what only Jinja has: marks, and tags over several rows."""
    has_open_tag = any(row.rfind("{%") > row.rfind("%}") for row in text.split("\n"))
    return has_open_tag or _OTHER_LANGUAGE.search(text) is not None


def _names_in(text: str) -> Iterator[str]:
    """The names in tags and variables."""
    for token in _without_comments(tokenize(text)):
        yield from _NAME.findall(token.contents)


def row_with(text: str, asked: re.Pattern[str]) -> int | None:
    """The first row with a tag or variable that asks for something; any row where the tags cannot be told."""
    if not read_template(text).known:
        places = [found.start() for found in asked.finditer(text)]
    else:
        tokens = _without_comments(tokenize(text))
        places = [token.start for token in tokens if asked.search(token.contents)]
    return text.count("\n", 0, places[0]) + 1 if places else None


class _Reader:
    """Goes through the tokens of a template once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = _without_comments(tokens)
        self._depth = 0
        self._end: tuple[Word, ...] = ()
        """The words of the tag at which the last body ended."""
        self.parent: Expression | None = None
        self.partials: dict[str, Nodes] = {}

    def nodes(self, until: Sequence[str]) -> Nodes:
        """What stands before one of the tags `until`, or before the end of the template."""
        self._depth += 1
        if self._depth > limits.TEMPLATE_DEPTH:
            raise _Unreadable
        found: list[Node] = []
        self._end = ()
        for token in self._tokens:
            if len(token.contents) > limits.TAG_CHARACTERS:
                raise _Unreadable
            if token.kind is TokenKind.VARIABLE:
                found.append(Output(read_expression(Word(token.contents, token.text))))
                continue
            given = words(token)
            if given and given[0].text in until:
                self._end = given
                break
            if given and given[0].text in _CLOSING.values():
                raise _Unreadable
            found.extend(self._node(given))
        if until and not self._end:
            raise _Unreadable
        self._depth -= 1
        return tuple(found)

    def _node(self, given: Sequence[Word]) -> Iterator[Node]:
        if not given:
            return
        name, arguments = given[0].text, given[1:]
        if name == "extends" and arguments:
            self.parent = read_expression(arguments[0])
            return
        if name == "partialdef":
            yield from self._partial(arguments)
            return
        read = _READERS.get(name)
        if read is not None:
            yield read(self, name, arguments)
        elif name not in _BETWEEN:
            yield _tag(name, arguments)

    # -- tags with a body

    def read_if(self, name: str, arguments: Sequence[Word]) -> Node:
        branches: list[Branch] = []
        while True:
            tests = tuple(_operands(arguments))
            body = self.nodes(("elif", "else", "endif"))
            branches.append(Branch(tests, body))
            end, *arguments = self._end
            if end.text == "endif":
                return If(tuple(branches))

    def read_for(self, name: str, arguments: Sequence[Word]) -> Node:
        given = [each.text for each in arguments]
        if given[-1:] == ["reversed"]:
            arguments = arguments[:-1]
        if len(arguments) < 3 or arguments[-2].text != "in":
            raise _Unreadable
        names = "".join(f"{each.text} " for each in arguments[:-2])
        value = read_expression(arguments[-1])
        body = self.nodes(("empty", "endfor"))
        otherwise = self.nodes(("endfor",)) if self._end[0].text == "empty" else ()
        return For(tuple(each for each in re.split(r"[ ,]+", names) if each), value, body, otherwise)

    def read_with(self, name: str, arguments: Sequence[Word]) -> Node:
        bound = tuple(_bound(arguments))
        body = self.nodes((_CLOSING[name],))
        return With(name, bound, body)

    def read_translated(self, name: str, arguments: Sequence[Word]) -> Node:
        """A translated text prints what its variables name; `{% plural %}` parts two of them."""
        bound = tuple(_bound(arguments))
        body = self.nodes(("plural", _CLOSING[name]))
        if self._end[0].text == "plural":
            body = (*body, *self.nodes((_CLOSING[name],)))
        return With(name, bound, body)

    def read_section(self, name: str, arguments: Sequence[Word]) -> Node:
        body = self.nodes(("endblock",))
        return Section(arguments[0].text if arguments else "", body)

    def read_partial(self, name: str, arguments: Sequence[Word]) -> Node:
        return Partial(arguments[0].text if arguments else "")

    def _partial(self, arguments: Sequence[Word]) -> Iterator[Node]:
        """Keeps what a `{% partialdef %}` names; with `inline`, it is rendered where it stands as well."""
        body = self.nodes(("endpartialdef",))
        name, *how = [each.text for each in arguments] or [""]
        self.partials[name] = body
        if how:
            yield Partial(name)

    def read_include(self, name: str, arguments: Sequence[Word]) -> Node:
        if not arguments:
            raise _Unreadable
        given = arguments[1:]
        only = any(each.text == "only" for each in given)
        return Include(read_expression(arguments[0]), tuple(_bound(given)), only)


_READERS: Mapping[str, Callable[[_Reader, str, Sequence[Word]], Node]] = {
    "if": _Reader.read_if,
    "for": _Reader.read_for,
    "with": _Reader.read_with,
    "blocktranslate": _Reader.read_translated,
    "blocktrans": _Reader.read_translated,
    "block": _Reader.read_section,
    "include": _Reader.read_include,
    "partial": _Reader.read_partial,
}


def _without_comments(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tags and variables, without those that a `{% comment %}` hides."""
    hidden = False
    for token in tokens:
        name = token.contents.split(None, 1)[:1] if token.kind is TokenKind.BLOCK else []
        if hidden:
            hidden = name != ["endcomment"]
        elif name == ["comment"]:
            hidden = True
        elif token.kind in (TokenKind.BLOCK, TokenKind.VARIABLE):
            yield token


def _bound(given: Sequence[Word]) -> Iterator[BoundName]:
    """The names that words give to values: `name=value`, or `value as name`."""
    for place, word in enumerate(given):
        found = _BINDING.fullmatch(word.text)
        if found is not None:
            yield BoundName(found[1], read_expression(Word(found[2], word.at + found.start(2))))
        elif word.text == "as" and 0 < place < len(given) - 1:
            yield BoundName(given[place + 1].text, read_expression(given[place - 1]))


def _operands(given: Sequence[Word]) -> Iterator[Operand]:
    """The operands of a test, each with what is done with it."""
    parts = tuple(_joined(given))
    for place, (text, word) in enumerate(parts):
        if text in _COMPARING or text in _JOINING:
            continue
        before = parts[place - 1][0] if place else ""
        behind = parts[place + 1][0] if place + 1 < len(parts) else ""
        yield Operand(read_expression(word), _operator(before, behind))


def _joined(given: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """The words of a test; operators of two words are one."""
    place = 0
    while place < len(given):
        two = " ".join(each.text for each in given[place : place + 2])
        is_operator = two in ("not in", "is not")
        yield (two if is_operator else given[place].text), given[place]
        place += 2 if is_operator else 1


def _operator(before: str, behind: str) -> str:
    if before in _COMPARING:
        return before
    if behind in _COMPARING:
        return "==" if behind in ("in", "not in") else behind
    return "if"


def _tag(name: str, arguments: Sequence[Word]) -> Tag:
    """Any other tag. What stands behind `as` is a name that it gives to something."""
    texts = [each.text for each in arguments]
    names = tuple(texts[place + 1] for place, text in enumerate(texts[:-1]) if text == "as")
    plain = [
        each
        for place, each in enumerate(arguments)
        if not _BINDING.fullmatch(each.text) and each.text != "as" and texts[max(place - 1, 0)] != "as"
    ]
    expressions = tuple(map(read_expression, plain))
    bound = tuple(each for each in _bound(arguments) if each.name not in names)
    return Tag(name, expressions[:1], expressions[1:], bound, names)
