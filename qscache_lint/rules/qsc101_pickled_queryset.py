"""A QuerySet that may be unbounded is stored in a pickling cache, and its callers do not read the rows.

## Why

Django's cache API, and every memoizer on top of it, pickles what it stores. Pickling a QuerySet runs its query at once:
the whole query, without a LIMIT, and every row is stored. Each hit unpickles all of them again, even for a caller that
wants one row, or another query altogether.

The rule reports values that some use in the project refines or takes a part of, and values for which no use that
reads all rows was found. Where all uses do, QSC107 reports it.

## Bad

```python
@memoize()
def getRecentStories(num=5):
    stories = Story.objects.published()
    if num:
        stories = stories[:num]
    return stories
```

## Good

```python
def getRecentStories(num=5):
    stories = Story.objects.published()
    if num:
        stories = stories[:num]
    return stories


@memoize()
def getCachedRecentStories(num=5):
    return list(getRecentStories(num))
```

## Fix safety

`split-function` is offered where some callers refine the value and some read it, `materialise` where all read it, and
`drop-cache` where all refine it. All three are unsafe, and their message says what changes for readers; see
docs/fix-safety.md. Where the function that stores it is the only one that reads it, `store-rows` stores a list, which
is safe where nothing else can get the entry.

## Not seen

Values that the analysis cannot resolve to a QuerySet, and QuerySets that every path bounds: a slice with a stop, a
single row.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, unbounded
from qscache_lint.rules.wording import split
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for definition in unbounded(analysis, only_read=False):
        origin = definition.origin
        what = f"{origin.name} returns" if origin.function is not None else f"{origin.how} stores"
        yield rule.at_definition(
            definition,
            f"{what} a lazy QuerySet that may be unbounded: the cache pickles it, which {rule.costs(analysis).stores}",
            split(origin, "list"),
        )


RULE = Rule("QSC101", "pickled-queryset", _check, store=Store.PICKLED)
