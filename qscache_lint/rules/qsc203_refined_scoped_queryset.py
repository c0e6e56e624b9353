"""A QuerySet kept on an instance or a request is refined, although its rows are loaded.

## Why

A cached property keeps the QuerySet, and its rows once they are read. A refinement uses neither: it runs a query of its
own each time. The rule reports refinements that waste something: where the rows of the same value are read in full by
code that may run together with it, and where a copy is made only to be read in full (`.all()`). Any other refinement is
QSC253.

## Bad

```python
@cached_property
def active_lines(self):
    return self.lines.filter(cancelled=False)

def total(self):
    return sum(line.price for line in self.active_lines)

def late_lines(self):
    return list(self.active_lines.filter(late=True))
```

## Good

Refine an uncached method, or pick from the rows that are already loaded:

```python
def late_lines(self):
    return [line for line in self.active_lines if line.late]
```

## Fix safety

`drop-cache` makes a plain property where every use refines: the queries stay the same. `split-function` makes two
properties: a plain one to refine, a cached one with the rows. `drop-copy` drops an `.all()` that is only read. It is
unsafe, since the rows are those of the object's first read.

## Not seen

Receivers whose type the analysis cannot determine; what is done later to a value that was refined once. Rows that only
tests read are those of other objects, and so are those that only another view or command reads, be it by functions that
it calls. Those that a template reads may be, whose context another function makes. What goes into a subquery, a form
field or a serializer field, or is passed on as a QuerySet that nothing here reads, is QSC253.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.flow import Fate
from qscache_lint.rules.base import REFINING, Rule, refinements_of_scoped
from qscache_lint.rules.wording import raises, refining, repair
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in refinements_of_scoped(analysis, lose=True):
        name = use.queryset.kept.name
        only_copied = use.demand.copies and use.fate is Fate.READ
        yield rule.at_use(
            use,
            f"{use.operation} refines the QuerySet that {name} keeps: it {refining(rule.costs(analysis), use)}"
            f"{raises(use)}",
            f"read {name} directly" if only_copied else repair(use.queryset.kept),
        )


RULE = Rule("QSC203", "refined-scoped-queryset", _check, store=Store.SCOPED, effects=REFINING)
