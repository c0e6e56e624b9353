"""What a cached function belongs to: whether an object, on which its name is read, may be that module or class."""

from __future__ import annotations

from qscache_lint.project.abstract import ClassValue, Data, External, Guessed, Instance, Super, Unknown
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet

_IMPORTERS = frozenset({"importlib.import_module()", "__import__()"})


class Owner:
    """The class of a method or property; None for a module."""

    def __init__(self, evaluator: Evaluator, owner: ClassId | None) -> None:
        self._evaluator = evaluator
        self._owner = owner

    def may_be(self, atom: object, is_open: bool = True) -> bool:
        """Whether an object may be the module or of the class; `is_open`: its attribute is not known."""
        owner = self._owner
        if owner is None:
            return isinstance(atom, Unknown) or (isinstance(atom, External) and atom.dotted in _IMPORTERS)
        if isinstance(atom, (Manager, QuerySet)):
            return is_open
        if isinstance(atom, External):
            return atom.dotted.endswith("()")
        if isinstance(atom, Data):
            return self._evaluator.classes.may_be_model(owner)  # a row, perhaps: `max(rows, key=…)`
        if isinstance(atom, Instance):
            return self._may_be_instance(atom.of, owner, is_open)
        if isinstance(atom, ClassValue):
            return self._is_related(atom.of, owner)
        return isinstance(atom, (Unknown, Super, Guessed))

    def _may_be_instance(self, of: ClassId | str, owner: ClassId, is_open: bool) -> bool:
        """Whether an instance of a class may be one of the owner: also of a base, a protocol, or an unknown maker."""
        classes = self._evaluator.classes
        if isinstance(of, str):
            return of in classes.mro(owner) or of.endswith((".Model", "()"))
        is_protocol = any(str(name).endswith(".Protocol") for name in classes.mro(of))
        return self._is_related(of, owner) or is_protocol or (is_open and classes.is_open(of))

    def _is_related(self, one: ClassId, other: ClassId) -> bool:
        mro = self._evaluator.classes.mro
        return one in mro(other) or other in mro(one)
