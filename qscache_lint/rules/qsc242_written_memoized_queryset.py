"""A QuerySet from a process-wide memo is written through, or rows that all its callers share are changed.

## Why

`.update()` and `.delete()` send a statement of their own and drop the rows of the object, which all callers share: the
next one queries again.

A row that is changed without being saved is changed for every caller: all callers of a memo get the same objects, from
the first iteration on, for the life of the process. The same holds for a list from a memo that is sorted, or that
something is removed from: the next request gets what the last one left.

## Bad

```python
@lru_cache(maxsize=None)
def categories():
    return list(Category.objects.all())

def menu(current):
    rows = categories()
    rows.sort(key=attrgetter("title"))
    for row in rows:
        row.is_current = row.pk == current
    return rows
```

## Good

```python
@lru_cache(maxsize=None)
def categories():
    return tuple(Category.objects.all())

def menu(current):
    rows = sorted(categories(), key=attrgetter("title"))
    return [(row, row.pk == current) for row in rows]
```

## Fix safety

There is no automatic fix: the code does not tell which rows should be written, and which readers should see it.

## Not seen

Rows and lists of memos that are made by hand; rows that come out of the memo by way of another container, such as
`list(categories())[0]`; `rows += […]`; changes in a function that they are handed to, where these are behind a test.
`row.save()` and `row.delete()`
write a single row, and are left alone, and so is an item of a lazy QuerySet, which is a new object each time.

Django's documentation: [`update()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#update),
[`delete()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#delete),
[caching and QuerySets](https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, writes_of
from qscache_lint.rules.wording import raises
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in writes_of(analysis, Store.MEMO):
        yield rule.at_use(
            use,
            f"{use.operation} writes through the lazy QuerySet that {use.queryset.kept.name} memoizes: it "
            f"{cost.writing}{raises(use)}",
            "write through an uncached QuerySet",
        )
    for mutation in analysis.mutations:
        yield rule.at_mutation(
            mutation,
            f"{mutation.operation} changes a {mutation.what} that {mutation.origin.name} memoizes: every caller shares "
            "it, so the change stays for the life of the process",
            _INSTEAD[mutation.what],
        )


_INSTEAD = {
    "row": "build new values from the rows, or change copy.copy(row)",
    "list": "change a copy such as list(…) or sorted(…), and memoize a tuple",
}

RULE = Rule("QSC242", "written-memoized-queryset", _check, store=Store.MEMO, effects=(Effect.WRITES,))
