"""What the terminal summary of pytest says about the rows of consumers.toml."""

from __future__ import annotations

from collections.abc import Iterator

from tests.semantics.consumers.catalogue import missing_packages, not_executed, shipped


def consumers_summary() -> Iterator[str]:
    """Lines: how many of the shipped uses are executed, and which are not collected, with the reason."""
    import django

    everything = shipped()
    absent = missing_packages()
    executed = [use for use in everything if use.row.package not in absent and not_executed(use) is None]
    yield f"consumers: {len(executed)} of {len(everything)} uses executed with Django {django.get_version()}"
    for package in sorted(absent):
        uses = sum(use.row.package == package for use in everything)
        yield f"consumers: {package} is not installed, {uses} uses not collected"
