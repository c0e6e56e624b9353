"""Lookups: which conditions of a query one row at most can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint.facts.model import Argument, Binary, Call, Constant, Ref
from qscache_lint.project.abstract import ClassId, External, Instance, Model
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.project.evaluation.relations import Relations

_MOST_CONDITIONS = 20


class Lookups:
    """Tells unique lookups from others: by primary key, by a unique field, over one-to-one relations."""

    def __init__(self, core: Core, relations: Relations) -> None:
        self._core = core
        self._relations = relations
        self._table = core.knowledge.querysets.unique

    def find_one(self, model: Model | None, passed: Sequence[Passed], site: Site) -> bool:
        """Whether one row at most meets the conditions, which all have to hold."""
        arguments = [each.argument for each in passed]
        return any(self._is_unique(model, lookup.split("__")) for lookup in self._required(site.path, arguments))

    def _required(self, path: str, arguments: Sequence[Argument]) -> Iterator[str]:
        """The lookups of keywords, and of condition objects that no `|` or `~` makes optional."""
        pending = [*arguments]
        for _ in range(_MOST_CONDITIONS):
            if not pending:
                return
            argument = pending.pop()
            if argument.keyword is not None:
                yield argument.keyword
            elif not argument.star:
                pending.extend(self._inside(path, argument.value))

    def _inside(self, path: str, ref: Ref) -> tuple[Argument, ...]:
        """The arguments of a condition object: `Q(pk=1)`, `Q(pk=1) & Q(sold=True)`."""
        facts = self._core.facts(path)
        match facts.terms[ref]:
            case Call(function=function, arguments=arguments):
                made = self._core.value(path, function)
                conditions = self._table.conditions
                is_condition = all(isinstance(atom, External) and atom.dotted in conditions for atom in made)
                return arguments if is_condition else ()
            case Binary(operator="&", left=left, right=right, at=at):
                return Argument(left, None, "", at), Argument(right, None, "", at)
            case _:
                return ()

    def _is_unique(self, model: Model | None, names: Sequence[str]) -> bool:
        """Whether a chain of fields, with the lookup at its end, says which row it is."""
        *steps, last = names
        if steps and last in self._table.lookups:
            *steps, last = steps
        for step in steps:
            model = self._over_one_to_one(model, step)
            if model is None:
                return False
        return self._is_unique_field(model, last) or self._over_one_to_one(model, last) is not None

    def _is_unique_field(self, model: Model | None, name: str) -> bool:
        field = self._field(model, name)
        if field is None:
            return name in self._table.names
        owner, ref = field
        facts = self._core.facts(owner.path)
        term = facts.terms[ref]
        return isinstance(term, Call) and any(
            argument.keyword in self._table.arguments and facts.terms[argument.value] == Constant(True)
            for argument in term.arguments
        )

    def _over_one_to_one(self, model: Model | None, name: str) -> Model | None:
        """The model at the other end of a one-to-one relation (`receipt`, `receipt_id`), from either end."""
        field = self._field(model, name) or self._field(model, name.removesuffix("_id"))
        if field is not None:
            target = self._relations.target(*field)
            return target.model if target is not None and target.is_one_to_one else None
        if model is None or not isinstance(model.identity, ClassId):
            return None
        reached = self._relations.reverse_relation(model.identity, name)
        return next((Model(atom.of) for atom in reached if isinstance(atom, Instance)), None)

    def _field(self, model: Model | None, name: str) -> tuple[ClassId, Ref] | None:
        """What a model of the project declares under a name, and the class that does."""
        if model is None or not isinstance(model.identity, ClassId):
            return None
        found = self._core.classes.member(model.identity, name)
        return None if found is None else (found[0], found[1][-1].value)
