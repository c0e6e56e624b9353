"""Whether the key of a cache has all that the body of the function reads: else one entry serves different queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.apart import may_be_equal_objects, may_share_text
from qscache_lint.fixing.repeatability.equality import may_have_equality
from qscache_lint.fixing.repeatability.managers import receivers_of
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.pieces import Piece
from qscache_lint.fixing.repeatability.reads import Need, Reads, Requirement
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.fixing.repeatability.terms import value_of_chain
from qscache_lint.project.abstract import Atom, ClassValue, Instance
from qscache_lint.project.abstract import (
    Collection as Members,
)
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def coverage_concerns(moved: Moved, pieces: Sequence[Piece], *, is_exact: bool) -> Iterator[Reason]:
    """What the body reads that may differ where the key is the same.

    `is_exact`: keys are compared as objects, not as text.
    """
    requirements = list(dict.fromkeys(Reads(moved, _written(pieces)).requirements()))
    coverage = _Coverage(moved.subject, pieces, is_exact)
    missing: dict[str, tuple[str, int]] = {}
    for each in requirements:
        if not coverage.covers(each):
            missing.setdefault(each.label, each.place)
    for label, place in missing.items():
        yield reason("key-not-covered", *place, name=label)
    if not is_exact and requirements:
        yield from coverage.ambiguities()


def _written(pieces: Iterable[Piece]) -> frozenset[object]:
    return frozenset(piece.written for piece in pieces if piece.written is not None)


class _Coverage:
    """What a key has of the parameters of a function."""

    def __init__(self, subject: Subject, pieces: Sequence[Piece], is_exact: bool) -> None:
        self._subject = subject
        self._pieces = pieces
        self._is_exact = is_exact

    def covers(self, wanted: Requirement) -> bool:
        if wanted.need is Need.QUERY:
            return self._is_plain_manager(wanted.chain)
        if wanted.need is Need.CLASS and not self._has_subclasses(wanted.chain):
            return True
        return any(self._has(piece, wanted) for piece in self._pieces if not piece.cut)

    def _has(self, piece: Piece, wanted: Requirement) -> bool:
        if piece.chain is None:
            return False
        has, wants = _normal(piece.chain), _normal(wanted.chain)
        if self._is_exact:
            if has == wants or (has == (wants[0], ()) and wants[1] == ("pk",)):
                return self._is_equal_enough(wanted) and not self._may_be_equal(wanted, piece)
            return has == (wants[0], ()) and self._is_one_object(wants)
        if has == (wants[0], (*wants[1], "pk")):
            return wanted.need in (Need.ROW, Need.PRESENCE) and not self._is_of_several_tables(wanted.chain)
        return has == wants and self._is_whole(wanted) and not self._may_share_text(wanted, piece)

    def _may_be_equal(self, wanted: Requirement, piece: Piece) -> bool:
        """Whether different values may be equal: what only a test or a row depends on is the same for both."""
        if wanted.chain[1] or piece.typed or wanted.need in (Need.PRESENCE, Need.ROW):
            return False
        return may_be_equal_objects(self._subject, wanted.chain[0], as_text=wanted.need is Need.VALUE)

    def _may_share_text(self, wanted: Requirement, piece: Piece) -> bool:
        is_written_as_code = piece.quoted and not piece.joined
        if piece.as_number and self._may_be_equal(wanted, piece):
            return True
        return not wanted.chain[1] and not is_written_as_code and may_share_text(self._subject, wanted.chain[0])

    def _is_whole(self, wanted: Requirement) -> bool:
        """Whether the text of what is wanted says all that the body needs of it."""
        name, path = wanted.chain
        if path:
            return wanted.need in (Need.PRESENCE, Need.COLUMN) or path[-1] in ("pk", "id") or self._is_column(wanted)
        if wanted.need in (Need.PRESENCE, Need.COLUMN):
            return True
        if wanted.need is Need.SEVERAL:
            return self._holds_scalars(name)
        return self._subject.is_scalar(name)

    def _holds_scalars(self, name: str) -> bool:
        known = self._subject.known_of(name)
        inside = [atom for each in known if isinstance(each, Members) for atom in each.leaves]
        return all(isinstance(each, Members) for each in known) and self._subject.are_scalars(tuple(inside))

    def _is_column(self, wanted: Requirement) -> bool:
        name, path = wanted.chain
        owners = [atom.of for atom in self._subject.value_of(name) if isinstance(atom, Instance)]
        evaluator = self._subject.evaluator
        columns = (fields.Member.KEY, fields.Member.COLUMN)
        found = [fields.member(evaluator, of, path[0]) for of in owners if isinstance(of, ClassId)]
        return len(path) == 1 and bool(found) and all(each in columns for each in found)

    def _is_one_object(self, wanted: Chain) -> bool:
        """Whether an attribute follows from the identity of its object: no row, and nothing says what equals it."""
        classes = self._subject.evaluator.classes
        owners = [atom.of for atom in self._subject.value_of(wanted[0]) if isinstance(atom, Instance)]
        known = [of for of in owners if isinstance(of, ClassId)]
        return (
            len(known) == len(owners) > 0
            and len(wanted[1]) == 1
            and all(fields.member(self._subject.evaluator, of, wanted[1][0]) is fields.Member.ASSIGNED for of in known)
            and not any(classes.kind(of) == "model" or classes.is_open(of) for of in known)
            and not any(classes.member(of, "__eq__") for of in known)
        )

    def _is_of_several_tables(self, chain: Chain) -> bool:
        """Whether rows of several tables, which may have the same keys, can be meant."""
        classes = self._subject.evaluator.classes
        value = value_of_chain(self._subject, chain)
        owners = dict.fromkeys(atom.of for atom in value if isinstance(atom, Instance))
        if len(owners) > 1:
            return True
        abstract = [of for of in owners if isinstance(of, ClassId) and not classes.is_table(of)]
        return any(len([each for each in classes.subclasses(of) if classes.is_table(each)]) != 1 for of in abstract)

    def _is_equal_enough(self, wanted: Requirement) -> bool:
        """Whether two that are equal are the same for the body: rows are equal by their keys."""
        if wanted.need is Need.ROW:
            return not may_have_equality(self._subject.evaluator, value_of_chain(self._subject, wanted.chain))
        return wanted.need is not Need.VALUE or bool(wanted.chain[1]) or not self._is_row(wanted.chain[0])

    def _is_row(self, name: str) -> bool:
        classes = self._subject.evaluator.classes
        known = (*self._subject.value_of(name), *self._subject.known_of(name))
        owners = [atom.of for atom in known if isinstance(atom, Instance) and isinstance(atom.of, ClassId)]
        return any(classes.may_be_model(of) for of in owners if isinstance(of, ClassId))

    def _has_subclasses(self, chain: Chain) -> bool:
        classes = self._subject.evaluator.classes
        of = [atom.of for atom in self._subject.value_of(chain[0]) if isinstance(atom, ClassValue)]
        return not of or any(classes.subclasses(each) for each in of)

    def _is_plain_manager(self, chain: Chain) -> bool:
        """Whether the method is only called on one manager, which is that of a model itself and not of a relation."""
        evaluator, function = self._subject.evaluator, self._subject.function
        if chain[1] or any(isinstance(atom, QuerySet) for atom in self._subject.value_of(chain[0])):
            return False
        found = set(receivers_of(evaluator, function.name))
        own = {atom for atom in found if isinstance(atom, Manager) and atom.model is not None}
        others = {atom for atom in found - own if not self._is_inside(atom)}
        models = {atom.model for atom in own}
        return not others and len(models) <= 1 and not any(atom.related for atom in own)

    def _is_inside(self, atom: Atom) -> bool:
        """Whether a receiver is the manager itself, as its own methods see it."""
        owner = self._subject.function.owner
        own = ClassId(self._subject.path, owner or 0)
        return isinstance(atom, Manager) and atom.model is None and own in atom.classes

    # -- pieces that run together

    def ambiguities(self) -> Iterator[Reason]:
        """Keys that are the same though their pieces are not."""
        pieces = list(self._variable())
        loose = [piece for piece in pieces if not self._is_simple(piece) and not piece.quoted]
        if len(loose) > 1 or any((piece.every and self._count() > 1) or self._are_texts(piece) for piece in loose):
            yield reason("key-runs-together", what="several texts in a row")
            return
        for first, second in zip(self._pieces, self._pieces[1:], strict=False):
            if not first.is_constant and not second.is_constant and not (first.quoted and second.quoted):
                yield reason("key-runs-together", what="two values without a separator")
                return

    def _variable(self) -> Iterator[Piece]:
        return (piece for piece in self._pieces if not piece.is_constant and not piece.name)

    def _count(self) -> int:
        """How many parameters may hold a text."""
        names = [each.name for each in self._subject.function.parameters if each.name != self._subject.receiver]
        return sum(not self._subject.is_number(name) for name in names)

    def _are_texts(self, piece: Piece) -> bool:
        """Whether a piece has the members of one argument, one behind the other, which may be texts."""
        if not piece.joined or piece.every or piece.chain is None or piece.chain[1]:
            return False
        known = self._subject.known_of(piece.chain[0])
        inside = tuple(atom for each in known if isinstance(each, Members) for atom in each.leaves)
        return not self._subject.are_numbers(inside)

    def _is_simple(self, piece: Piece) -> bool:
        """Whether the text of a piece has no separators: that of a number, or of a primary key that is no text."""
        if piece.chain is None or piece.has_digits:
            return piece.has_digits
        name, path = piece.chain
        if not path or not path[-1].endswith(("pk", "id")):
            return False
        evaluator = self._subject.evaluator
        owners = [atom.of for atom in value_of_chain(self._subject, (name, path[:-1])) if isinstance(atom, Instance)]
        known = [of for of in owners if isinstance(of, ClassId)]
        if not owners:
            return not evaluator.project.name_index.files_with_word("primary_key")
        return all(fields.is_number_or_uuid(evaluator, of, path[-1]) for of in known)


def _normal(chain: Chain) -> Chain:
    """A chain with one name for the primary key."""
    name, path = chain
    return (name, (*path[:-1], "pk")) if path and path[-1] == "id" else chain
