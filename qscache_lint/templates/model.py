"""What a template says, as frozen values: expressions, tags, and what stands inside them.

Places are offsets into the text, of which `Template.span` makes rows and columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeAlias

import msgspec

from qscache_lint.values import Position, Span


class Language(Enum):
    """Whose templates: Django's, or Jinja's."""

    DJANGO = "django"
    JINJA = "jinja"


class Access(Enum):
    """How a step of a variable is taken: as Django does, which calls what it can, or as it is written in Jinja."""

    DOT = "called where it can be"
    READ = "read"
    CALLED = "called"
    GIVEN = "called with arguments"

    @property
    def calls(self) -> bool:
        """Whether a call is written."""
        return self in (Access.CALLED, Access.GIVEN)


class Filter(msgspec.Struct, frozen=True):
    """`|name`, or `|name:argument` where that is a variable with these steps, or a `constant` as it is written.

    `at` is the place of the name.
    """

    name: str
    argument: tuple[str, ...]
    at: int
    constant: str = ""


class Expression(msgspec.Struct, frozen=True):
    """A variable with its steps (`stories.all` has two) and filters. A constant has no steps.

    One that is not `known` has a form that Django does not read; `steps` are then all names that stand in it. `at` is
    its place, `text` how it is written. `accesses` and `places` are those of the steps, `arguments` what calls and
    filters are given; Django's own have none of these.
    """

    steps: tuple[str, ...]
    filters: tuple[Filter, ...]
    at: int
    text: str
    known: bool = True
    accesses: tuple[Access, ...] = ()
    places: tuple[int, ...] = ()
    arguments: tuple[Expression, ...] = ()

    @property
    def constant(self) -> str | None:
        """The text that a quoted constant has; None for anything else."""
        is_quoted = not self.steps and not self.filters and self.known and self.text[:1] in ("'", '"')
        return self.text[1:-1] if is_quoted else None

    def place_of(self, step: int) -> tuple[int, int]:
        """The first and last offset of one of the steps."""
        start = self.places[step] if self.places else self.at + sum(len(each) + 1 for each in self.steps[:step])
        return start, start + len(self.steps[step])

    def access(self, step: int) -> Access:
        """How one of the steps is taken."""
        return self.accesses[step] if self.accesses else Access.DOT


class BoundName(msgspec.Struct, frozen=True):
    """A name that a tag gives to a value."""

    name: str
    value: Expression


class Assigned(msgspec.Struct, frozen=True):
    """`{% set name = value %}`, for what stands behind it."""

    bound: BoundName


class Output(msgspec.Struct, frozen=True):
    """`{{ value }}`."""

    value: Expression


class Operand(msgspec.Struct, frozen=True):
    """A part of a test, with the operator that takes it: `if` where its truth is asked for."""

    value: Expression
    operator: str


class Branch(msgspec.Struct, frozen=True):
    """`{% if %}`, `{% elif %}` or `{% else %}`, which tests nothing, with what stands behind it."""

    tests: tuple[Operand, ...]
    body: Nodes


class If(msgspec.Struct, frozen=True):
    """`{% if %}` with its branches."""

    branches: tuple[Branch, ...]


class For(msgspec.Struct, frozen=True):
    """`{% for names in value %}`; `otherwise` is what stands behind `{% empty %}`."""

    names: tuple[str, ...]
    value: Expression
    body: Nodes
    otherwise: Nodes


class With(msgspec.Struct, frozen=True):
    """`{% with name=value %}`, and whatever else gives names to values for what stands inside it."""

    tag: str
    bound: tuple[BoundName, ...]
    body: Nodes


class Section(msgspec.Struct, frozen=True):
    """`{% block name %}`."""

    name: str
    body: Nodes


class Include(msgspec.Struct, frozen=True):
    """`{% include template with name=value %}`; with `only`, it gets nothing else."""

    template: Expression
    bound: tuple[BoundName, ...]
    only: bool


class Partial(msgspec.Struct, frozen=True):
    """`{% partial name %}`, which renders the body of a `{% partialdef name %}`."""

    name: str


class Tag(msgspec.Struct, frozen=True):
    """Any other tag: its arguments, the `first` of them apart, and the names that it gives to something (`as name`)."""

    name: str
    first: tuple[Expression, ...]
    others: tuple[Expression, ...]
    bound: tuple[BoundName, ...]
    names: tuple[str, ...]


Node: TypeAlias = Output | Assigned | If | For | With | Section | Include | Partial | Tag
Nodes: TypeAlias = tuple[Node, ...]


def sections_in(nodes: Nodes) -> Iterator[Section]:
    """The blocks among some nodes, those in others included."""
    for node in nodes:
        if isinstance(node, Section):
            yield node
        yield from sections_in(_inside(node))


def includes_in(nodes: Nodes) -> Iterator[Include]:
    """The templates that are included by some nodes, those in others included."""
    for node in nodes:
        if isinstance(node, Include):
            yield node
        yield from includes_in(_inside(node))


def names_in(nodes: Nodes) -> Iterator[str]:
    """The names that some nodes assign, those in branches included, which are no scope of their own."""
    for node in nodes:
        if isinstance(node, Assigned):
            yield node.bound.name
        elif isinstance(node, If):
            yield from names_in(_inside(node))
        elif isinstance(node, Tag):
            yield from node.names


def outputs_in(nodes: Nodes) -> Iterator[Expression]:
    """What some nodes print, those in others included."""
    for node in nodes:
        if isinstance(node, Output):
            yield node.value
        yield from outputs_in(_inside(node))


def _inside(node: Node) -> Nodes:
    match node:
        case Section(body=body) | With(body=body):
            return body
        case For(body=body, otherwise=otherwise):
            return (*body, *otherwise)
        case If(branches=branches):
            return tuple(each for branch in branches for each in branch.body)
        case _:
            return ()


class Template(msgspec.Struct, frozen=True):
    """One template. `parent` is the template that it extends.

    Of one that is not `known` nothing can be told: its tags do not close each other, or it is written in another
    language.
    """

    nodes: Nodes = ()
    parent: Expression | None = None
    partials: Mapping[str, Nodes] = {}
    """The bodies that only `{% partial %}` renders, by their names."""

    names: frozenset[str] = frozenset()
    """The names that stand in its tags and variables."""

    rows: tuple[int, ...] = (0,)
    known: bool = True
    language: Language = Language.DJANGO

    @property
    def others(self) -> Iterator[Expression]:
        """The templates that it extends and includes."""
        if self.parent is not None:
            yield self.parent
        for nodes in (self.nodes, *self.partials.values()):
            yield from (each.template for each in includes_in(nodes))

    def span(self, start: int, end: int) -> Span:
        """The place between two offsets."""
        return Span(self._position(start), self._position(end))

    def _position(self, offset: int) -> Position:
        row = bisect_right(self.rows, offset)
        return Position(row, offset - self.rows[row - 1] + 1)
