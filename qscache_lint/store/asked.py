"""The entry with what a run has asked of files; apart, because a run over what has not changed does not need it."""

from __future__ import annotations

import msgspec

from qscache_lint.project.questions import Questions


class KeptQuestions(msgspec.Struct, frozen=True, array_like=True):
    """What the run marked `of` has asked of files that it did not read in full."""

    of: bytes
    questions: Questions
