"""Probes of what is harmless."""
from __future__ import annotations
from collections.abc import Callable, Mapping
from tests.semantics.caches.running import Stage
PROBES: Mapping[str, Callable[[Stage], None]] = {}
