"""Only a part of a memoized QuerySet is used.

## Why

As long as it is not iterated, the QuerySet in the memo has no rows: an index, a slice, `.count()`, `.exists()` or an
ordered `.first()` sends a query each time. Once it is, the same slice is a plain list, and rows are stale.

## Bad

```python
@lru_cache
def categories():
    return Category.objects.order_by("name")

first = categories()[0]
```

## Good

Memoize what is used: the row, the number, or `tuple(...)` of the rows.

## Fix safety

Where all callers take the same `[:10]`, `materialise` keeps just these rows; that is unsafe: so far, each call queried
for them again. `use-loaded-rows` lets the rows answer `.exists()` and `.count()` where the function reads all of them
anyway, as from a copy, and `drop-guard` drops an `.exists()` that only guards a loop; both are unsafe, since the rows
are those of the first read. Other parts have no automatic fix.

## Not seen

Values that the same function also reads in full, or passes on to code that may.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import Rule, uses_of
from qscache_lint.rules.wording import only_part, taking
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in uses_of(analysis, UseKind.PART, Store.MEMO):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{only_part(use, f'the lazy QuerySet that {origin.name} memoizes')}: it "
            f"{taking(rule.costs(analysis), use)}",
            "memoize only what is used, or tuple(…) of the rows",
        )


RULE = Rule("QSC212", "part-of-memoized-queryset", _check, store=Store.MEMO, effects=(Effect.PART,))
