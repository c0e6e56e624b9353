"""The versions of Django that the tables speak of."""

from __future__ import annotations

from collections.abc import Mapping

from qscache_lint.knowledge.model import Version

MEASURED: tuple[Version, ...] = ((4, 2), (5, 2), (6, 1))
"""The Django versions that the tables were measured with. A project that pins none is taken to use the newest."""

_LAST: Mapping[int, int] = {1: 11, 2: 2, 3: 2, 4: 2, 5: 2, 6: 1}
RELEASED: tuple[Version, ...] = tuple((major, minor) for major, last in _LAST.items() for minor in range(last + 1))
"""Django's feature releases: the versions that there are."""
