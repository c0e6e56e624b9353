"""`manage.py test --qscache-witness FILE`: the witness in Django's own test runner, also with `--parallel`.

    from django.test.runner import DiscoverRunner
    from qscache_lint.witness.runner import WitnessRunnerMixin

    class Runner(WitnessRunnerMixin, DiscoverRunner):
        pass

and `TEST_RUNNER = "path.to.Runner"` in the settings of tests. `--qscache-known REPORT` does what it does for pytest.
What was memoized by `functools.lru_cache` before the runner was imported is seen from Python 3.12 on; elsewhere, put
`qscache_lint.witness.staging.WitnessConfig` first in `INSTALLED_APPS`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from django.test.runner import ParallelTestSuite

if TYPE_CHECKING:
    from django.test.runner import DiscoverRunner as _Base
else:
    _Base = object


def _run_subsuite(arguments: Any) -> Any:
    """Tests in a worker, which then tells what it has recorded so far."""
    from qscache_lint.witness.runtime.in_runner import run_in_worker

    return run_in_worker(ParallelTestSuite.run_subsuite, arguments)


class _ParallelTestSuite(ParallelTestSuite):
    run_subsuite = _run_subsuite


class WitnessRunnerMixin(_Base):
    """Goes before `DiscoverRunner`, or another that is derived from it."""

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--qscache-witness",
            metavar="FILE",
            help="Record into FILE what the tests do with cached QuerySets.",
        )
        parser.add_argument(
            "--qscache-known",
            metavar="REPORT",
            help="Watch the memoizers made by hand that a JSON report of `qscache-lint check` names, too.",
        )

    def __init__(
        self, *args: Any, qscache_witness: str | None = None, qscache_known: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._recorder = None
        if qscache_witness:
            from qscache_lint.witness.runtime.in_runner import Recorder

            self._recorder = Recorder(qscache_witness, qscache_known, is_parallel=self.parallel > 1)
            self.parallel_test_suite = _ParallelTestSuite

    def run_tests(self, *args: Any, **kwargs: Any) -> int:
        if self._recorder is None:
            return int(super().run_tests(*args, **kwargs))
        with self._recorder:
            failures = super().run_tests(*args, **kwargs)
        print(self._recorder.summary)  # noqa: T201 - the runner's own output
        return int(failures)
