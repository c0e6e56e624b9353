"""A QuerySet kept on an instance or a request is refined.

## Why

A cached property keeps the QuerySet, and its rows once they are read. A refinement uses neither: it runs a query
of its own each time, so keeping the QuerySet saves nothing there.

## Bad

```python
@cached_property
def active_lines(self):
    return self.lines.filter(cancelled=False)

def late_lines(self):
    return self.active_lines.filter(late=True)
```

## Good

Refine an uncached method, or pick from the rows that are already there:

```python
def late_lines(self):
    return [line for line in self.active_lines if line.late]
```

## Fix safety

`drop-cache` makes a plain property where every use refines: the queries stay the same. `split-function` makes two
properties: a plain one to refine, a cached one with the rows.

## Not seen

Receivers whose type the analysis cannot determine; what is done later to a value that was refined once.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import REFINING, Rule, uses_of
from qscache_lint.rules.wording import raises, refining, repair
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in uses_of(analysis, UseKind.REFINED, Store.SCOPED):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} refines the QuerySet that {origin.name} keeps: it "
            f"{refining(rule.costs(analysis), use)}{raises(use)}",
            repair(origin),
        )


RULE = Rule("QSC203", "refined-scoped-queryset", _check, store=Store.SCOPED, effects=REFINING)
