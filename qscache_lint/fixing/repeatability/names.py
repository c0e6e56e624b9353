"""Names and attributes: what they stand for has to be constant, or a column of a row that the key has."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.terms import Attribute, Call, Free, Import, Name, Ref, Term
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.accesses import Way, is_reached
from qscache_lint.fixing.repeatability.chains import behind
from qscache_lint.fixing.repeatability.kept import is_constant_of_class, is_kept
from qscache_lint.fixing.repeatability.known import (
    TEXT_METHODS,
    is_expression,
)
from qscache_lint.fixing.repeatability.only_read import is_only_read
from qscache_lint.fixing.repeatability.related import related_concerns
from qscache_lint.fixing.repeatability.settled import constant_at, is_settled
from qscache_lint.fixing.repeatability.steps import Steps
from qscache_lint.fixing.repeatability.terms import chain_of
from qscache_lint.project.abstract import (
    ClassValue,
    External,
    Function,
    Instance,
    Literal,
    Method,
    Module,
    Super,
    Value,
)
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager, ModelOptions, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_OPTIONS = frozenset({"label", "label_lower", "app_label", "model_name", "object_name", "concrete_model", "db_table"})
"""What a model keeps in `_meta` that is never anything else."""

_STATELESS = (ClassValue, Function, Manager, Method, Module, ModelOptions)
"""What is no data, and does something only where it is called or asked."""


_SEVERAL = ("__in", "__range")


def _is_compared_by(user: Term, ref: Ref) -> bool:
    given = [each for each in user.arguments if each.value == ref] if isinstance(user, Call) else []
    return bool(given) and all(each.keyword is not None and not each.keyword.endswith(_SEVERAL) for each in given)


class Names(Steps):
    """Checks names and attributes."""

    def _free(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Free)
        around = self.subject.facts.functions[term.function]
        is_parameter = any(each.name == term.name for each in around.parameters)
        if len(around.bindings.get(term.name, ())) + is_parameter > 1:
            yield self._unknown(ref, f"{term.name}, which changes around the function that reads it,")

    def _name(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Name, Import))
        yield from self._named(ref, term.name or "", self.subject.value(ref))

    def _named(self, ref: Ref, name: str, value: Value) -> Iterator[Reason]:
        """What a global, or an attribute of a module or class, is."""
        if value and all(isinstance(atom, _STATELESS) for atom in value):
            return
        is_outside = bool(value) and all(isinstance(atom, External) for atom in value)
        is_made = any(isinstance(atom, External) and atom.dotted.endswith("()") for atom in value)
        if is_outside and not is_made:
            yield from self._outside(ref, name)
        elif is_outside and self._is_step(ref):
            return  # what is called or asked is looked at where that is done
        elif not self._is_constant(ref, name, value):
            yield reason("not-constant", *self.subject.place(ref), name=name)

    def _is_settled(self, name: str) -> bool:
        return is_settled(self.subject.evaluator, self.subject.path, name)

    def _is_constant(self, ref: Ref, name: str, value: Value) -> bool:
        """Whether a global or class attribute is bound once, to what is the same in every process."""
        found = constant_at(self.subject, ref)
        home, owner = self.subject.path if found is None else found[0], self._class_of(ref)
        if not self._is_settled(name) or is_reached(self.subject.evaluator, home, owner, name, {Way.WRITE}):
            return False
        if value and all(isinstance(atom, Literal) for atom in value):
            return True
        if found is None or self.depth == 0 or not self._is_followed_constant(*found):
            return False
        return is_only_read(self.subject.evaluator, *found, name, owner)

    def _class_of(self, ref: Ref) -> ClassId | None:
        """The class that is asked for an attribute."""
        term = self.subject.facts.terms[ref]
        base = self.subject.value(term.base) if isinstance(term, Attribute) else ()
        return next((atom.of for atom in base if isinstance(atom, ClassValue)), None)

    def _outside(self, ref: Ref, name: str) -> Iterator[Reason]:
        """Something outside the project is harmless where it is only called, or asked for an attribute."""
        names = [atom.dotted for atom in self.subject.value(ref) if isinstance(atom, External)]
        if self._is_step(ref) or all(is_expression(each) for each in names):
            return
        is_in_key = all((each, ()) in self.chains for each in names)  # a setting
        if not is_in_key or not self.moved.users(ref) or not self._is_compared(ref):
            yield self._unknown(ref, names[0] if names[0].startswith("django.conf.") else name)

    def _is_step(self, ref: Ref) -> bool:
        """Whether a term is only called, or asked for an attribute."""
        users = [self.subject.facts.terms[user] for user in self.moved.users(ref)]
        return bool(users) and all(
            (isinstance(user, Attribute) and user.base == ref) or (isinstance(user, Call) and user.function == ref)
            for user in users
        )

    def _attribute(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Attribute)
        base = self.subject.value(term.base)
        for atom in base:
            if isinstance(atom, Manager) and atom.related:
                yield from related_concerns(self.subject, ref, term, atom)
        yield from self._of_base(ref, term, base)

    def _of_base(self, ref: Ref, term: Attribute, base: Value) -> Iterator[Reason]:
        """What is read, by what it is read of."""
        value = self.subject.value(ref)
        if value and all(isinstance(atom, (Method, Super)) for atom in value):
            return
        if base and all(isinstance(atom, Instance) and isinstance(atom.of, ClassId) for atom in base):
            for atom in base:
                if isinstance(atom, Instance) and isinstance(atom.of, ClassId):
                    yield from self._of_instance(ref, term, atom.of)
        elif base and all(isinstance(atom, (Module, External)) for atom in base):
            yield from self._named(ref, term.name, value)
        elif base and all(isinstance(atom, ClassValue) for atom in base):
            yield from self._of_class(ref, term, value)
        elif base and all(isinstance(atom, (Manager, QuerySet, Super)) for atom in base):
            if not all(isinstance(atom, (Function, ClassValue)) for atom in value):
                yield self._unknown(ref, f".{term.name}")
        elif base and all(isinstance(atom, ModelOptions) for atom in base):
            if term.name not in _OPTIONS:
                yield self._unknown(ref, f"._meta.{term.name}")
        elif not self._is_harmless_attribute(ref, term):
            yield self._unknown(ref, f".{term.name}")

    def _is_harmless_attribute(self, ref: Ref, term: Attribute) -> bool:
        """Whether an attribute of something that is not known better is that of text, a key, or is read by the key."""
        if self.terms.is_text(term.base) and term.name in (*TEXT_METHODS, "value"):
            return True
        read = chain_of(self.subject, ref)
        is_key = read is not None and term.name in ("pk", "id") and not read[1][1:]
        return is_key or self._is_read_by_key(ref)

    def _is_read_by_key(self, ref: Ref) -> bool:
        """Whether the key reads an attribute at each call, be it on the way to another one: `request.user.pk`."""
        read = chain_of(self.subject, ref)
        return read is not None and bool(behind(read, self.chains))

    def _of_class(self, ref: Ref, term: Attribute, value: Value) -> Iterator[Reason]:
        if term.name == "__name__":
            return
        yield from self._named(ref, term.name, value)

    def _of_instance(self, ref: Ref, term: Attribute, owner: ClassId) -> Iterator[Reason]:
        """An attribute of a row, or of another object."""
        evaluator = self.subject.evaluator
        if fields.is_overridden(evaluator, owner, term.name):
            yield self._unknown(ref, f".{term.name}, which derived classes override,")
            return
        match fields.member(evaluator, owner, term.name):
            case fields.Member.KEY | fields.Member.COLUMN | fields.Member.ROWS:
                return
            case fields.Member.CONSTANT | fields.Member.ASSIGNED as found:
                if not self._is_settled(term.name) or not self._stays(ref, owner, term.name, found):
                    yield reason("not-constant", *self.subject.place(ref), name=f".{term.name}")
            case fields.Member.FUNCTION:
                identity = fields.function_of(evaluator, owner, term.name)
                if identity is None or evaluator.flavour(identity) == "property":
                    yield from self._of_property(ref, term, owner, identity)
            case fields.Member.ROW:
                if not self._is_read_by_key(ref):
                    yield self._query(ref, f".{term.name}")
            case _:
                if not self._is_read_by_key(ref):
                    yield self._unknown(ref, f".{term.name}")

    def _stays(self, ref: Ref, owner: ClassId, name: str, found: fields.Member) -> bool:
        """Whether what an object has under a name stays the same."""
        evaluator = self.subject.evaluator
        if found is fields.Member.CONSTANT:
            return is_constant_of_class(evaluator, owner, name)
        return is_kept(evaluator, owner, name, is_unpacked=not self._is_compared(ref))

    def _is_compared(self, ref: Ref) -> bool:
        """Whether a value is only asked for attributes, or compared with one column of a query."""
        users = (self.subject.facts.terms[user] for user in self.moved.users(ref))
        return all(isinstance(user, Attribute) or _is_compared_by(user, ref) for user in users)

    def _of_property(self, ref: Ref, term: Attribute, owner: ClassId, identity: FunctionId | None) -> Iterator[Reason]:
        """A property is a call; one that is cached, or bound several times, is not followed."""
        if identity is None:
            yield self._unknown(ref, f".{term.name}")
            return
        function = Function(identity, receiver=Instance(owner))
        yield from self._followed(ref, function, None, f".{term.name}")
