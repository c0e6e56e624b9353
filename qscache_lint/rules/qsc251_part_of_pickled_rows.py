"""A part is used of a pickled QuerySet whose rows others read in full.

## Why

An index, a slice, `.count()`, `.exists()` or an ordered `.first()` is answered from the cached rows without a query,
and the cache has them for those who read them all. Only unpickling them is more than this use needs, so the rule is
off by default.

## Bad

```python
def names():
    return [story.title for story in getRecentStories(0)]

def newest():
    return getRecentStories(0)[0]
```

## Good

Nothing has to change. If the part is asked for often, cache it beside the rows.

## Fix safety

There is no fix of its own; `materialise` keeps a list of the rows where every caller reads them.

## Not seen

Values that the same function also reads in full, or hands on to code that may.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import Rule, by_place, parts_of_pickled
from qscache_lint.rules.wording import in_template
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    uses = parts_of_pickled(analysis, UseKind.PART, UseKind.IN_TEMPLATE, are_read=True)
    for use in by_place(uses):
        yield rule.at_use(
            use,
            f"{use.operation}{in_template(use)} takes a part of what {use.queryset.kept.name} has cached for others, "
            "who read all its rows: a hit costs no query, but all rows are unpickled",
            "keep it, or cache the part beside the rows",
        )


RULE = Rule("QSC251", "part-of-pickled-rows", _check, store=Store.PICKLED, effects=(Effect.PART,))
