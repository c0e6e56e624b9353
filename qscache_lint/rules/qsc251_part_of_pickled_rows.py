"""Only a part of a pickled QuerySet is used, while other code reads all its rows.

## Why

An index, a slice, `.count()`, `.exists()` or an ordered `.first()` is answered from the cached rows without a query,
and the cache has them for code that reads them all. Only the unpickling is more than this use needs, so the rule is
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

There is no fix for this alone; `materialise` keeps a list of the rows where every caller reads them.

## Not seen

Values that the same function also reads in full, or passes on to code that may.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import Rule, by_place, parts_of_pickled
from qscache_lint.rules.wording import in_template, only_part, storing
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    uses = parts_of_pickled(analysis, UseKind.PART, UseKind.IN_TEMPLATE, are_read=True)
    for use in by_place(uses):
        yield rule.at_use(
            use,
            f"{only_part(use, f'the QuerySet that {storing(use.queryset.kept)}')}{in_template(use)}, "
            "while other code reads all rows: a hit costs no query, but all rows are unpickled for it",
            "leave it, or cache this part separately",
        )


RULE = Rule("QSC251", "part-of-pickled-rows", _check, store=Store.PICKLED, effects=(Effect.PART,))
