"""What the semantics tests add to the summary of pytest."""

from __future__ import annotations

import pytest

from tests.semantics.consumers_summary import consumers_summary


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in consumers_summary():
        terminalreporter.write_line(line)
