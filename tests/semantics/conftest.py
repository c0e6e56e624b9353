"""Says, after the tests, how many names of each table were executed, and why others were not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from tests.semantics.consumers_summary import consumers_summary

pytest.register_assert_rewrite("tests.semantics.caches.harmless")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of a claim says so in its report."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        claim: Any = item.callspec.params.get("claim")
        item.user_properties += [("claim", claim.label)] if claim else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in consumers_summary():
        terminalreporter.write_line(line)
    done = set(_claims_of(terminalreporter.stats))
    if done:
        terminalreporter.write_sep("-", "cache tables, executed")
        for line in _lines(done):
            terminalreporter.write_line(line)


def _claims_of(stats: Mapping[str, list[object]]) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in stats.get(outcome, []):
            if isinstance(report, pytest.TestReport):
                yield from (str(value) for name, value in report.user_properties if name == "claim")


def _lines(done: set[str]) -> Iterator[str]:
    """For each table: how many of its names were executed, and what stood in the way of the others."""
    from qscache_lint.knowledge.tables import load_knowledge
    from tests.semantics.caches.claims import TABLES, obstacle, shipped, with_backends

    claims = list(shipped(load_knowledge().caches))
    for table in TABLES:
        here = [claim for claim in claims if claim.table == table]
        missed = [found for claim in here if claim.label not in done and (found := obstacle(claim))]
        executed = sum(claim.label in done for claim in here)
        yield f"{table}: executed {executed} of {len(here)} names{_reasons(missed)}"
    tried = [claim for name in claims if name.label in done for claim in with_backends(name)]
    missed = [found for claim in tried if (found := obstacle(claim))]
    yield f"backends of these: executed {len(tried) - len(missed)} of {len(tried)}{_reasons(missed)}"


def _reasons(missed: Iterable[tuple[str, str]]) -> str:
    """ "; not run: 3 Beaker, 2 ring (not installed)"."""
    subjects: dict[str, Counter[str]] = defaultdict(Counter)
    for subject, why in missed:
        subjects[why][subject] += 1
    reasons = [
        f"{', '.join(f'{count} {subject}' for subject, count in sorted(counter.items()))} ({why})"
        for why, counter in sorted(subjects.items())
    ]
    return f"; not run: {'; '.join(reasons)}" if reasons else ""
