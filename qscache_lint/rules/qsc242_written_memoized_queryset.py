"""A QuerySet that a memo of the process hands out is written through, or rows that all its callers share are changed.

## Why

`.update()` and `.delete()` send a statement of their own and drop the rows of the object, which all callers share: the
next one queries again.

A row that is changed without being saved is changed for everybody: all callers of a memo get the same objects, from the
first iteration on, for the life of the process. So it is with a list that a memo hands out and somebody sorts, or takes
something out of: the next request gets what the last one has left.

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

There is no fix: only a person knows which rows are to be written, and who should see it.

## Not seen

Rows and lists of memos that are made by hand; rows that come out of the memo by way of another container, such as
`list(categories())[0]`; `rows += […]`; changes in a function that they are handed to. `row.save()` and `row.delete()`
write a single row, and are left alone, and so is an item of a lazy QuerySet, which is a new object each time.

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
    "row": "build new values from the rows, or copy.copy(row) before it is changed",
    "list": "change a copy, as list(…) or sorted(…), and let the memo keep a tuple",
}

RULE = Rule("QSC242", "written-memoized-queryset", _check, store=Store.MEMO, effects=(Effect.WRITES,))
