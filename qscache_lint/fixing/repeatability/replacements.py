"""What may be put in the place of a target, by the name that it has as text, as an attribute or as a keyword."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from qscache_lint.facts.model import AttributeStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Argument, Attribute, Binary, Call, Constant, Ref, Text
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.plain_text import takes_text
from qscache_lint.fixing.references import refers_to
from qscache_lint.fixing.repeatability.known import is_test, may_replace
from qscache_lint.fixing.repeatability.routes import Target
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    External,
    Function,
    Instance,
    Memoized,
    Module,
    Unknown,
    Value,
)
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.reasons import reason
from qscache_lint.source.name_patterns import in_source
from qscache_lint.values import Reason

_OF_EVERY_FUNCTION = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})
_MODULES = ("sys.modules", "importlib.")
_REPLACING_CALLS = frozenset({"setattr", "delattr", "object", "multiple", "spy", "replace", "patch", "dict", "update"})


_HOLDING = r"[\"'][\w.:]*\b{name}\b|\.{name}\s*(?:[.=]|:[^=\n]*=)|\b{name}\s*(?:=(?!=)|\.\w|:(?!=))"
"""How a name is written where something may be put in its place, or be asked of its cache: in a string, before `=` or
before a dot. Imports and calls are neither."""

_GIVEN = r"\.{name}\s*:[^=\n]*=|\b{name}\s*=(?!=)"
"""How it is written where a value is given to it; as text, it only counts where code may replace something."""


def replacements(evaluator: Evaluator, target: Target) -> Iterator[Reason]:
    """Each place that may put something else in the place of a target, or read the cache of a function."""
    name = re.escape(target.name)
    holding, given = in_source(_HOLDING.format(name=name)), in_source(_GIVEN.format(name=name))
    for path in files_with(evaluator, target.path, target.name):
        source = evaluator.project.tree.read(path)
        is_near = target.function is not None or may_replace(path, source)
        facts = evaluator.project.facts(path)
        if facts is None:
            yield reason("file-unreadable", path, name=target.name)
        elif (holding if is_near else given).search(source):
            yield from _File(evaluator, target, path, facts).concerns()


class _File:
    """One file that may put something in the place of a target."""

    def __init__(self, evaluator: Evaluator, target: Target, path: str, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._target = target
        self._name = target.name
        self._path = path
        self._facts = facts

    def concerns(self) -> Iterator[Reason]:
        yield from self._strings()
        yield from self._assignments()
        yield from self._calls()
        if self._target.function is not None:
            yield from self._reads(self._target.function)

    def _found(self, kind: str, ref: Ref, **data: str) -> Reason:
        return reason(kind, self._path, self._facts.spans.row(ref), **data)

    def _value(self, ref: Ref) -> Value:
        return self._evaluator.value(self._path, ref)

    @cached_property
    def _is_replacing(self) -> bool:
        return may_replace(self._path, self._evaluator.project.tree.read(self._path))

    # -- the name as text

    def _strings(self) -> Iterator[Reason]:
        """`patch("shop.queries.items")`, `patch.object(queries, "items")`, and what helpers make of the name."""
        behind = "" if self._target.function is None else r"(\.\w+)*"
        dotted = re.compile(rf"\S*[.:]{re.escape(self._name)}{behind}")
        for ref, term in self._facts.every(Constant):
            if not isinstance(term.value, str) or self._name not in term.value:
                continue
            text = term.value.strip()
            if dotted.fullmatch(text) and self._is_meant(ref) and self._is_path(text):
                yield self._found("named-in-string", ref, text=text)
            elif text == self._name and self._is_replacing and self._may_be_name_of_it(ref):
                yield self._found("may-be-replaced", ref)
            elif text.endswith(f".{self._name}") and self._is_part(ref) and self._is_replacing:
                yield self._found("name-put-together", ref)

    def _is_meant(self, ref: Ref) -> bool:
        """Whether dotted text may be one to replace: that of a class or module stands in settings, too."""
        return self._target.function is not None or (self._is_replacing and bool(self._calls_with(ref)))

    def _calls_with(self, ref: Ref) -> list[Call]:
        users = (self._facts.terms[user] for user in self._facts.users(ref))
        return [user for user in users if isinstance(user, Call)]

    def _may_be_name_of_it(self, ref: Ref) -> bool:
        """Whether text is given to something beside an object that may have the name, or goes out of sight."""
        calls = self._calls_with(ref)
        if self._target.function is not None and (len(calls) < len(self._facts.users(ref)) or not calls):
            return not self._is_plain(ref)
        return any(self._is_given_name(call, ref) for call in calls)

    def _is_given_name(self, call: Call, ref: Ref) -> bool:
        first = call.arguments[0].value
        if first == ref:
            return self._target.function is not None and not self._is_plain(ref)
        return self._has_it(first)

    def _is_plain(self, ref: Ref) -> bool:
        """Whether text is only given to calls that take it as text."""
        calls = self._calls_with(ref)
        return bool(calls) and all(takes_text(self._value(call.function)) for call in calls)

    def _is_part(self, ref: Ref) -> bool:
        return any(isinstance(self._facts.terms[user], (Text, Binary)) for user in self._facts.users(ref))

    def _is_path(self, text: str) -> bool:
        """Whether dotted text leads to the target, through a module: `"shop:items"` is the name of a URL."""
        modules = self._evaluator.project.modules
        steps = text.replace(":", ".").split(".")
        for end in range(len(steps) - 1, 0, -1):
            found = modules.resolve(self._path, ".".join(steps[:end]), 0)
            if found is not None and self._name in steps[end:]:
                return self._may_have_it(found, steps[end : steps.index(self._name, end)])
        return False

    def _may_have_it(self, path: str, steps: list[str]) -> bool:
        """Whether a module has the target: for a member, in a class, or in an object that it binds."""
        owner, index = self._target.owner, self._evaluator.classes
        if owner is None:
            return path.endswith("/") or (not steps and self._holds(path))
        related = {*index.ancestors(owner), *index.subclasses(owner)}
        is_class = not steps or steps[-1] in {self._evaluator.project.class_name(each) for each in related}
        return is_class or len(steps) > 1 or self._binds_one(path, steps[0], owner)

    def _binds_one(self, path: str, name: str, owner: ClassId) -> bool:
        """Whether a module has an object under a name that may be of the class."""
        facts = self._evaluator.project.facts(path)
        bound = () if facts is None else facts.body.bindings.get(name, ())
        values = [self._evaluator.value(path, each.value) for each in bound]
        return any(not value or any(self._is_of(atom, owner) for atom in value) for value in values)

    def _holds(self, path: str) -> bool:
        """Whether a module has the target as a name of its own."""
        if path == self._target.path:
            return True
        if self._target.function is None:
            return False
        facts = self._evaluator.project.facts(path)
        if facts is None or facts.stars:
            return True
        bound = facts.body.bindings.get(self._name, ())
        values = (self._evaluator.value(path, each.value) for each in bound)
        return any(not value or refers_to(value, self._target.function) for value in values)

    # -- assignments and calls

    def _assignments(self) -> Iterator[Reason]:
        """`queries.items = …`, `Section.items = …`, `global items`."""
        if self._target.function is None and self._target.owner is not None and not is_test(self._path):
            return  # what objects keep is followed
        for function in self._facts.functions:
            for event in function.events:
                if isinstance(event, AttributeStore) and event.name == self._name and self._has_it(event.base):
                    yield reason("attribute-assigned", self._path, event.span.start.row, name=self._name)
                elif isinstance(event, NameStore) and event.name == self._name and self._is_global_here:
                    yield reason("variable-assigned", self._path, event.span.start.row, name=self._name)

    @property
    def _is_global_here(self) -> bool:
        return self._target.owner is None and self._holds(self._path)

    def _has_it(self, base: Ref) -> bool:
        """Whether an object may be what has the target: a module, or for a member, what may be of its class."""
        value = self._value(base)
        owner = self._target.owner
        if owner is None:
            return any(self._may_be_module(atom) for atom in value) or (not value and is_test(self._path))
        return not value or any(self._is_of(atom, owner) for atom in value)

    def _may_be_module(self, atom: Atom) -> bool:
        match atom:
            case Module(path=path):
                return self._holds(path)
            case Unknown():
                return self._target.function is not None or is_test(self._path)
            case External(dotted=dotted):
                return dotted.startswith(_MODULES)
            case _:
                return False

    def _is_of(self, atom: Atom, owner: ClassId) -> bool:
        mro = self._evaluator.classes.mro
        match atom:
            case ClassValue(of=of) | Instance(of=ClassId() as of):
                return owner in mro(of) or of in mro(owner)
            case Module() | Instance():
                return False
            case _:
                return True

    def _calls(self) -> Iterator[Reason]:
        """`patch.multiple(queries, items=…)`, `patch.dict(vars(queries), items=…)`, a helper that does the same."""
        for ref, call in self._facts.every(Call):
            keywords = [each for each in call.arguments if each.keyword == self._name]
            if keywords and self._may_replace(call, keywords[0]):
                yield self._found("given-by-name", ref, name=self._name)

    def _may_replace(self, call: Call, keyword: Argument) -> bool:
        """Whether a call with the name as a keyword is that of something outside: of `patch.multiple`, of `update`.

        A function of the project that names the parameter takes a value; one that takes any names may set them.
        """
        value = self._value(call.function)
        if value and all(isinstance(atom, (Function, ClassValue)) for atom in value):
            return any(isinstance(atom, Function) and self._may_set_names(atom) for atom in value)
        if not self._is_replacing:
            return False
        last = getattr(self._facts.terms[call.function], "name", "")
        return self._target.function is not None or last in _REPLACING_CALLS

    def _may_set_names(self, function: Function) -> bool:
        """Whether a function takes our name among any others, in a file that replaces something."""
        path = function.of.path
        parameters = self._evaluator.facts(path).functions[function.of.index].parameters
        takes_any = any(each.kind == "**" for each in parameters) and self._name not in {p.name for p in parameters}
        return takes_any and may_replace(path, self._evaluator.project.tree.read(path))

    # -- the cache itself

    def _reads(self, function: FunctionId) -> Iterator[Reason]:
        """`items.cache_info()`, `items.cache`."""
        for ref, term in self._facts.every(Attribute):
            value = self._value(term.base)
            if refers_to(value, function) and not self._is_harmless(function, term.name):
                yield self._found("cache-read", ref, name=self._name, attribute=term.name)

    def _is_harmless(self, function: FunctionId, name: str) -> bool:
        """What every function has, ways to empty the cache, and labels that the project gives the function."""
        return name in _OF_EVERY_FUNCTION or name in self._emptying(function) or name in self._labels(function)

    def _emptying(self, function: FunctionId) -> frozenset[str]:
        evaluator = self._evaluator
        kept = evaluator.memoizers(Function(function, bare=True))
        is_known = all(isinstance(each, Memoized) and each.bypass for each in kept)
        ways = (way for row in evaluator.knowledge.memoizers.values() for way in row.invalidate) if is_known else ()
        return frozenset(name for way in ways for name in re.findall(r"^f\.(\w+)\(", way))

    def _labels(self, function: FunctionId) -> frozenset[str]:
        return frozenset(
            event.name
            for path in files_with(self._evaluator, self._target.path, self._name)
            for each in self._evaluator.facts(path).functions
            for event in each.events
            if isinstance(event, AttributeStore) and refers_to(self._evaluator.value(path, event.base), function)
        )
