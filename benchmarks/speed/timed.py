"""Runs a command and writes what it took: `python -I -S timed.py REPORT OUTPUT ERRORS PROGRAM [ARGUMENT …]`.

A process of its own, as small as Python can be: what a process held before it became the command counts as the
command's memory. Covers every process that the command has waited for.
"""

from __future__ import annotations

import os
import sys
import time


def main(report: str, output: str, errors: str, *command: str) -> None:
    """Write `exit code, wall seconds, CPU seconds, bytes of the largest process` into `report`."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    redirected = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, write, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, errors, write, 0o600),
    ]
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=redirected)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    code = os.waitstatus_to_exitcode(status)
    with open(report, "w") as stream:  # noqa: PTH123 (pathlib would triple the size of this process)
        stream.write(f"{code} {wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss * unit}")


if __name__ == "__main__":
    main(*sys.argv[1:])
