"""New names: those looked for since the inputs were last read, and the files in which they may lead somewhere.

A term leads to something by a name that stands in its own file. So what is known of the terms of a file can only be
another thing when one of the new names stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from qscache_lint.facts.names import written_name
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.project import Project
from qscache_lint.source.text import name_in_source


class Sought(msgspec.Struct, frozen=True):
    """The names of caches at one moment: those of all files, those of single files, and the classes that need none."""

    names: frozenset[str]
    within: Mapping[ModulePath, frozenset[str]]
    classes: frozenset[ClassId]

    @classmethod
    def now(cls, project: Project) -> Sought:
        """What is looked for by now."""
        names, uses = project.cache_names, project.use_names
        within = {path: names.within(path) for path in names.known_within}
        return cls(names.values(), within, frozenset(names.classes | uses.classes))


class NewNames(msgspec.Struct):
    """What is looked for now and was not before."""

    now: Sought
    has_classes: bool
    """Whether there are other classes."""
    _is_lost: bool
    _written: tuple[bytes, ...]
    _elsewhere: frozenset[ModulePath]
    _read: Callable[[ModulePath], bytes]
    _known: dict[ModulePath, bool] = {}

    @classmethod
    def between(cls, before: Sought, now: Sought, read: Callable[[ModulePath], bytes]) -> NewNames:
        """What is new; `read` gives the bytes of a file."""
        new = now.names - before.names
        changed = (path for path in {*before.within, *now.within} if before.within.get(path) != now.within.get(path))
        written = tuple({name_in_source(each) for name in new for each in (name, written_name(name))})
        is_lost = not now.names >= before.names
        return cls(now, now.classes != before.classes, is_lost, written, frozenset(changed), read)

    def __bool__(self) -> bool:
        return self._is_lost or bool(self._written or self._elsewhere)

    def stand_in(self, path: ModulePath) -> bool:
        """Whether one of the names stands in a file, or may no longer."""
        if self._is_lost or path in self._elsewhere:
            return True
        if not self._written:
            return False
        if path not in self._known:
            source = self._read(path)
            self._known[path] = any(name in source for name in self._written)
        return self._known[path]
