"""Files that the tool has written itself: what they name is the project as it was, and no mention of it."""

from __future__ import annotations

from qscache_lint.baseline import is_baseline
from qscache_lint.formats import is_report
from qscache_lint.witness.records import is_recording


def is_own_file(content: bytes) -> bool:
    """Whether a file with some content is a report, a baseline or a recording of ours, wherever it lies."""
    return is_report(content) or is_baseline(content) or is_recording(content)
