"""Says, after the tests, how many rows of each table and package were executed, and why others were not."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.semantics.caches.harmless")
