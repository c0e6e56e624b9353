"""What probes make of the QuerySet of stories before they share it."""

from __future__ import annotations

from typing import Any


def titles(stories: Any) -> Any:
    return stories.values_list("title", flat=True)


def numbers(stories: Any) -> Any:
    return stories.values_list("pk", flat=True)


def choices(stories: Any) -> Any:
    return stories.values_list("pk", "title")


def records(stories: Any) -> Any:
    return stories.values("title")


def one_title(stories: Any) -> Any:
    return stories.values("title")[:1]
