"""A QuerySet kept on an instance or a request is written through: `.update()` or `.delete()`.

## Why

The statement uses none of the rows that have been loaded, and Django drops these, so that whoever reads the property
afterwards queries again. Rows that were taken out before it are as they were.

## Bad

```python
@cached_property
def open_lines(self):
    return self.lines.filter(closed=False)

def close(self):
    self.open_lines.update(closed=True)
```

## Good

```python
def open_lines(self):
    return self.lines.filter(closed=False)

def close(self):
    self.open_lines().update(closed=True)
```

## Fix safety

There is no fix: only a person knows which rows are to be written, and who should see it.

## Not seen

Writes on what a refinement gives, in functions that the value is handed to, and of single rows.

Django's documentation: [`update()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#update),
[`delete()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#delete),
[caching and QuerySets](https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, writes_of
from qscache_lint.rules.wording import raises
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in writes_of(analysis, Store.SCOPED):
        yield rule.at_use(
            use,
            f"{use.operation} writes through the QuerySet that {use.queryset.kept.name} keeps: it "
            f"{cost.writing}{raises(use)}",
            "write through a QuerySet that is not kept",
        )


RULE = Rule("QSC243", "written-scoped-queryset", _check, store=Store.SCOPED, effects=(Effect.WRITES,))
