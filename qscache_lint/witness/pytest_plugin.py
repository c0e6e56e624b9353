"""`pytest --qscache-witness FILE`: records into FILE what the tests do with cached QuerySets.

With pytest-xdist, what all workers recorded is written together. Memoizers that are made by hand are recorded where
`--qscache-known REPORT` names a report of the analysis (`qscache-lint check --extend-select QSC103 --output-format
json`), which takes Python 3.12.

pytest loads this module in every project that has qscache-lint installed: nothing else is imported without the option.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("qscache-lint")
    group.addoption(
        "--qscache-witness",
        metavar="FILE",
        help="record into FILE what the tests do with cached QuerySets, for `qscache-lint check --witness FILE`",
    )
    group.addoption(
        "--qscache-known",
        metavar="REPORT",
        help="watch the memoizers made by hand that a JSON report of `qscache-lint check` names, too",
    )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Begin before any other plugin or conftest imports the project."""
    options = early_config.known_args_namespace
    if options.qscache_witness:
        try:
            from qscache_lint.witness.runtime.in_pytest import Recorder
        except ImportError as error:
            raise pytest.UsageError(f"--qscache-witness: {error}") from None
        early_config.pluginmanager.register(
            Recorder(early_config, options.qscache_witness, options.qscache_known), "qscache-witness"
        )
    yield
