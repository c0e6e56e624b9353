"""QuerySets and managers as abstract values: what is known of the rows, and of the cache that hands them out."""

from __future__ import annotations

from enum import Enum

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.knowledge.model import Ordered, State, Store
from qscache_lint.project.identities import ClassId, FunctionId, Model
from qscache_lint.values import Confidence, Step


class Ordering(Enum):
    """Whether a QuerySet has an order of its own."""

    YES = "yes"
    NO = "no"
    CLEARED = "cleared"
    """`order_by()` took it away."""

    UNKNOWN = "unknown"

    @property
    def known(self) -> Ordered | None:
        """The word of the knowledge tables for it; None when the order is not known."""
        return None if self is Ordering.UNKNOWN else self.value


class Bound(msgspec.Struct, array_like=True, frozen=True):
    """How many rows a QuerySet may have.

    `limited` after a slice with a stop. `sliced` after any slice. `reason` says why nothing limits it at this call,
    where that is known (`num=0` skips the slice on line 12).
    """

    limited: bool = False
    sliced: bool = False
    reason: str = ""


class Origin(msgspec.Struct, array_like=True, frozen=True):
    """Where a value was put into a cache.

    `name` is what users call the cached thing (`getRecentStories()`, `self.active_lines`, the key), `how` the store in
    words (`@memoize()`), `site` the place that QSC10x reports, and `function` the cached function, if it is one. When
    `site` only hands the value to a helper, `stored` is where the helper stores it.
    """

    store: Store
    name: str
    how: str
    site: Step
    built: Step | None = None
    function: FunctionId | None = None
    stored: Step | None = None


class QuerySet(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """A QuerySet, with its `origin` when a cache hands it out.

    Rows of one that is not `plain` are data (`values()`); a `combined` one comes from `union()` and its kin.
    """

    model: Model | None = None
    bound: Bound = Bound()
    ordering: Ordering = Ordering.UNKNOWN
    plain: bool = True
    combined: bool = False
    classes: tuple[ClassId, ...] = ()
    built: Step | None = None
    origin: Origin | None = None
    hops: tuple[Step, ...] = ()
    confidence: Confidence = Confidence.HIGH

    @property
    def kept(self) -> Origin:
        """The origin of a cached QuerySet. Raises LookupError for one that no cache hands out."""
        if self.origin is None:
            raise LookupError("not a cached QuerySet")
        return self.origin

    @property
    def states(self) -> frozenset[State]:
        """What has been done to it, after which Django refuses some operations."""
        found: dict[State, bool] = {"slice": self.bound.sliced, "union": self.combined, "values": not self.plain}
        return frozenset(state for state, holds in found.items() if holds)

    @property
    def whatever_its_way(self) -> QuerySet:
        """The same for all QuerySets that differ only in where they were built, and by which way they came."""
        origin = None if self.origin is None else replace(self.origin, built=None)
        return replace(self, built=None, hops=(), origin=origin)

    def hop(self, step: Step) -> QuerySet:
        """The same QuerySet one step further on its way; long ways keep their first steps."""
        if self.origin is None or len(self.hops) >= limits.TRAIL_HOPS or step in self.hops:
            return self
        return replace(self, hops=(*self.hops, step))


class Manager(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A manager of `model`; `classes` are the project's manager and QuerySet classes that give it methods.

    `through` is the model in between, of a many-to-many relation; `told` is where an oracle has said what it is.
    `makers` are the classes whose code makes the manager of a relation, by their names; none where that is not known.
    """

    model: Model | None
    classes: tuple[ClassId, ...] = ()
    related: bool = False
    through: Model | None = None
    confidence: Confidence = Confidence.HIGH
    told: Step | None = None
    makers: tuple[str, ...] = ()


class ManyToMany(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A many-to-many field read through the class of its model: it knows the model in between."""

    through: Model


class ModelOptions(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """What a model keeps in `_meta`."""

    model: Model
