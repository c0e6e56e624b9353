"""Run the scenarios of Django projects under the witness: each in a fork, each recording on a line of its own.

Usage: python -m tests.witness.scenarios REPORTS PROJECT...

REPORTS has a JSON report for each project, `NAME.json`. Each call runs twice: on an empty cache, and again.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from qscache_lint.witness.records import encode
from qscache_lint.witness.runtime.known import known_functions
from qscache_lint.witness.runtime.witness import witnessed
from tests.execution.measure import load_scenario, run, set_up


def record(project: Path, report: Path) -> bytes:
    """What one project does, in this process."""
    scenario = load_scenario(project)
    with witnessed(project, known_functions(report, project)) as witness:
        os.chdir(project)
        meters = set_up(project, scenario)
        for call in scenario.calls:
            run(call, meters)
            run(call, meters)
    return encode(witness.recording())


def _send(sender: Connection, project: Path, report: Path) -> None:
    sender.send_bytes(record(project, report))


def main() -> None:
    reports, *projects = map(Path, sys.argv[1:])
    context = multiprocessing.get_context("fork")
    for project in projects:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(sender, project, reports / f"{project.name}.json"))
        process.start()
        sender.close()
        try:
            sys.stdout.buffer.write(receiver.recv_bytes())
        except EOFError:
            sys.exit(f"{project.name} did not come to its end")
        process.join()


if __name__ == "__main__":
    main()
