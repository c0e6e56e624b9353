"""The project as the analysis sees it: facts of any module on demand, and what has been read so far."""

from __future__ import annotations

from qscache_lint.facts.module import FunctionFacts, ModuleFacts, read_source
from qscache_lint.knowledge import Knowledge
from qscache_lint.project.abstract import ClassId, FunctionId, ModulePath
from qscache_lint.project.leads import Leads, Names
from qscache_lint.project.modules import ModuleIndex
from qscache_lint.project.relevance import Selection, UnitIndex
from qscache_lint.project.words import Words
from qscache_lint.source.parse import Unreadable
from qscache_lint.source.tree import SourceTree


class Project:
    """Gives facts by path; a file is read and visited the first time somebody asks.

    Facts of files that are the same in an `earlier` project are taken from there.
    """

    def __init__(self, tree: SourceTree, knowledge: Knowledge, earlier: Project | None = None) -> None:
        self.tree = tree
        self.knowledge = knowledge
        self.modules = ModuleIndex(tree)
        self.words = Words(tree)
        self.units = UnitIndex(tree)
        self.caching = Selection(self.units)
        """The units that name a memoizer or a cache."""
        self.making = Selection(self.units)
        """These, and the units that may be or make a memo by hand (see `source.scout`)."""
        self.using = Selection(self.units)
        """The units that may do something with one."""
        self.cache_names = Names()
        """The names of memoizers, caches, and what leads to them."""
        self.use_names = Names()
        """The names by which cached QuerySets are reached."""
        self.to_caches = Leads(self.facts, self.cache_names)
        self.to_cached = Leads(self.facts, self.cache_names, self.use_names)
        self.candidates: tuple[ModulePath, ...] = ()
        """The files with units that may define a cached value."""
        self._read: dict[ModulePath, ModuleFacts | Unreadable] = {} if earlier is None else earlier._shared(tree)

    def _shared(self, tree: SourceTree) -> dict[ModulePath, ModuleFacts | Unreadable]:
        ours = self.tree.overlay
        return {path: read for path, read in self._read.items() if tree.overlay.get(path) == ours.get(path)}

    def facts(self, path: ModulePath) -> ModuleFacts | None:
        """The facts of a file of the tree; None when it cannot be read (see `unreadable`)."""
        known = self._read.get(path)
        if known is None:
            known = self._visit(path)
            self._read[path] = known
        return known if isinstance(known, ModuleFacts) else None

    def _visit(self, path: ModulePath) -> ModuleFacts | Unreadable:
        try:
            units = self.units.of(path)
        except OSError as error:
            return Unreadable(1, 1, f"cannot be read: {error.strerror or error}")
        return read_source(units)

    def function(self, identity: FunctionId) -> FunctionFacts | None:
        """The facts of one function; None when its module cannot be read."""
        facts = self.facts(identity.path)
        return None if facts is None else facts.functions[identity.index]

    @property
    def visited(self) -> tuple[ModulePath, ...]:
        """The modules that have facts, in a stable order."""
        return tuple(sorted(path for path, read in self._read.items() if isinstance(read, ModuleFacts)))

    @property
    def unreadable(self) -> dict[ModulePath, Unreadable]:
        """The files that were needed and could not be read, with the reason."""
        return {path: read for path, read in sorted(self._read.items()) if isinstance(read, Unreadable)}

    def class_name(self, identity: ClassId) -> str:
        """The name of a class, as users know it."""
        facts = self.facts(identity.path)
        return "?" if facts is None else facts.classes[identity.index].qualname

    def names(self, identity: FunctionId | ClassId) -> tuple[str, ...]:
        """The full names of a function or class of the project, by which its own rows may call it."""
        facts = self.facts(identity.path)
        if facts is None:
            return ()
        named = facts.functions if isinstance(identity, FunctionId) else facts.classes
        return tuple(f"{module}.{named[identity.index].qualname}" for module in self.modules.names(identity.path))
