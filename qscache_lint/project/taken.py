"""What a template takes: one place of it, and what that does with a cached QuerySet of the context."""

from __future__ import annotations

from enum import Enum

import msgspec

from qscache_lint.knowledge.model import Effect
from qscache_lint.project.contexts import ContextEntry
from qscache_lint.project.querysets import QuerySet
from qscache_lint.values import Step


class Unfollowed(Enum):
    """Why nothing is known of what a template does with its context."""

    MISSING = "it is not in the project"
    UNREADABLE = "it cannot be read, or is not written for Django"
    CHOSEN = "its name is only known at run time"
    MANY = "too many others are included"


class Taken(msgspec.Struct, frozen=True):
    """What a place of a template does with a cached QuerySet that came into its context by `entry`.

    `effect` is None where anything may happen. `operation` is how templates write it, `at` the place, `template` the
    name of the template. `takes_rows`: it does the same with a list of the rows. Of what is `unfollowed`, the template
    is the one of which nothing is known. Not `certain` is what only some do of the templates that a name may mean.
    """

    entry: ContextEntry
    queryset: QuerySet
    effect: Effect | None
    operation: str
    at: Step
    template: str
    takes_rows: bool = False
    unfollowed: Unfollowed | None = None
    certain: bool = True

    @property
    def may_read(self) -> bool:
        """Whether all rows are read, or may be."""
        return self.effect is None or self.effect is Effect.ROWS
