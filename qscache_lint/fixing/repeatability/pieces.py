"""The pieces of a key of a cache, and the places in the code that they are read at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qscache_lint.facts.terms import Ref
from qscache_lint.fixing.repeatability.subject import Chain, Subject


@dataclass(frozen=True)
class Piece:
    """One piece of a key: a constant, a `chain` (a parameter, or an attribute of one), or something else.

    `text` is that of a constant, where it is known; `texts` are those of one that is among several. `every`: the chain
    holds arguments, each of which is a piece. `joined`: it holds members, whose texts stand one behind the other.
    `quoted`: it is written so that it cannot run together with others. `typed`: its type is in the key, too. `cut`: not
    all of the value may be in the key. `name`: it is this attribute of the function that is cached. `has_digits`: it is
    a number, and so has no separators; `as_number`: it is written as one, as `True` is by `%d`. `hashed`: the key has a
    digest of it. `setting`: it is the setting of this dotted name. `is_apart`: no code gives that the words of other
    keys.
    """

    text: str | None = None
    chain: Chain | None = None
    written: Hashable = None
    is_constant: bool = False
    every: bool = False
    joined: bool = False
    quoted: bool = False
    typed: bool = False
    cut: bool = False
    name: str = ""
    has_digits: bool = False
    as_number: bool = False
    hashed: bool = False
    texts: tuple[str, ...] = ()
    setting: str = ""
    is_apart: bool = False

    @property
    def may_be_cut(self) -> bool:
        """Whether a format can leave out some of it."""
        return not self.is_constant or bool(self.setting)


@dataclass(frozen=True)
class Spot:
    """A term in a function, with the terms that stand behind the parameters of that function."""

    subject: Subject
    ref: Ref
    given: Mapping[str, Spot]
    several: Mapping[str, tuple[Spot, ...]] = field(default_factory=dict)
    """The arguments that `*args` holds."""

    def beside(self, ref: Ref) -> Spot:
        return replace(self, ref=ref)


Leaf = Callable[[Spot], "Piece | None"]
"""What the caller of the reader knows of a term; None for nothing."""

class Given:
    """What is known of the parameters that a key is put together of; by itself, nothing."""

    def behind(self, spot: Spot) -> Spot | None:
        """The argument that stands behind a parameter."""
        return None

    def members(self, spot: Spot) -> tuple[Spot, ...] | None:
        """The arguments that `*args` holds."""
        return None

    def label(self, spot: Spot) -> Piece | None:
        """What a decorator reads of the function that it is given."""
        return None


NOTHING_GIVEN = Given()


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces with neighbouring constants as one; a constant of which the text is not known stays for itself."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        is_text = piece.is_constant and piece.text is not None
        if last is not None and is_text and last.text is not None and last.hashed is piece.hashed:
            found[-1] = replace(last, text=f"{last.text}{piece.text}")
        elif piece.text != "":
            found.append(piece)
    return tuple(found)
