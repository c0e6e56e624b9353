"""Telling names: attributes of an unknown object that one class only of the whole project can have.

This is the one step that does not follow the code, so what comes of it has medium confidence. It needs a name of
several words that the project defines once, as a member with a decorator, and that nothing else is given.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from qscache_lint.project.abstract import ClassId, Function, Instance, Told, Value, cached
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.values import Confidence


class TellingNames:
    """Finds the class that an attribute gives away."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._unique: dict[str, bool] = {}
        self._of_querysets: dict[str, bool] = {}

    def attribute(self, name: str, site: Site) -> Value:
        """What `unknown.name` may be where the name tells the class; nothing where it does not."""
        owners = self._owners.get(name, ())
        if len(owners) != 1 or not self._core.project.modules.sees(site.path, owners[0].path) or not _may_tell(name):
            return ()
        value = self._core.attribute(Instance(owners[0]), name, site)
        kept = tuple(replace(atom, confidence=Confidence.MEDIUM) for atom in cached(value))
        methods = (atom for atom in value if isinstance(atom, Function) and cached(self._core.call(atom, None, site)))
        told: Value = (*kept, *(Told(atom) for atom in methods))
        return told if told and not self._is_common(name) and self._is_unique(name) else ()

    def is_query(self, name: str, passed: Sequence[Passed]) -> bool:
        """Whether calling a method of this name on something unknown tells that it is a QuerySet or manager."""
        table = self._core.knowledge.querysets.managers
        if name in table.own_with_keywords:
            is_own = bool(passed) and all(each.argument.keyword is not None for each in passed)
        else:
            is_own = name in table.own_methods
        return is_own and self._is_of_querysets_only(name)

    def _is_of_querysets_only(self, name: str) -> bool:
        """Whether no class of the project but QuerySets and managers defines a method of this name."""
        if name not in self._of_querysets:
            self._of_querysets[name] = all(map(self._is_queryset, self._definers(name)))
        return self._of_querysets[name]

    def _is_queryset(self, identity: ClassId) -> bool:
        classes = self._core.classes
        return classes.kind(identity) in ("queryset", "manager") or classes.is_open(identity)

    def _definers(self, name: str) -> Iterator[ClassId]:
        """The classes of the project that define a method of this name."""
        for path in self._core.project.words.files_defining(name):
            facts = self._core.project.facts(path)
            for function in () if facts is None else facts.functions:
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
            for function in () if facts is None else facts.functions:
                if function.owner is not None and function.decorators:
                    found.setdefault(function.name, {})[ClassId(path, function.owner)] = None
        return {name: tuple(owners) for name, owners in found.items()}

    def _is_common(self, name: str) -> bool:
        return name in self._core.knowledge.querysets.managers.common_attributes

    def _is_unique(self, name: str) -> bool:
        """Whether no file but the one with the definition gives this name to anything."""
        if name not in self._unique:
            self._unique[name] = self._count(name) == 1
        return self._unique[name]

    def _count(self, name: str) -> int:
        word = re.escape(name.encode())
        given = re.compile(rb"\bdef %s\b|\b%s\s*(?:=(?!=)|:(?!=))|[\"']%s[\"']" % (word, word, word))
        return sum(len(given.findall(source)) for _, source in self._core.project.words.sources())


def _may_tell(name: str) -> bool:
    """Whether a name has several words: `open_castings`, `getOpenCastings`."""
    plain = name.strip("_")
    return "_" in plain or any(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
