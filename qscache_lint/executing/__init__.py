"""Work for several cores or machines, through the interface of `concurrent.futures.Executor`.

What is handed out is a pure function of bytes: the sources of some files go out, their facts come back. The executor,
the order of the work and the loss of a worker change nothing of what comes back.
"""

from __future__ import annotations

EXECUTORS = ("process", "thread", "dask")
"""The executors there are, by the names that users give them."""
