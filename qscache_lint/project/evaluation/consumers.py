"""What takes a QuerySet: functions, classes and frameworks of the knowledge tables, and classes derived from them."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Name, Ref
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.project.abstract import Atom, ClassValue, Collection, External, Function, Instance, Method
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.evaluation.shapes import members_by_shape
from qscache_lint.project.identities import ClassId


class Consumers:
    """Finds the row that says what happens to a QuerySet which is handed over."""

    def __init__(self, core: Context) -> None:
        self._core = core

    def by_call(self, atom: Atom, position: int, keyword: str | None, entry: str = "") -> Consumer | None:
        """The row of a called function or class that takes the argument at `position` or with `keyword`.

        With `entry`, what stands in that argument: under this key of a dict, or (`[]`) in a list.
        """
        table = self._core.knowledge.consumers
        rows = (table[name] for name in self._names(atom) if name in table)
        return next((row for row in rows if row.takes(position, keyword, entry)), None)

    def by_attribute(self, path: str, base: Ref, name: str) -> Consumer | None:
        """The row of an object that takes what is assigned to its attribute `name`."""
        for atom in self._core.value(path, base):
            for dotted in self._names(atom):
                row = self._of_class(dotted.removesuffix("()"), name)
                if row is not None:
                    return row
        members = members_by_shape(self._core.facts(path), base, self._core.knowledge.consumer_table)
        rows = (self._of_class(dotted, name) for dotted in members)
        return next((row for row in rows if row is not None), None)

    def by_class(self, owner: ClassId, name: str) -> Consumer | None:
        """The row of the class behind `owner` that takes what its body binds to `name`."""
        return next((row for row in self._behind(owner) if name in row.attributes), None)

    def by_return(self, owner: ClassId, method: str) -> Consumer | None:
        """The row of the class behind `owner` that takes what the method returns."""
        rows = (row for row in self._behind(owner) if row.takes_from(method))
        return next((row for row in rows if self._is_left_to(owner, row)), None)

    def calls(self, owner: ClassId, method: str) -> Consumer | None:
        """The row of the class behind `owner` that may call the method, whatever the class overrides."""
        return next((row for row in self._behind(owner) if row.takes_from(method)), None)

    def _is_left_to(self, owner: ClassId, row: Consumer) -> bool:
        """Whether a class leaves one of the methods that take something to the framework, or runs one of them."""
        overridden = (self._core.classes.member(owner, name) for name in row.by)
        return not row.by or not all(overridden) or self._runs(owner, row)

    def _runs(self, owner: ClassId, row: Consumer) -> bool:
        """Whether the code of a class and its bases runs a method of the framework that takes something."""
        for ancestor in self._core.classes.ancestors(owner):
            facts = self._core.facts(ancestor.path)
            own = (index for index, method in facts.methods if method.owner == ancestor.index)
            inside = (each for index in own for each in facts.inside(index))
            named = (term for each in inside for _, term in facts.of_kind(Attribute, each))
            if any(each.name in row.through or (each.name in row.by and _is_super(facts, each)) for each in named):
                return True
        return False

    def _names(self, atom: Atom) -> Iterator[str]:
        """The names by which the tables may know a value, the nearest first."""
        match atom:
            case External(dotted=dotted):
                yield dotted
            case Function(of=identity):
                yield from self._core.full_names(identity)
            case ClassValue(of=identity) | Instance(of=ClassId() as identity):
                yield from self._mro(identity)
            case Instance(of=str() as dotted):
                yield dotted
            case Method(receiver=Collection(kind=kind), name=name):
                yield f"{kind}.{name}"

    def _mro(self, identity: ClassId) -> Iterator[str]:
        for ancestor in self._core.classes.mro(identity):
            yield from (ancestor,) if isinstance(ancestor, str) else self._core.full_names(ancestor)

    def _behind(self, owner: ClassId) -> Iterator[Consumer]:
        """The rows of the classes that `owner` derives from which hold for it, the nearest first."""
        for name in self._mro(owner):
            for row in self._core.knowledge.class_consumers.get(name, ()):
                if not row.where or self._core.classes.member(owner, row.where) is not None:
                    yield row

    def _of_class(self, dotted: str, name: str) -> Consumer | None:
        rows = self._core.knowledge.class_consumers.get(dotted, ())
        return next((row for row in rows if name in row.attributes), None)


def _is_super(facts: ModuleFacts, attribute: Attribute) -> bool:
    """Whether an attribute is one of `super()`."""
    base = facts.terms[attribute.base]
    return isinstance(base, Call) and facts.terms[base.function] == Name("super")
