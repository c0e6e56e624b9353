"""A QuerySet kept on an instance or a request is written through (`.update()`, `.delete()`) and read again afterwards.

## Why

The statement uses none of the rows that have been loaded, and Django drops these, so reading the property afterwards
queries again. Rows that were taken out before keep their old values.

Only writes are reported whose rows are read later in the same function, or by other code of the project. A write that
is the last thing done with the value costs what it would cost without the memo: of the four that a version without this
condition found in 24 real projects, all were of that kind, and none was worth acting on. What validates a form or
serializer (`clean()`, `validate()`, and what only they call) has read the rows before it is saved.

## Bad

```python
@cached_property
def open_lines(self):
    return self.lines.filter(closed=False)

def close(self):
    self.open_lines.update(closed=True)
    return [line.number for line in self.open_lines]
```

## Good

```python
def open_lines(self):
    return self.lines.filter(closed=False)

def close(self):
    lines = self.lines.filter(closed=False)
    numbers = [line.number for line in lines]
    lines.update(closed=True)
    return numbers
```

## Fix safety

There is no automatic fix: the code does not tell which rows should be written, and which readers should see it.

## Not seen

Writes on what a refinement gives, and of single rows; reads by templates. Which of two functions runs first is not
known, except for validation: other code that reads the rows counts, whenever it runs.

Django's documentation: [`update()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#update),
[`delete()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#delete),
[caching and QuerySets](https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, writes_before_reads
from qscache_lint.rules.wording import raises
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in writes_before_reads(analysis):
        yield rule.at_use(
            use,
            f"{use.operation} writes through the QuerySet that {use.queryset.kept.name} keeps: it "
            f"{cost.writing}{raises(use)}",
            "write through a QuerySet that is not cached",
        )


RULE = Rule("QSC243", "written-scoped-queryset", _check, store=Store.SCOPED, effects=(Effect.WRITES,))
