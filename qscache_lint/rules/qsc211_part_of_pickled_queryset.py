"""Only a part of an unbounded pickled QuerySet is used.

## Why

An index, a slice, `.count()`, `.exists()` or an ordered `.first()` is answered from the cached rows without a query.
But every row was stored, and every row is unpickled on each hit, to use a few of them or a number. Where another use in
the project reads all rows of the same store, a hit is no loss, and the part is QSC251.

## Bad

```python
newest = getRecentStories(0)[0]
```

## Good

Cache what is used: `getRecentStories(1)`, or the number itself.

## Fix safety

Where every caller reads rows, `materialise` keeps a list of them, and just the first ten where all take `[:10]`.
`use-loaded-rows` and `drop-guard` remove an `.exists()` or `.count()` beside a copy that is read, or before a loop.

## Not seen

Values that the same function also reads in full, or passes on to code that may.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import Rule, parts_of_pickled
from qscache_lint.rules.wording import loading, only_part, storing, why_unbounded
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in parts_of_pickled(analysis, UseKind.PART, are_read=False):
        yield rule.at_use(
            use,
            f"{only_part(use, f'the QuerySet that {storing(use.queryset.kept)}')}: the cache "
            f"{loading(cost, use.queryset)}, and {cost.part}{why_unbounded(use.queryset)}",
            "cache only what is used, or limit the query before caching it",
        )


RULE = Rule("QSC211", "part-of-pickled-queryset", _check, store=Store.PICKLED, effects=(Effect.PART,))
