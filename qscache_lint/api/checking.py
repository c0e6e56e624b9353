"""Checking paths, or one source, each within the whole project that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from qscache_lint.api.reports import ProjectReport, Report
from qscache_lint.api.requested import Options, Requested, requested
from qscache_lint.api.selecting import chosen, selected
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.disk_cache.patterns import KeptPatterns
from qscache_lint.listing import Listing, listing
from qscache_lint.run import Means, run_over
from qscache_lint.settings import Settings
from qscache_lint.source.discover import absolute
from qscache_lint.source.text import encoded


def check_paths(
    paths: Sequence[Path | str],
    options: Options | None = None,
    overlay: Mapping[Path, bytes] | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check files and directories, each within the whole project that it belongs to.

    `options` say how settings are found, `overlay` gives other contents for some files, by absolute path, and `means`
    are a cache and workers. What `noqa` silences is left out, if `respect_noqa`. The report has one entry for each
    project. Raises UsageError when a path does not exist or cannot be read, or when settings are wrong.
    """
    return check_requested(
        requested(paths, options or Options(), overlay or {}), overlay, respect_noqa=respect_noqa, means=means
    )


def check_requested(
    requested: Sequence[Requested],
    overlay: Mapping[Path, bytes] | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check what was asked for, as `check_paths` does."""
    means = means or Means()
    reports = [_check_project(each, overlay or {}, respect_noqa, means) for each in requested]
    return Report(
        tuple(project for report in reports for project in report.projects),
        tuple(dict.fromkeys(note for report in reports for note in report.notes)),
        tuple(dict.fromkeys(warning for report in reports for warning in report.warnings)),
    )


def check_source(
    source: bytes | str,
    path: Path | str,
    options: Options | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check one file as if it had other contents, such as text that is not saved yet, within its whole project.

    A text counts as the file that an editor would make of it: in the encoding that it declares. The file need not
    exist. The report has the findings in that file alone; see `check_paths`.
    """
    content = encoded(source) if isinstance(source, str) else source
    return check_paths([path], options, {absolute(Path(path)): content}, respect_noqa=respect_noqa, means=means)


def listings(paths: Sequence[Path], options: Options) -> Iterator[tuple[Requested, Listing]]:
    """The projects that paths belong to, and what `check` would look at. Raises UsageError."""
    for each in requested(paths, options):
        yield each, listing(each.root, each.asked, each.settings)


def _hiding(root: Path, settings: Settings) -> Callable[[ProjectReport], ProjectReport]:
    """What takes from a report what the baseline of the settings knows. Raises UsageError when that cannot be read."""
    if not settings.baseline:
        return lambda project: project
    from qscache_lint.api.hiding import baseline_of, without_known

    baseline = baseline_of(root, settings)
    return lambda project: project if baseline is None else without_known(project, baseline)


def _check_project(
    requested: Requested, overlay: Mapping[Path, bytes], respect_noqa: bool, means: Means
) -> Report:
    """The report on one project, with what the user should know of its cache and of what was not followed."""
    root, settings = requested.root, requested.settings
    hide = _hiding(root, settings)
    inside = {
        path.relative_to(root).as_posix(): source for path, source in overlay.items() if path.is_relative_to(root)
    }
    statistics, cache = means.statistics, means.disk_cache_for(root, settings)
    with statistics.phase("discover"):
        listed = listing(root, requested.asked, settings, KeptPatterns(cache))
        tree = HashedTree(root, (*listed.files, *listed.named), inside, statistics)
    run = run_over(tree, settings, means, {*tree.files}.difference(listed.files), cache)
    found = [*run.result.found, *run.unreadable_among(listed.named)]
    findings = chosen((each for each in found if listed.covers(each.finding.path)), settings, respect_noqa=respect_noqa)
    run.tidy()
    checked = len([path for path in tree.files if listed.covers(path)]) if selected(settings) else 0
    unselected = "" if selected(settings) else "No rules selected"
    asked_for = (*listed.named, *listed.directories)
    project = ProjectReport(root, settings, tree, tuple(findings), run, checked, asked_for)
    warnings = (requested.misspelt_table, *run.engine_notes, unselected, *listed.empty)
    return Report(
        (hide(project),),
        tuple(note for note in (run.warning, run.limits_note, *listed.notes) if note),
        tuple(warning for warning in warnings if warning),
    )
