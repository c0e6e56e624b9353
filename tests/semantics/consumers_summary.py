"""What the terminal summary of pytest says about the rows of consumers.toml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.semantics.consumers.catalogue import NOT_EXECUTED, collected, missing_package, shipped


def consumers_summary() -> Iterator[str]:
    """Lines: how many of the shipped uses are executed, and which are not collected, with the reason."""
    import django

    yield f"consumers: {len(collected())} of {len(shipped())} uses executed with Django {django.get_version()}"
    for package, times in sorted(Counter(missing_package(use) for use in shipped()).items()):
        if package:
            yield f"consumers: {package} is not installed, {times} uses not collected"
    for name, why in NOT_EXECUTED.items():
        yield f"consumers: {name} is not executed: {why}"
