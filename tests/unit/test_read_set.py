"""An edit to a file that no run has read: what is kept answers for it only while a new run would find the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.api import Means, Report, check_paths
from tests.drawing import some
from tests.literate import Case, read_cases, write_project

CASES = [case for case in read_cases() if not case.later]
EXTRA = "notes/words.py"
TEXTS = (
    "def plural(word):\n    return word + 's'\n",
    "from django.core.cache import cache\n",
    "from django.db import models\n\n\nclass Piece(models.Model):\n    lent = models.BooleanField()\n",
    "class Board:\n    def rows(self):\n        if self._rows is None:\n            self._rows = self.found()\n",
    "AUTH_USER_MODEL = 'notes.User'\n",
)


def _found(report: Report) -> list[str]:
    return [repr(finding) for project in report.projects for finding in project.findings]


@contextmanager
def _directory() -> Iterator[Path]:
    path = Path(mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


@settings(max_examples=some(120), deadline=None, derandomize=True)
@given(data=st.data())
def test_what_is_kept_is_what_a_new_run_finds(data: st.DataObject) -> None:
    """The edited file gets one of several texts, or that of a file of the project, with what it defines and uses."""
    case: Case = data.draw(st.sampled_from(CASES))
    texts = st.sampled_from([*TEXTS, *(text for path, text in case.files.items() if path.endswith(".py"))])
    first, second, third = data.draw(st.tuples(st.sampled_from(TEXTS[:1]), texts, texts))
    with _directory() as root:
        write_project(case, root)
        (root / EXTRA).parent.mkdir(exist_ok=True)
        for text in (first, second, third):
            (root / EXTRA).write_text(text, encoding="utf-8")
            assert _found(check_paths([root], means=Means(cached=True))) == _found(check_paths([root]))
