"""Telling names: attributes of an unknown object that one class only of the whole project can have.

This is the one step that does not follow the code, so what comes of it has medium confidence. It needs a name of
several words that the project defines once, as a member with a decorator, and that nothing else is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from qscache_lint.project.abstract import ClassId, Function, Guessed, Instance, Value, cached
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.values import Confidence

_MOST_FILES = 6


class NameHeuristics:
    """Finds the class that an attribute gives away."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._unique: dict[str, bool] = {}
        self._of_querysets: dict[str, bool] = {}
        self._families: dict[str, tuple[ClassId, ...]] = {}

    def attribute(self, name: str, site: Site) -> Value:
        """What `unknown.name` may be where the name tells the class; nothing where it does not."""
        if not _may_tell(name) or self._is_common(name):
            return ()
        owners = self._owners.get(name, ())
        if len(owners) != 1:
            return self._of_family(name, site) if not owners else ()
        if not self._core.project.modules.sees(site.path, owners[0].path):
            return ()
        value = self._core.attribute(Instance(owners[0]), name, site)
        kept = tuple(replace(atom, confidence=Confidence.MEDIUM) for atom in cached(value))
        methods = (atom for atom in value if isinstance(atom, Function) and cached(self._core.call(atom, None, site)))
        guessed: Value = (*kept, *(Guessed(atom) for atom in methods))
        return guessed if guessed and self._is_unique(name, owners[0]) else ()

    def _of_family(self, name: str, site: Site) -> Value:
        """The methods of this name, where one class and those derived from it are all that define it."""
        definers = self._family(name)
        if not all(self._core.project.modules.sees(site.path, identity.path) for identity in definers):
            return ()
        bound = (atom for each in definers for atom in self._core.attribute(Instance(each, exact=True), name, site))
        return tuple(Guessed(atom) for atom in bound if isinstance(atom, Function))

    def _family(self, name: str) -> tuple[ClassId, ...]:
        """The classes that define a method, if one of them is behind all the others; else none."""
        if name not in self._families:
            found: tuple[ClassId, ...] = ()
            if len(self._core.project.name_index.files_defining(name)) <= _MOST_FILES:
                found = tuple(self._definers(name))
            lines = [self._core.classes.mro(identity) for identity in found]
            is_family = any(all(root in line for line in lines) for root in found)
            self._families[name] = found if is_family else ()
        return self._families[name]

    def is_query(self, name: str, passed: Sequence[Passed]) -> bool:
        """Whether calling a method of this name on something unknown tells that it is a QuerySet or manager."""
        table = self._core.knowledge.querysets.managers
        keywords = [each.argument.keyword for each in passed]
        if name in table.own_with_keywords and (not keywords or None in keywords):
            return False
        if any(keyword is not None and "__" in keyword.strip("_") for keyword in keywords):
            return name in table.own_with_keywords
        return name in (*table.own_methods, *table.own_with_keywords) and self._is_of_querysets_only(name)

    def _is_of_querysets_only(self, name: str) -> bool:
        """Whether no class of the project but QuerySets and managers has a method of this name that takes keywords."""
        if name not in self._of_querysets:
            self._of_querysets[name] = all(map(self._is_queryset, self._definers(name)))
        return self._of_querysets[name]

    def _is_queryset(self, identity: ClassId) -> bool:
        classes = self._core.classes
        return classes.kind(identity) in ("queryset", "manager") or classes.is_open(identity)

    def _definers(self, name: str) -> Iterator[ClassId]:
        """The classes of the project that define a method of this name."""
        for path in self._core.project.name_index.files_defining(name):
            facts = self._core.project.facts(path)
            for _, function in () if facts is None else facts.methods:
                if function.name == name and function.owner is not None:
                    yield ClassId(path, function.owner)

    def knows(self, name: str) -> bool:
        """Whether some class of the project has a decorated member of this name."""
        return name in self._owners

    @cached_property
    def _owners(self) -> dict[str, tuple[ClassId, ...]]:
        """The classes that define a decorated member, by its name."""
        found: dict[str, dict[ClassId, None]] = {}
        for path in self._core.project.candidates:
            facts = self._core.project.facts(path)
            for _, function in () if facts is None else facts.methods:
                if function.owner is not None and function.decorators:
                    found.setdefault(function.name, {})[ClassId(path, function.owner)] = None
        return {name: tuple(owners) for name, owners in found.items()}

    def _is_common(self, name: str) -> bool:
        return name in self._core.knowledge.querysets.managers.common_attributes

    def _is_unique(self, name: str, owner: ClassId) -> bool:
        """Whether nothing but the definitions of one class gives this name to anything."""
        if name not in self._unique:
            facts = self._core.facts(owner.path)
            own = [each for each in facts.methods_of(owner.index) if each.name == name]
            has_setter = any(decorator.text == f"{name}.setter" for each in own for decorator in each.decorators)
            given = self._core.project.name_index.times_given(name, has_setter=has_setter)
            self._unique[name] = given == len(own)
        return self._unique[name]


def _may_tell(name: str) -> bool:
    """Whether a name has several words: `open_castings`, `getOpenCastings`."""
    plain = name.strip("_")
    return "_" in plain or any(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
