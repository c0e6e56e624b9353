"""The SDK brings some twenty packages: it is an extra of its own, and where it is not installed, nothing is tested."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("mcp") else ["test_*.py"]
