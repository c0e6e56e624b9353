"""A component as work for another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.errors import Fault, isolated
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.source.related_files import RelatedFiles

if TYPE_CHECKING:
    pass

from qscache_lint.component.run import ComponentRun


@dataclass(frozen=True)
class ComponentJob:
    """One component, and all that another process needs for a run over it."""

    root: Path
    files: tuple[str, ...]
    overlay: Mapping[str, bytes]
    without: frozenset[str]
    settings: Settings
    extra: tuple[str, ...]
    cache: DiskCache | None
    with_fixes: bool


def do_component(job: ComponentJob) -> bytes:
    """The encoded result of a component: what a worker does.

    Nothing comes back when a name in it is no text, or when we fail: it is done where that can be told.
    """
    done = isolated(lambda: _done(job), "analysing these files")
    return b"" if isinstance(done, Fault) else done


def _done(job: ComponentJob) -> bytes:
    from qscache_lint.facts.reading import DirectReader

    statistics = RunStatistics()
    tree = HashedTree(job.root, job.files, job.overlay, statistics, RelatedFiles(job.root, job.without))
    run = ComponentRun(tree, job.settings, DirectReader(statistics), statistics, job.cache, job.extra)
    result = run.result(with_fixes=job.with_fixes)
    run.keep_answers()
    if job.cache is not None:
        job.cache.tidy()
    run.release()
    note = "" if job.cache is None else job.cache.note
    try:
        return msgspec.msgpack.encode(
            msgspec.structs.replace(result, statistics=dict(statistics.counts), cache_note=note)
        )
    except UnicodeEncodeError:
        return b""


def job_of(run: ComponentRun, *, with_fixes: bool) -> ComponentJob:
    """A run as work for another process."""
    tree, without = run.tree, run.tree.related_files.without
    return ComponentJob(
        tree.root, tree.files, tree.overlay, without, run.settings, run.extra, run.cache, with_fixes
    )
