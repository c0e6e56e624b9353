"""Classes across modules: their bases, the order in which attributes are looked up, and what Django makes of them."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.facts.model import AttributeStore, Binding
from qscache_lint.facts.terms import ClassTerm, Constant, Container, FunctionTerm, Ref
from qscache_lint.project.abstract import ClassValue, Value
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.evaluation.mro import ClassKind, KeptNames, KindOf, Mro, Redefined, Subclasses
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Ordering


class ClassIndex:
    """Answers questions about classes of the project."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def mro(self, identity: ClassId) -> tuple[ClassId | str, ...]:
        """The class and its ancestors in lookup order: project classes, and dotted names of those outside.

        A base that cannot be resolved appears as "?", and so does what is behind the first `limits.ANCESTORS`. Follows
        the C3 order where it exists, else depth first. A class that derives from itself does so once.
        """
        return self._context.ask(Mro(identity)).order

    def kind(self, identity: ClassId) -> ClassKind:
        """What Django makes of a class."""
        return self._context.ask(KindOf(identity))

    def subclasses(self, identity: ClassId) -> tuple[ClassId, ...]:
        """The classes derived from a class, as far as the first `limits.SUBCLASSES`."""
        return self._context.ask(Subclasses(identity))

    def redefining(self, identity: ClassId, name: str) -> Sequence[ClassId]:
        """Those of the subclasses in which a member of some name may be another one than in the class."""
        return self._context.ask(Redefined(identity)).get(name, ())

    def may_be_model(self, identity: ClassId) -> bool:
        """Whether a class is a model, or has a base outside the project that may make it one."""
        kind = self.kind(identity)
        return kind == "model" or (kind == "other" and self.is_open(identity))

    def is_open(self, identity: ClassId) -> bool:
        """Whether some ancestor is outside the project and not one of Django's known classes."""
        classes = self._context.knowledge.querysets.classes
        known = {*classes.model, *classes.manager, *classes.queryset, "object"}
        return any(isinstance(ancestor, str) and ancestor not in known for ancestor in self.mro(identity))

    def ancestors(self, identity: ClassId, after: ClassId | None = None) -> tuple[ClassId, ...]:
        """The project classes in lookup order, from the class itself or from behind `after`."""
        line = self._context.ask(Mro(identity)).classes
        return line if after is None or after not in line else line[line.index(after) + 1 :]

    def member(
        self, identity: ClassId, name: str, after: ClassId | None = None
    ) -> tuple[ClassId, tuple[Binding, ...]] | None:
        """The class in the mro that binds `name` in its body, with the bindings."""
        facts_of = self._context.project.facts
        for ancestor in self.ancestors(identity, after):
            facts = facts_of(ancestor.path)
            found = None if facts is None else facts.classes[ancestor.index].members.get(name)
            if found:
                return ancestor, found
        return None

    def stores(self, identity: ClassId, name: str) -> tuple[tuple[str, int, AttributeStore], ...]:
        """What methods of the class and its ancestors keep as `self.name`: path, function number and the event."""
        if name not in self._context.ask(KeptNames(identity)):
            return ()
        found: list[tuple[str, int, AttributeStore]] = []
        for ancestor in self.ancestors(identity):
            facts = self._context.module(ancestor.path)
            kept = () if facts is None else facts.kept_on_receiver(ancestor.index).get(name, ())
            found += [(ancestor.path, *stored) for stored in kept]
        return tuple(found)

    def methods(self, identity: ClassId) -> tuple[tuple[str, int], ...]:
        """The functions that the class body defines: name and number."""
        facts = self._context.module(identity.path)
        if facts is None:
            return ()
        return tuple(
            (name, term.index)
            for name, bindings in facts.classes[identity.index].members.items()
            for binding in bindings
            if isinstance(term := facts.terms[binding.value], FunctionTerm)
        )

    # -- models

    def meta(self, identity: ClassId) -> ClassId | None:
        """The `Meta` class that holds for a model: its own, or else the one that an abstract parent hands down.

        Raises LookupError where there is one that cannot be resolved.
        """
        for ancestor in self.ancestors(identity):
            if ancestor != identity and self.kind(ancestor) == "model" and not self.is_abstract(ancestor):
                continue
            facts = self._context.module(ancestor.path)
            bindings = () if facts is None else facts.classes[ancestor.index].members.get("Meta", ())
            if bindings:
                found = self._context.value(ancestor.path, bindings[-1].value)
                if len(found) == 1 and isinstance(found[0], ClassValue):
                    return found[0].of
                raise LookupError("Meta")
        return None

    def option(self, identity: ClassId, name: str) -> Value:
        """What the `Meta` class of a model says of an option; nothing where it does not mention it."""
        try:
            meta = self.meta(identity)
        except LookupError:
            return ()
        found = None if meta is None else self.member(meta, name)
        return () if found is None else self._context.value(found[0].path, found[1][-1].value)

    def ordering(self, identity: ClassId) -> Ordering:
        """The order of a model by `Meta.ordering`; the child of a table that says nothing has that of the table."""
        try:
            meta = self.meta(identity)
        except LookupError:
            return Ordering.UNKNOWN
        found = None if meta is None else self.member(meta, "ordering")
        if found is not None:
            return self._ordering_given(found[0].path, found[1][-1].value)
        if meta is not None and self.is_open(meta):
            return Ordering.UNKNOWN
        parent = next((each for each in self.ancestors(identity, identity) if self.kind(each) == "model"), None)
        if parent is not None and not self.is_abstract(parent):
            return self.ordering(parent)
        return Ordering.UNKNOWN if self.is_open(identity) else Ordering.NO

    def _ordering_given(self, path: str, ref: Ref) -> Ordering:
        facts = self._context.module(path)
        value = None if facts is None else facts.terms[ref]
        if isinstance(value, Container):
            return Ordering.YES if value.entries else Ordering.NO
        return Ordering.UNKNOWN

    def is_table(self, identity: ClassId) -> bool:
        """Whether a class is a model with a table of its own."""
        is_virtual = self.is_abstract(identity) or self._says(identity, "proxy")
        return self.kind(identity) == "model" and not is_virtual

    def is_abstract(self, identity: ClassId) -> bool:
        """Whether the model's own `Meta` says `abstract = True`."""
        return self._says(identity, "abstract")

    def _says(self, identity: ClassId, flag: str) -> bool:
        """Whether the model's own `Meta` sets a flag."""
        facts = self._context.module(identity.path)
        if facts is None:
            return False
        for binding in facts.classes[identity.index].members.get("Meta", ()):
            term = facts.terms[binding.value]
            if isinstance(term, ClassTerm):
                flags = facts.classes[term.index].members.get(flag, ())
                return any(facts.terms[each.value] == Constant(True) for each in flags)
        return False
