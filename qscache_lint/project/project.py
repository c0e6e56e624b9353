"""The project as the analysis sees it: facts of any module on demand, and what has been read so far."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec

from qscache_lint.errors import Fault
from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.readers import Reader, Request, Scouting
from qscache_lint.facts.reading import DirectReader, Reading
from qscache_lint.knowledge.tables import Knowledge
from qscache_lint.oracles import Oracle, Types
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.modules import ModuleIndex
from qscache_lint.project.name_index import NameIndex, Search
from qscache_lint.project.questions import CUT, Report
from qscache_lint.project.reachability import Reachability, SearchTerms
from qscache_lint.project.relevance import Chosen, Selection, UnitIndex
from qscache_lint.project.searches import Searches
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.files import hides_content
from qscache_lint.source.gate import imports_django
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import Memos, Sought
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.tree import SourceTree
from qscache_lint.templates.files import TemplateFiles


class ChosenUnits(msgspec.Struct, array_like=True):
    """The units that are looked at, and the names for which they are; see `Project.choose`."""

    caching: Chosen = {}
    making: Chosen = {}
    using: Chosen = {}
    cache_names: SearchTerms = msgspec.field(default_factory=SearchTerms)
    use_names: SearchTerms = msgspec.field(default_factory=SearchTerms)


class Edited(NamedTuple):
    """Files that state something else after an edit, or may do so, and searches in the name index that find others."""

    files: frozenset[ModulePath]
    searches: tuple[Search, ...]


class Project:
    """Gives facts by path; a file is read and visited on first access.

    Facts of files that are the same in an `earlier` project are taken from there.
    """

    def __init__(
        self,
        tree: SourceTree,
        knowledge: Knowledge,
        earlier: Project | None = None,
        reader: Reader | None = None,
        statistics: RunStatistics | None = None,
        scouting: Scouting | None = None,
        oracle: Oracle | None = None,
    ) -> None:
        self.tree = tree
        self.knowledge = knowledge
        self.modules = ModuleIndex(tree)
        self.name_index = NameIndex(tree, lambda search: self.note(search))
        self.units = UnitIndex(tree, self.facts)
        self.choose(ChosenUnits())
        self.searches = Searches(tree.files, self.source, self.scout, self.modules.packages)
        self.note: Callable[[Hashable], None] = lambda _: None
        """Is told of each file that is read, each search in the name index, and whatever is given up."""
        self.given: dict[Report[SearchTerms], SearchTerms] = {}
        """The names that units have given."""
        self.types: Types = Types(oracle) if earlier is None else earlier.types.like()
        self.has_lost_names = False
        """Whether a unit has not given again, after an edit, what it had given."""
        self.visited_before: frozenset[ModulePath] = frozenset()
        """The modules that an earlier process has read for answers which are kept."""
        self.hidden: set[ModulePath] = set()
        """The files that are there and cannot be read: they may hold anything."""
        self.faults: list[Fault] = []
        """Mistakes of ours that have cost what there is to say of a file."""
        self._given_up: dict[tuple[ModulePath, int], str] = {}
        self._templates: dict[tuple[tuple[str, ...], ...], TemplateFiles] = {}
        self.statistics: RunStatistics = statistics or (RunStatistics() if earlier is None else earlier.statistics)
        self._reader: Reader = reader or (DirectReader(self.statistics) if earlier is None else earlier._reader)
        self._scouting: Scouting = scouting or (self._reader.scout if earlier is None else earlier._scouting)
        self._read: dict[ModulePath, ModuleFacts | Unreadable] = {} if earlier is None else earlier._shared(tree)

    def choose(self, chosen: ChosenUnits) -> None:
        """Begin with some choice of what is looked at."""
        self.caching = Selection(self.units, chosen.caching)
        """The units that name a memoizer or a cache."""
        self.making = Selection(self.units, chosen.making)
        """These, and the units that may be or make a memo by hand (see `source.scout`)."""
        self.using = Selection(self.units, chosen.using)
        """The units that may do something with one."""
        self.cache_names = chosen.cache_names
        """The names of memoizers, caches, and what leads to them."""
        self.use_names = chosen.use_names
        """The names by which cached QuerySets are reached."""
        self.candidates: tuple[ModulePath, ...] = self.making.paths
        """The files with units that may define a cached value."""
        self.to_caches = Reachability(self.facts, self.cache_names)
        self.to_cached = Reachability(self.facts, self.cache_names, self.use_names)
        self.to_handed_out = Reachability(self.facts, self.use_names)
        self.reachabilities = (self.to_caches, self.to_cached, self.to_handed_out)

    @property
    def chosen(self) -> ChosenUnits:
        """All that is chosen by now."""
        caching, making, using = self.caching.chosen, self.making.chosen, self.using.chosen
        return ChosenUnits(caching, making, using, self.cache_names, self.use_names)

    @property
    def chosen_units(self) -> tuple[Hashable, ...]:
        """The units that are chosen: equal to another when the same are looked at for the same names."""
        return tuple(selection.all() for selection in (self.caching, self.making, self.using))

    def _shared(self, tree: SourceTree) -> dict[ModulePath, ModuleFacts | Unreadable]:
        ours = self.tree.overlay
        return {path: read for path, read in self._read.items() if tree.overlay.get(path) == ours.get(path)}

    def facts(self, path: ModulePath) -> ModuleFacts | None:
        """The facts of a file of the tree; None when it cannot be read (see `unreadable`)."""
        self.note(path)
        known = self._read.get(path) or self._read_now(path)
        return known if type(known) is ModuleFacts else None  # asked for millions of times

    def known(self, path: ModulePath) -> ModuleFacts | None:
        """The facts of a file if it has been read, which are not noted: no answer may come of them."""
        known = self._read.get(path)
        return known if type(known) is ModuleFacts else None

    def _read_now(self, path: ModulePath) -> ModuleFacts | Unreadable:
        self.prefetch([path])
        return self._read[path]

    def prefetch(self, wanted: Iterable[ModulePath]) -> None:
        """Read files in advance, as many at once as the reader can."""
        with self.statistics.phase("facts"):
            for path, reading in self._reader.read(self._requests(wanted)):
                self._take(path, reading)

    def edit(self, files: Mapping[ModulePath, bytes]) -> Edited:
        """Give files of the tree other bytes; see `edited`."""
        before = {path: self.source(path) for path in files}
        self.tree.edit(files)
        return self.edited(before, self.known)

    def edited(
        self, before: Mapping[ModulePath, bytes], facts_before: Callable[[ModulePath], ModuleFacts | None]
    ) -> Edited:
        """Take files of the tree for edited, which had these bytes `before`, and these facts where they are known.

        What was chosen of them is forgotten, and all that was given up.
        """
        failed = {fault.path for fault in self.faults}
        known = {path: facts_before(path) for path in before if path not in failed}
        stated = {path: facts for path, facts in known.items() if facts is not None}
        for path in before:
            self._read.pop(path, None)
            self.units.forget(path)
            for selection in (self.caching, self.making, self.using):
                selection.drop(path)
            for names in (self.cache_names, self.use_names):
                names.drop(path)
            for reachability in self.reachabilities:
                reachability.drop(path)
        self.searches.edited(before)
        self.faults = [fault for fault in self.faults if fault.path not in before]
        self.__dict__.pop("knows_django", None)
        self.prefetch(stated)
        same = {path for path, facts in stated.items() if (now := self.known(path)) is not None and now.is_same(facts)}
        others = frozenset(before).difference(same)
        self.given = {report: names for report, names in self.given.items() if report.path not in others}
        searches = tuple(self.name_index.edit(before))
        if others or searches:
            self._given_up.clear()
        return Edited(others, searches)

    def given_by(self, path: ModulePath) -> SearchTerms:
        """The names that the units of a file have given."""
        together = SearchTerms()
        for report, names in self.given.items():
            if report.path == path:
                together.merge(names)
        return together

    def of_other_files(self, files: Mapping[ModulePath, bytes | None]) -> Project:
        """The project with files that are new, and without those that are None; what has been read is shared."""
        return Project(self.tree.with_files(files), self.knowledge, self)

    def scout(self, sought: Iterable[tuple[ModulePath, Sought]]) -> Iterator[tuple[ModulePath, Memos]]:
        """What the scout says of some files, in their order; the facts of those that were parsed for that are kept."""
        paths, files = itertools.tee(sought)
        answers = self._scouting((file for _, file in files), self.signs)
        for (path, _), (memos, reading) in zip(paths, answers, strict=True):
            if reading is not None and path not in self._read:
                self._take(path, reading)
            yield path, memos

    def _take(self, path: ModulePath, reading: Reading) -> None:
        self._read[path] = reading if isinstance(reading, Unreadable) else ModuleFacts(reading)
        if isinstance(reading, Unreadable) and reading.is_fault:
            self.faults.append(Fault(path, reading.reason))

    def _requests(self, wanted: Iterable[ModulePath]) -> Iterator[Request]:
        """What to read of those files that have not been read; one that cannot be is noted."""
        for path in wanted:
            if path in self._read:
                continue
            try:
                yield Request(path, self.tree.read(path))
            except OSError as error:
                self._read[path] = _refused(error)

    def templates(self, directories: tuple[str, ...], of_jinja: tuple[str, ...]) -> TemplateFiles:
        """The templates of the project, with those in directories whose paths end so, as they were at first."""
        key = directories, of_jinja
        if key not in self._templates:
            self._templates[key] = TemplateFiles(self.tree.root, self.tree.related_files, *key)
        return self._templates[key]

    def look_again(self) -> None:
        """Forget what stands around the modules, such as templates: it may be different on disk now."""
        self.tree.related_files = self.tree.related_files.again()
        self._templates.clear()

    @cached_property
    def signs(self) -> Signs:
        """The names by which hand-made memos are recognised."""
        handmade = self.knowledge.functions.handmade
        return Signs(frozenset(handmade.store_methods), frozenset(handmade.read_methods), frozenset(handmade.requests))

    @cached_property
    def knows_django(self) -> bool:
        """Whether any file imports Django: without it nothing can be a QuerySet."""
        return any(imports_django(self.source(path)) for path in self.tree.files)

    def give_up(self, path: ModulePath, row: int, what: str) -> None:
        """Note something that is not followed to its end."""
        self.note(CUT)
        self._given_up.setdefault((path, row), what)

    @property
    def given_up(self) -> dict[tuple[ModulePath, int], str]:
        """What was too much to be followed to its end, by the file and row where it begins."""
        return dict(self._given_up)

    def source(self, path: ModulePath) -> bytes:
        """The bytes of a file; none when it cannot be read.

        Where no regular file stands, that is told of when something needs it. One that is there and cannot be read may
        hold anything, so it is told of in any case.
        """
        try:
            return self.tree.read(path)
        except OSError as error:
            if hides_content(error):
                self.hidden.add(path)
                self._read.setdefault(path, _refused(error))
            return b""

    def function(self, identity: FunctionId) -> FunctionFacts | None:
        """The facts of one function; None when its module cannot be read."""
        facts = self.facts(identity.path)
        return None if facts is None else facts.functions[identity.index]

    @property
    def visited(self) -> tuple[ModulePath, ...]:
        """The modules that have facts, in a stable order."""
        now = (path for path, read in self._read.items() if isinstance(read, ModuleFacts))
        return tuple(sorted(self.visited_before.union(now).difference(self.unreadable)))

    def take_unreadable(self, known: Mapping[ModulePath, Unreadable], hidden: Iterable[ModulePath]) -> None:
        """Take over what an earlier process knows of files that cannot be read."""
        self._read.update(known)
        self.hidden.update(hidden)

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


def _refused(error: OSError) -> Unreadable:
    return Unreadable(1, 1, f"cannot be read: {error.strerror or error}")
