"""A QuerySet kept on an instance or a request is refined, at no extra cost.

## Why

The refinement costs what it would cost without the memo: nothing that may run together with it reads the rows of the
same value (what only another view or command calls does not), or what it gives is only a part of another query, a
choice of a form field, or a QuerySet that is passed on. So the memo saves nothing there but the queries that build the
value, if there are any, and the rule is off by default. Where it wastes loaded rows, QSC203 reports it.

## Bad

```python
@cached_property
def active_lines(self):
    return self.lines.filter(cancelled=False)

def late_lines(self):
    return self.active_lines.filter(late=True)
```

## Good

```python
def active_lines(self):
    return self.lines.filter(cancelled=False)
```

## Fix safety

`drop-cache` makes a plain property where every use refines: the queries stay the same. `split-function` makes two
properties: a plain one to refine, a cached one with the rows.

## Not seen

Receivers whose type the analysis cannot determine; what is done later to a value that was refined once.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import REFINING, Rule, refinements_of_scoped
from qscache_lint.rules.wording import raises, repair, spares_queries
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in refinements_of_scoped(analysis, lose=False):
        spared = ", but for the queries that build it" if spares_queries(analysis, use.queryset.kept) else ""
        yield rule.at_use(
            use,
            f"{use.operation} refines the QuerySet that {use.queryset.kept.name} keeps: this costs as much as "
            f"without the memo{spared}{raises(use)}",
            repair(use.queryset.kept),
        )


RULE = Rule("QSC253", "scoped-queryset-refined", _check, store=Store.SCOPED, effects=REFINING)
