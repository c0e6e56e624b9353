"""Lists of names, of imports and of `__all__`: a name gets another beside it, and every comment stays with its name.

The syntax tree gives a comment to the comma before it, the last one to the closing bracket. Here it is that of the name
which it stands behind, a comment on a line of its own that of the name below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.pragmas import is_pragma

Member = TypeVar("Member", cst.ImportAlias, cst.BaseElement)
Space: TypeAlias = cst.BaseParenthesizableWhitespace

_PLAIN = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
_NOTHING = cst.SimpleWhitespace("")
_LINE_END = cst.TrailingWhitespace()
_WITH_BACKSLASH = m.SimpleWhitespace(m.MatchIfTrue(lambda value: "\\" in value))
_WITHIN_A_LINE = m.SimpleWhitespace(m.MatchIfTrue(lambda value: "\\" not in value))


@dataclass(frozen=True, slots=True)
class Entry(Generic[Member]):
    """A name of a list: its node, what it is sorted by, and the entry for whose sake it is new, if it is."""

    node: Member
    name: str
    beside: Entry[Member] | None = None


@dataclass(frozen=True, slots=True)
class NameList(Generic[Member]):
    """The names between two brackets, with the space inside of these; `opening` is None where there are no brackets."""

    members: Sequence[Member]
    opening: Space | None
    closing: Space

    def extended(
        self, entries: Sequence[Sequence[Entry[Member]]], listed: Sequence[str] | None
    ) -> NameList[Member]:
        """The list with some entries in the place of each member, sorted where the names `listed` before are.

        One to a line where the members stand so, else a new one stands on the line of the one before it.
        """
        written = [each for several in entries for each in several]
        order = written if listed is None else _ordered(written, listed)
        if not all(isinstance(each, cst.ParenthesizedWhitespace) for each in self._between):
            return self._on_shared_lines(written, order)
        return self._line_for_each(entries, written, order)

    @property
    def _spaces(self) -> list[Space]:
        """The space before each name, and that behind the last."""
        spaces: list[Space] = [
            each.comma.whitespace_after if isinstance(each.comma, cst.Comma) else _NOTHING for each in self.members
        ]
        end = self.closing if spaces[-1].empty else spaces[-1]
        return [self.opening or _NOTHING, *spaces[:-1], end]

    @property
    def _between(self) -> Sequence[Space]:
        """The space between two names; for a single one, that before it."""
        return self._spaces[1:-1] or self._spaces[:1]

    # -- names on shared lines

    def _on_shared_lines(self, written: Sequence[Entry[Member]], order: Sequence[Entry[Member]]) -> NameList[Member]:
        """The names in an order, with the commas where they stood; nothing moves to the comment of another."""
        commas = [each.comma for each in self.members[:-1]]
        has_comments = any(m.findall(each, m.Comment()) for each in commas if isinstance(each, cst.Comma))
        if has_comments and _without_new(order) != _without_new(written):
            order = written
        added = self._usual_comma
        for place, entry in enumerate(order):
            if entry.beside:
                commas.insert(max(place - 1, 0), added)
        commas.append(self.members[-1].comma)
        members = [entry.node.with_changes(comma=comma) for entry, comma in zip(order, commas, strict=True)]
        return NameList(members, self.opening, self.closing)

    @property
    def _usual_comma(self) -> cst.Comma:
        """A comma between names of one line; where a backslash follows each, one with that."""
        commas = [each.comma for each in self.members[:-1] if isinstance(each.comma, cst.Comma)]
        plain = (each for each in commas if m.matches(each.whitespace_after, _WITHIN_A_LINE))
        broken = commas and all(m.matches(each.whitespace_after, _WITH_BACKSLASH) for each in commas)
        return next(plain, commas[0] if broken else _PLAIN)

    # -- a line for each name

    def _line_for_each(
        self,
        entries: Sequence[Sequence[Entry[Member]]],
        written: Sequence[Entry[Member]],
        order: Sequence[Entry[Member]],
    ) -> NameList[Member]:
        spaces = self._spaces
        kept = [next(each for each in several if not each.beside) for several in entries]
        above = {entry: _lines_above(space) for entry, space in zip(kept, spaces[:-1], strict=True)}
        behind = {entry: _line_end(space) for entry, space in zip(kept, spaces[1:], strict=True)}
        if above.get(order[0]) and not isinstance(self.opening, cst.ParenthesizedWhitespace):
            order = written
        ends = [_end_of(each, behind) for each in order]
        gaps = [
            self._between[0].with_changes(first_line=end, empty_lines=above.get(entry, ()))
            for end, entry in zip(ends[:-1], order[1:], strict=True)
        ]
        opening = self.opening
        if isinstance(opening, cst.ParenthesizedWhitespace):
            opening = opening.with_changes(empty_lines=above.get(order[0], ()))
        return NameList(self._with_commas(order, gaps), opening, _with_line_end(spaces[-1], ends[-1]))

    def _with_commas(self, order: Sequence[Entry[Member]], gaps: Sequence[Space]) -> Sequence[Member]:
        """The names with the space between them; whether a comma ends the list stays as it was."""
        commas = [entry.node.comma if isinstance(entry.node.comma, cst.Comma) else cst.Comma() for entry in order]
        members = [
            entry.node.with_changes(comma=comma.with_changes(whitespace_after=space))
            for entry, comma, space in zip(order, commas, [*gaps, _NOTHING], strict=True)
        ]
        if not isinstance(self.members[-1].comma, cst.Comma):
            members[-1] = members[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return members


def _without_new(entries: Sequence[Entry[Member]]) -> list[Entry[Member]]:
    return [each for each in entries if each.beside is None]


def _lines_above(space: Space) -> Sequence[cst.EmptyLine]:
    """The lines between two names, or between a bracket and a name."""
    return space.empty_lines if isinstance(space, cst.ParenthesizedWhitespace) else ()


def _line_end(space: Space) -> cst.TrailingWhitespace:
    """What stands behind a name on its line."""
    return space.first_line if isinstance(space, cst.ParenthesizedWhitespace) else _LINE_END


def _end_of(
    entry: Entry[Member], known: Mapping[Entry[Member], cst.TrailingWhitespace]
) -> cst.TrailingWhitespace:
    """What ends the line of a name: for a new one, what tools are told about the one beside it."""
    if entry.beside is None:
        return known[entry]
    line = known[entry.beside]
    return line if line.comment is not None and is_pragma(line.comment.value) else _LINE_END


def _with_line_end(space: Space, line: cst.TrailingWhitespace) -> Space:
    """The space behind the last name, with what stands on its line."""
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=line)
    return space if line.comment is None else cst.ParenthesizedWhitespace(line, indent=True)


# -- orders


def _ordered(entries: Sequence[Entry[Member]], listed: Sequence[str]) -> Sequence[Entry[Member]]:
    """Entries in the order that some names have, if they have one."""
    key = next((each for each in _ORDERS if list(listed) == sorted(listed, key=each)), None)
    return entries if key is None else sorted(entries, key=lambda entry: key(entry.name))


def _by_kind(name: str) -> tuple[object, ...]:
    """As isort and ruff: constants, classes, then all others."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return (kind, *_by_letters(name))


def _by_letters(name: str) -> tuple[object, ...]:
    """Without regard to case, numbers by their value."""
    return tuple(_parts(name.lower()))


def _parts(name: str) -> Iterator[tuple[int, int, str]]:
    for part in re.findall(r"\d+|\D+", name):
        yield (0, int(part), "") if part.isdecimal() else (1, 0, part)


def _by_length(name: str) -> tuple[object, ...]:
    return (len(name), name)


_ORDERS: Sequence[Callable[[str], tuple[object, ...]]] = (_by_kind, lambda name: (name,), _by_letters, _by_length)
"""How the names of a list may be sorted, the usual way first."""
