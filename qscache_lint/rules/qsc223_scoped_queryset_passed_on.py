"""A QuerySet kept on an instance or a request is passed to something that refines it.

## Why

The callee queries through the kept QuerySet each time, even if its rows are loaded. That is usual and cheap, so this
rule is off by default.

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
from qscache_lint.rules.wording import refining, repair
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in uses_of(analysis, UseKind.PASSED_ON, Store.SCOPED):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} re-queries the QuerySet that {origin.name} keeps: it "
            f"{refining(rule.costs(analysis), use)}",
            repair(origin),
        )


RULE = Rule("QSC223", "scoped-queryset-passed-on", _check, store=Store.SCOPED, effects=REFINING)
