"""A memoized QuerySet is passed to something that refines it.

## Why

The memo holds a lazy QuerySet; the callee queries through it each time, so the memo saves nothing, or only the queries
that build the QuerySet.

## Bad

```python
Comment.objects.filter(story__in=recent_stories())
```

## Good

```python
Comment.objects.filter(story__in=[story.pk for story in cached_recent_stories()])
```

or pass an uncached QuerySet, and let the database do the work in one query.

## Fix safety

The callee keeps the uncached QuerySet when the function is split.

## Not seen

Functions outside the project that are not in the tables of consumers.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import REFINING, Rule, uses_of
from qscache_lint.rules.wording import refining_memo, repair_of_memo
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in uses_of(analysis, UseKind.PASSED_ON, Store.MEMO):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} re-queries the lazy QuerySet that {origin.name} memoizes: it "
            f"{refining_memo(rule.costs(analysis), analysis, use)}",
            repair_of_memo(analysis, origin),
        )


RULE = Rule("QSC222", "memoized-queryset-passed-on", _check, store=Store.MEMO, effects=REFINING)
