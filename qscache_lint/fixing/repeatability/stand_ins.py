"""Stand-ins: code that puts something else in the place of the cached function, or looks into its cache.

The builder is out of their reach, so that a refining call would get the real rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from qscache_lint.facts.model import Argument, Attribute, AttributeStore, Call, Constant, Text
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.mentions import is_bound_twice
from qscache_lint.fixing.references import files_mentioning, refers_to
from qscache_lint.fixing.repeatability.known import may_replace
from qscache_lint.project.abstract import (
    ClassId,
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

_OF_EVERY_FUNCTION = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})
_OF_URLS = frozenset(
    {"django.urls.reverse", "django.urls.reverse_lazy", "django.urls.path", "django.urls.re_path"}
    | {"django.shortcuts.redirect", "django.shortcuts.resolve_url", "django.core.urlresolvers.reverse"}
)
_MODULES = ("sys.modules", "importlib.")
_NAMESPACES = frozenset({"__dict__"})


def stand_in_concerns(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[str]:
    """Each place where something else may be put in the place of the function, or be read out of its cache."""
    if is_bound_twice(evaluator, cached_function):
        yield f"{cached_function.path} gives the name {cached_function.name} to something else, too"
    yield from _overrides(evaluator, cached_function)
    for path in files_mentioning(evaluator, cached_function):
        facts = evaluator.project.facts(path)
        if facts is None:
            yield f"{path} may mention {cached_function.name} and cannot be read"
            continue
        yield from _File(evaluator, cached_function, path, facts).concerns()


def _overrides(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[str]:
    """Classes above or below the owner that have a member of the same name."""
    owner, name = cached_function.owner, cached_function.name
    if owner is None:
        return
    for derived in evaluator.classes.subclasses(owner):
        if name in evaluator.facts(derived.path).classes[derived.index].members:
            yield f"{evaluator.project.class_name(derived)} in {derived.path} overrides {name}"
    for base in evaluator.classes.ancestors(owner, owner):
        if name in evaluator.facts(base.path).classes[base.index].members:
            yield f"{cached_function.facts.qualname} overrides that of {evaluator.project.class_name(base)}"


class _File:
    """One file that has the name as a word."""

    def __init__(
        self, evaluator: Evaluator, cached_function: CachedFunction, path: str, facts: ModuleFacts
    ) -> None:
        self._evaluator = evaluator
        self._cached_function = cached_function
        self._name = cached_function.name
        self._path = path
        self._facts = facts

    def concerns(self) -> Iterator[str]:
        yield from self._strings()
        yield from self._assignments()
        yield from self._calls()
        yield from self._reads()

    def _row(self, row: int) -> str:
        return f"line {row} of {self._path}"

    def _value(self, ref: int) -> Value:
        return self._evaluator.value(self._path, ref)

    # -- the name as text

    def _strings(self) -> Iterator[str]:
        """`patch("shop.queries.items")`, `patch.object(queries, "items")`, and what helpers make of the name."""
        dotted = re.compile(rf"\S*[.:]{re.escape(self._name)}(\.\w+)*")
        is_replacing = may_replace(self._path, self._source)
        for ref, term in self._facts.every(Constant):
            if not isinstance(term.value, str):
                continue
            text = term.value.strip()
            if dotted.fullmatch(text) and self._is_path(text):
                yield f"{self._row(self._facts.spans[ref].start.row)} names it in a string: {text}"
            elif text == self._name and is_replacing and not self._is_of_url(ref):
                yield f"{self._row(self._facts.spans[ref].start.row)} has its name in a string, and may replace it"
            elif text.endswith(f".{self._name}") and self._is_part(ref) and is_replacing:
                yield f"{self._row(self._facts.spans[ref].start.row)} puts its name together, and may replace it"

    def _is_of_url(self, ref: int) -> bool:
        """Whether text is only given to functions of Django's for URLs."""
        users = [self._facts.terms[user] for user in self._facts.users(ref)]
        values = [self._value(user.function) if isinstance(user, Call) else () for user in users]
        return bool(values) and all(
            value and all(isinstance(atom, External) and atom.dotted in _OF_URLS for atom in value) for value in values
        )

    @property
    def _source(self) -> bytes:
        return self._evaluator.project.tree.read(self._path)

    def _is_part(self, ref: int) -> bool:
        return any(isinstance(self._facts.terms[user], Text) for user in self._facts.users(ref))

    def _is_path(self, text: str) -> bool:
        """Whether dotted text leads to the function, through a module: `"shop:items"` is the name of a URL."""
        modules = self._evaluator.project.modules
        steps = text.replace(":", ".").split(".")
        for end in range(len(steps) - 1, 0, -1):
            found = modules.resolve(self._path, ".".join(steps[:end]), 0)
            if found is not None:
                return self._may_have_it(found, steps[end : steps.index(self._name, end)])
        return False

    def _may_have_it(self, path: str, classes: list[str]) -> bool:
        """Whether a module has the function: in a class of one of these names, or for itself."""
        owner, index = self._cached_function.owner, self._evaluator.classes
        if owner is not None:
            related = {*index.ancestors(owner), *index.subclasses(owner)}
            return not classes or classes[-1] in {self._evaluator.project.class_name(each) for each in related}
        return path.endswith("/") or path == self._cached_function.path or self._imports_it(path)

    # -- assignments and calls

    def _assignments(self) -> Iterator[str]:
        """`queries.items = …`, `Section.items = …`."""
        for function in self._facts.functions:
            for event in function.events:
                if isinstance(event, AttributeStore) and event.name == self._name and self._has_it(event.base):
                    yield f"{self._row(event.span.start.row)} assigns to .{self._name}"

    def _has_it(self, base: int) -> bool:
        """Whether an object may be what has the function: a module, or for a member, what may be of its class."""
        value = self._value(base)
        owner = self._cached_function.owner
        if owner is None:
            return any(self._may_be_module(atom) for atom in value)
        return not value or any(self._is_of(atom, owner) for atom in value)

    def _may_be_module(self, atom: object) -> bool:
        is_asked_for = isinstance(atom, External) and atom.dotted.startswith(_MODULES)
        return isinstance(atom, (Module, Unknown)) or is_asked_for

    def _is_of(self, atom: object, owner: ClassId) -> bool:
        mro = self._evaluator.classes.mro
        match atom:
            case ClassValue(of=of) | Instance(of=ClassId() as of):
                return owner in mro(of) or of in mro(owner)
            case Module() | Instance():
                return False
            case _:
                return True

    def _calls(self) -> Iterator[str]:
        """`patch.multiple(queries, items=…)`, `patch.dict(vars(queries), items=…)`, `setattr(queries, name, …)`."""
        is_replacing = may_replace(self._path, self._source)
        for ref, call in self._facts.every(Call):
            keywords = [each for each in call.arguments if each.keyword == self._name]
            if keywords and is_replacing and self._may_replace(call, keywords[0]):
                yield f"{self._row(self._facts.spans[ref].start.row)} gives something by the name {self._name}"
            elif call.arguments and self._gives_home(call):
                yield f"{self._row(self._facts.spans[ref].start.row)} may put something in the place of {self._name}"

    def _may_replace(self, call: Call, keyword: Argument) -> bool:
        """Whether a call with the name as a keyword is that of something outside: of `patch.multiple`, of `update`."""
        value = self._value(call.function)
        return keyword.keyword is not None and not (value and all(isinstance(a, (Function, ClassValue)) for a in value))

    def _gives_home(self, call: Call) -> bool:
        """Whether a call is given the module or class of the function, and a name that is made at run time."""
        first = self._value(call.arguments[0].value)
        if len(call.arguments) < 2 or not any(self._is_home(atom) for atom in first):
            return False
        name = self._facts.terms[call.arguments[1].value]
        function = self._value(call.function)
        is_ours = bool(function) and all(isinstance(atom, (Function, ClassValue)) for atom in function)
        last = getattr(self._facts.terms[call.function], "name", "")
        is_asking = last in ("getattr", "hasattr", "isinstance", "issubclass", "len", "cast")
        return not isinstance(name, Constant) and not is_ours and not is_asking and self._is_setting(call)

    def _is_setting(self, call: Call) -> bool:
        """Whether what is called is one of those that replace: `setattr`, `patch.object`, `monkeypatch.setattr`."""
        term = self._facts.terms[call.function]
        return getattr(term, "name", "") in ("setattr", "object", "multiple", "spy", "replace", "patch", "dict")

    def _is_home(self, atom: object) -> bool:
        owner = self._cached_function.owner
        match atom:
            case Module(path=path):
                return owner is None and (path == self._cached_function.path or self._imports_it(path))
            case ClassValue(of=of):
                return owner is not None and owner in self._evaluator.classes.mro(of)
            case _:
                return False

    def _imports_it(self, path: str) -> bool:
        facts = self._evaluator.project.facts(path)
        if facts is None or facts.stars:
            return True
        bound = facts.body.bindings.get(self._name, ())
        values = (self._evaluator.value(path, each.value) for each in bound)
        return any(not value or refers_to(value, self._cached_function.identity) for value in values)

    # -- the cache itself

    def _reads(self) -> Iterator[str]:
        """`items.cache_info()`, `items.cache`."""
        for ref, term in self._facts.every(Attribute):
            value = self._value(term.base)
            if refers_to(value, self._cached_function.identity) and not self._is_harmless(term.name):
                yield f"{self._row(self._facts.spans[ref].start.row)} reads {self._name}.{term.name}"
            elif term.name in _NAMESPACES and any(self._is_home(atom) for atom in value):
                yield f"{self._row(self._facts.spans[ref].start.row)} asks a namespace that has {self._name}"

    def _is_harmless(self, name: str) -> bool:
        """What every function has, ways to empty the cache, and labels that the project gives the function."""
        return name in _OF_EVERY_FUNCTION or name in self._emptying or name in self._labels

    @cached_property
    def _emptying(self) -> frozenset[str]:
        evaluator = self._evaluator
        identity = self._cached_function.identity
        kept = evaluator.memoizers(Function(identity, bare=True))
        is_known = all(isinstance(each, Memoized) and each.bypass for each in kept)
        ways = (way for row in evaluator.knowledge.memoizers.values() for way in row.invalidate) if is_known else ()
        return frozenset(name for way in ways for name in re.findall(r"^f\.(\w+)\(", way))

    @cached_property
    def _labels(self) -> frozenset[str]:
        return frozenset(
            event.name
            for path in files_mentioning(self._evaluator, self._cached_function)
            for function in self._evaluator.facts(path).functions
            for event in function.events
            if isinstance(event, AttributeStore)
            and refers_to(self._evaluator.value(path, event.base), self._cached_function.identity)
        )
