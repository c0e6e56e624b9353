"""A cached value is a QuerySet on one path, and a list, tuple, set or dict on another.

## Why

The two look alike when iterated, but are not: a list has no `.filter()`, its `.count()` takes an argument, and a
QuerySet from a memo queries again where a list does not. Which of them a caller gets depends on arguments and data, so
the first call that fails is often one in production.

In a cache it costs more than elsewhere. A pickling cache keeps the rows in either case, so all that the QuerySet adds
is methods that discard them; a memo of a process keeps rows on one path and none on the other.

Paths are branches, flags, `super()`, and functions of the project that the cached one calls. `None`, `.none()` and
raising do not count as another kind of value. The finding appears beside those of QSC101, QSC102 and QSC103.

An empty container that stands for "nothing" (`return []`) can be iterated, counted by `len()` and tested like an empty
QuerySet, and costs no more. Where callers are seen, it counts only if one of them calls a method on the result which it
lacks: `.filter()`, `.exists()`, `.count()` without an argument. `.none()` is what would answer there. Of six such
values that were read in real projects, none was worth acting on (`benchmarks/corpus`).

## Bad

```python
@memoize()
def getRecentStories(num=5):
    stories = Story.objects.published()
    if num:
        return list(stories[:num])
    return stories
```

## Good

```python
def stories_queryset():
    return Story.objects.published()


@memoize()
def getRecentStories(num=5):
    stories = stories_queryset()
    return list(stories[:num] if num else stories)
```

An empty result for callers that refine it is `Story.objects.none()`, not `[]`.

## Fix safety

`one-kind` is a suggestion: rows on every path. The callers need a look, since those that refine need a function of
their own. The fixes of QSC101 and QSC102 at the same place resolve it as well.

## Not seen

Values that the analysis cannot resolve on one of the paths; a container of a class of the project's own; what callers
are seen to read, where none calls a method of a QuerySet. Beside an empty container, callers that test the value, or
what they ask with, before they call the method; templates; and functions of the project that are handed the value.

Django's documentation: [when QuerySets are
evaluated](https://docs.djangoproject.com/en/stable/ref/models/querysets/#when-querysets-are-evaluated), [pickling
QuerySets](https://docs.djangoproject.com/en/stable/ref/models/querysets/#pickling-querysets),
[`none()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#none).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.rules.base import Rule, stores_read, stores_taken_from
from qscache_lint.rules.wording import alternatives, keeping, rows_kept
from qscache_lint.values import Finding

_NONE = "return .none() where there is nothing: it has the methods of a QuerySet"


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    read, taken = stores_read(analysis), stores_taken_from(analysis)
    for definition in analysis.definitions:
        rows = rows_kept(definition.store)
        is_taken = definition.is_called or not taken.isdisjoint(definition.stores)
        is_read = not read.isdisjoint(definition.stores)
        # Nothing fails on a container that is only read; what fails on an empty one is told below.
        is_empty = definition.containers == definition.empty
        if definition.containers and not (is_empty if is_taken else is_read):
            message = f"{_mixing(definition, definition.containers)}: callers cannot tell which methods it has"
            remedy = f"cache {rows} on every path, and give callers that refine it an uncached function"
        elif definition.failing:
            empty = [f"empty {kind}" for kind in definition.empty]
            message = f"{_mixing(definition, empty)}, where a caller calls a method that only the QuerySet has"
            remedy = f"return .none() there; or cache {rows}, and give callers that refine it an uncached function"
        else:
            continue
        found = rule.at_definition(definition, message, remedy)
        yield replace(found, trail=(*found.trail, *definition.contained, *definition.failing))


def _mixing(definition: Definition, kinds: Sequence[str]) -> str:
    return f"{keeping(definition.origin)} a QuerySet on one path and {alternatives(kinds)} on another"


RULE = Rule("QSC104", "mixed-cached-return", _check)
