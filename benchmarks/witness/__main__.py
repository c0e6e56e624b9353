"""What the analysis finds in a project beside what its tests show.

python -m benchmarks.witness PROJECT RECORDING...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from qscache_lint import api
from qscache_lint.api.reports import Missed, ProjectReport, Witness
from qscache_lint.per_file import is_test
from qscache_lint.witness.joining import Verdict
from qscache_lint.witness.reading import read_recordings
from qscache_lint.witness.records import RecordedPlace, RecordedStore, RecordedUse, Recording


@click.command()
@click.argument("project", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(project: Path, recordings: tuple[Path, ...]) -> None:
    """Compare the findings in PROJECT, of all rules, with RECORDINGS of its tests."""
    recording = read_recordings(recordings)
    report = api.with_witness(api.check_paths([project], api.Options(isolated=True)), recording)
    for each in report.projects:
        for line in (*figures(each, recording), *map(_missed, each.missed)):
            click.echo(line)


def figures(project: ProjectReport, recording: Recording) -> Iterator[str]:
    """What was witnessed outside of tests and is found or not, and what was found and is witnessed or not."""
    witness = project.witness or Witness({})
    unfound = [each.record for each in witness.unfound]
    stores = {_where(store) for store in recording.stores if not _is_in_tests(store)}
    missed = {_where(each) for each in unfound if isinstance(each, RecordedStore)}
    missed_uses = {_at(each) for each in unfound if isinstance(each, RecordedUse)}
    uses = [use for use in recording.uses if not _is_in_tests(use)]
    of_findings = {use for finding, told in witness.testimonies.items() if finding.code >= "QSC2" for use in told.uses}
    of_rules = [use for use in uses if use in of_findings or _at(use) in missed_uses]
    yield f"places that store: {len(stores)}, found {len(stores - missed)}"
    found = len([use for use in of_rules if _at(use) not in missed_uses])
    yield f"uses witnessed that rules are about: {len(of_rules)}, found {found}; others: {len(uses) - len(of_rules)}"
    verdicts = Counter(told.verdict for finding, told in witness.testimonies.items() if not is_test(finding.path))
    yield "findings: " + ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict)


def _where(store: RecordedStore) -> tuple[RecordedPlace | None, str]:
    """Where a store is, without what calls the code there."""
    return store.function or store.place, store.keeper


def _at(use: RecordedUse) -> tuple[object, ...]:
    """What a use has in common with the others at its place, whatever the way there."""
    return use.store, use.effect, use.operation, use.place


def _is_in_tests(record: RecordedStore | RecordedUse) -> bool:
    return record.place is not None and is_test(record.place.path)


def _missed(missed: Missed) -> str:
    record = missed.record
    what = f"{record.effect} by {record.operation}" if isinstance(record, RecordedUse) else f"stored in {record.store}"
    return f"missed: {missed.path}:{missed.row}: {what}, {record.times} times: {missed.reason}"


if __name__ == "__main__":
    main()
