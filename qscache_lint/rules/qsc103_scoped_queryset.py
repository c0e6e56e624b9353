"""A memo of an instance or a request holds a lazy QuerySet.

## Why

A cached property or an attribute memo keeps the QuerySet object. Reading its rows is what it is for, so this rule is
off by default. It helps to find properties that are only ever refined, and so save nothing.

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

`drop-cache` changes no query where every use refines. `split-function` gives readers a property with the rows. Where
every use reads the rows, there is nothing to fix.

## Not seen

Attributes whose owner the analysis cannot resolve.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, definitions_in
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for definition in definitions_in(analysis, Store.SCOPED):
        origin = definition.origin
        yield rule.at_definition(
            definition,
            f"{origin.name} keeps a lazy QuerySet on its instance or request: storing it {rule.costs(analysis).stores}",
            "keep it if its rows are read; make it a plain property or method if it is refined",
        )


RULE = Rule("QSC103", "scoped-queryset", _check, store=Store.SCOPED)
