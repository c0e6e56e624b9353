"""Why a repair is refused, or is not safe: the kinds of reasons (`reasons.toml`), and how one is made of its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter

import msgspec

from qscache_lint.values import Reason

_USE = "{place} {verb} {function}, and there {use}"
"""The sentence of a kind that says what one place does with the value it gets."""


class ReasonRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind: what the user reads of a reason, with fields for its data, and what the documentation says of it."""

    about: str
    sentence: str = _USE
    use: str = ""
    of_rows: bool = False
    """Whether only code notices that gets objects made of the rows: not with `values()`, `count()`, `x__in=`."""

    @property
    def fields(self) -> frozenset[str]:
        """The names of the data that a reason of this kind has, beside its place."""
        written = f"{self.sentence}{self.use}"
        return frozenset(name for _, name, _, _ in Formatter().parse(written) if name) - _PLACE


_PLACE = frozenset({"place", "path", "use"})
"""Fields that follow from where a reason stands, or from what is done there."""


@dataclass(frozen=True, slots=True)
class UseOfValue:
    """What one place does with a value: a kind that has a `use`, with its data."""

    kind: str
    data: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, kind: str, **data: object) -> UseOfValue:
        return cls(kind, tuple((name, str(value)) for name, value in data.items()))

    def __str__(self) -> str:
        """What is done, as a clause: `pages() returns it`."""
        return load_reasons()[self.kind].use.format_map(dict(self.data))

    def reason(self, path: str, row: int, **data: str) -> Reason:
        """Why that stands in the way of a repair."""
        return reason(self.kind, path, row, **dict(self.data), **data)


@cache
def load_reasons() -> Mapping[str, ReasonRow]:
    """Every kind of reason, by its name."""
    text = resources.files("qscache_lint").joinpath("reasons.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=dict[str, ReasonRow])


def is_of_rows(found: Reason) -> bool:
    """Whether a reason concerns those calls only that make objects of the rows."""
    return load_reasons()[found.kind].of_rows


def reason(kind: str, path: str = "", row: int = 0, **data: object) -> Reason:
    """A reason of a kind, at a place if it has one, with all data that its sentence names. Raises KeyError else."""
    known = load_reasons()[kind]
    given = {name: str(value) for name, value in data.items()}
    place = f"line {row} of {path}" if row else path
    fields = {"path": path, "place": place, **given}
    if known.use:
        fields["use"] = known.use.format_map(fields)
    return Reason(kind, known.sentence.format_map(fields), path, row, tuple(given.items()))
