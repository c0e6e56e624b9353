"""Rounds: which units of which files are looked at (see `source.units`).

The first rounds choose those that may define a cached value: with a name out of the knowledge tables, with the shape of
a hand-made memo, or with a name that another of these units gives to a memoizer or cache. The later rounds choose the
units with a name by which a cached QuerySet can be reached, until no new name turns up. What the evaluation asks for on
the way is read too, but holds neither definitions nor uses.

After edits, the rounds go on from the names and units of the run before: a name too many costs time, never a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from qscache_lint.knowledge.gate_words import cache_words, entry_words
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.given_names import NamesOfCached, NamesOfCaches, NamesOfDefinitions
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.project import ChosenUnits, Project
from qscache_lint.project.questions import Report
from qscache_lint.project.reachability import SearchTerms
from qscache_lint.project.relevance import Selection
from qscache_lint.project.reports import UserUnit, UserUnits
from qscache_lint.project.searches import Searches
from qscache_lint.source.gate import NamePattern

_OfNames = TypeVar("_OfNames", NamesOfCaches, NamesOfCached)
_Search: TypeAlias = Callable[[NamePattern, Container[ModulePath]], Iterable[ModulePath]]


def choose_all(project: Project) -> None:
    """Look at every unit of every file."""
    for path in project.tree.files:
        if project.facts(path) is not None:
            for selection in (project.caching, project.making):
                selection.add(path, project.units.of(path))
    for reachability in project.reachabilities:
        reachability.everywhere = True


def begin(project: Project) -> None:
    """Choose the units with a name of the knowledge tables, or the shape of a memo."""
    names = project.cache_names
    names.words.update(cache_words(project.knowledge))
    names.entries.update(entry_words(project.knowledge))
    _choose_first(project, names.fresh(), project.searches)


def begin_again(project: Project, edited: Collection[ModulePath]) -> None:
    """Choose the units of files that have been edited, by all names that are known."""
    if not project.knows_django:
        return
    searches = project.searches.among(edited)
    _choose_first(project, project.cache_names.all(), searches)
    for selection, names in ((project.caching, project.cache_names), (project.using, project.use_names)):
        for path in sorted({*searches.mentioning(names.all()), *names.known_within.intersection(edited)}):
            _add_named(project, selection, path, (names.all(), names.local(path).all()))


def _choose_first(project: Project, wanted: NamePattern, searches: Searches) -> None:
    with project.statistics.phase("gate"):
        for path, memos in searches.candidates(wanted) if project.knows_django else ():
            units = project.units.of(path)
            _add_named(project, project.caching, path, (wanted,))
            for row in memos:
                project.making.add(path, (units.at_row(row),) if row else units.outside)


def choose_candidates(evaluator: Evaluator) -> bool:
    """Choose the units that may define a cached value, by the names that such units give.

    Returns whether there were units of which these names were not known.
    """
    project, names = evaluator.project, evaluator.project.cache_names
    grown: Collection[ModulePath] = ()
    is_other = False
    while True:
        project.candidates = project.making.paths
        evaluator.refresh(grown)
        fresh = _without(evaluator, NamesOfCaches, project.making)
        if not fresh:
            return is_other
        is_other = True
        _merge(evaluator, names, fresh)
        grown = _named(project, names, project.caching, project.searches.naming)


def choose_users(evaluator: Evaluator, always: Iterable[ModulePath]) -> None:
    """Choose the units with a name by which a cached QuerySet can be reached, and all units of some files."""
    _choose_defining(evaluator, always)
    project, names = evaluator.project, evaluator.project.use_names
    while True:
        while fresh := _without(evaluator, NamesOfCached, project.using):
            _merge(evaluator, names, fresh)
            named = _named(project, names, project.using, project.searches.mentioning)
            evaluator.table.answers.forget(_readings(named))
        if not evaluator.refresh(()):
            return
        for path in project.candidates:  # what they define may be more by now
            if NamesOfDefinitions(path) not in evaluator.table.answers:
                _take(evaluator, names, NamesOfDefinitions(path))


def _readings(named: Mapping[ModulePath, Mapping[int, object]]) -> Iterator[UserUnit | UserUnits]:
    """What is read of the units with a new name."""
    for path, units in named.items():
        yield UserUnits(path)
        yield from (UserUnit(path, unit) for unit in units)


def choose_anew(evaluator: Evaluator, always: Iterable[ModulePath]) -> None:
    """Choose all units again by the reports that are known, which drops names that nothing gives any more."""
    project = evaluator.project
    project.given.clear()
    project.has_lost_names = False
    project.choose(ChosenUnits())
    begin(project)
    for defining in _each(NamesOfCaches, project.making):
        _merge(evaluator, project.cache_names, defining)
        _named(project, project.cache_names, project.caching, project.searches.naming)
    _choose_defining(evaluator, always)
    for using in _each(NamesOfCached, project.using):
        _merge(evaluator, project.use_names, using)
        _named(project, project.use_names, project.using, project.searches.mentioning)


def _merge(evaluator: Evaluator, names: SearchTerms, reports: Iterable[NamesOfCaches | NamesOfCached]) -> None:
    """Look for the names of some reports, and for those under which their files import others."""
    for report in reports:
        facts = evaluator.project.facts(report.path)
        if facts is not None:
            names.add_aliases(report.path, facts)
        _take(evaluator, names, report)


def _take(evaluator: Evaluator, names: SearchTerms, report: Report[SearchTerms]) -> None:
    """Look for the names of a report; notes when it has lost one since an edit."""
    project, given = evaluator.project, evaluator.table.report(report)
    names.merge(given)
    before = project.given.get(report)
    if before is not None and not given.has_all_of(before):
        project.has_lost_names = True
    project.given[report] = given


def _each(kind: type[_OfNames], selection: Selection) -> Iterator[list[_OfNames]]:
    """The reports on the units of a selection, then on those that have come to it meanwhile."""
    done: set[_OfNames] = set()
    while fresh := [report for report in _reports(kind, selection) if report not in done]:
        done.update(fresh)
        yield fresh


def _reports(kind: type[_OfNames], selection: Selection) -> list[_OfNames]:
    return [kind(path, unit) for path in selection.paths for unit in sorted(selection.of(path))]


def _choose_defining(evaluator: Evaluator, always: Iterable[ModulePath]) -> None:
    project = evaluator.project
    chosen: dict[str, Iterable[int]] = {path: project.making.of(path) for path in project.candidates}
    chosen.update((path, project.units.of(path)) for path in always if project.facts(path) is not None)
    for path, units in chosen.items():
        project.using.add(path, units)
    for path in project.candidates:
        _take(evaluator, project.use_names, NamesOfDefinitions(path))


def _without(evaluator: Evaluator, kind: type[_OfNames], selection: Selection) -> list[_OfNames]:
    """The reports on chosen units that are not known."""
    fresh = [each for each in _reports(kind, selection) if each not in evaluator.table.answers]
    evaluator.project.prefetch(dict.fromkeys(report.path for report in fresh))
    return fresh


def _named(
    project: Project, names: SearchTerms, selection: Selection, search: _Search
) -> dict[ModulePath, Mapping[int, Collection[int]]]:
    """The units with a name that is new, which are added to a selection; `search` finds their files."""
    known = frozenset(selection.paths) | names.known_within
    wanted = names.fresh()
    for reachability in project.reachabilities:
        reachability.forget()
    found: dict[ModulePath, Mapping[int, Collection[int]]] = {}
    with project.statistics.phase("gate"):
        others = [path for path in search(wanted, known) if path not in known]
        project.prefetch(others)
        every = names.all() if others else wanted
        for path in sorted({*known, *others}):
            sought = (wanted, names.local(path).fresh()) if path in known else (every,)
            named = _add_named(project, selection, path, sought)
            if named:
                found[path] = named
    return found


def _add_named(
    project: Project, selection: Selection, path: ModulePath, sought: Iterable[NamePattern]
) -> Mapping[int, Collection[int]]:
    """Add the units of a file with one of some names to a selection; what names a cache may make one, too.

    Returns the units, each with the places of the names.
    """
    places = project.searches.places(sought, path)
    if not places:
        return {}
    units = project.units.of(path)
    found: dict[int, set[int]] = {}
    for place in places:
        found.setdefault(units.at_byte(place), set()).add(place)
    for each in (selection, project.making) if selection is project.caching else (selection,):
        each.add_named(path, found)
    return found
