"""A QuerySet that the whole process shares is read directly, not through a copy.

## Why

A QuerySet that the body of a module or class builds, or the default of a parameter, is one object for all requests of a
process. It queries when it is first read, and
[keeps the rows](https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets): later
reads get the rows of that time, until the process ends. Measured: one query for the first read, none for the
others, and none of them sees a row that was added in between (`tests/semantics/test_shared_querysets.py`). A copy, by
`.all()` or any refinement, queries each time.

Django copies before it reads:
[`get_queryset()`](https://docs.djangoproject.com/en/stable/ref/class-based-views/mixins-multiple-object/#django.views.generic.list.MultipleObjectMixin.get_queryset)
of a generic view, `ModelChoiceField`, an admin. Django REST framework does too, and makes its views'
[`queryset`](https://www.django-rest-framework.org/api-guide/generic-views/#attributes) raise where it is read directly.

## Bad

```python
class Stories(View):
    queryset = Story.objects.filter(live=True)

    def get(self, request):
        return JsonResponse({"titles": [story.title for story in self.queryset]})
```

## Good

```python
class Stories(View):
    queryset = Story.objects.filter(live=True)

    def get(self, request):
        return JsonResponse({"titles": [story.title for story in self.queryset.all()]})
```

## Fix safety

`read-copy` puts `.all()` behind the name. It is safe in this sense: each read gives what the first one gave, the rows
of its time for one query; the same holds where the value is bound to a variable. It is unsafe unless that read is the
only thing that the project does with the QuerySet, the function that reads runs once for its caller, and of the rows
only columns or their number are read: see docs/fix-safety.md.
There is no fix for the default of a parameter, for which callers may pass a list, and in a coroutine.

## Not seen

What a template, or a framework that the tables do not know, reads; attributes that some method of the class sets as
well; variables that may hold another QuerySet; a QuerySet that another function has built, or that another module gives
under another name. Parts (`[:5]`, `.count()`, `.first()`) keep no rows and are left alone, and so are reads at import,
which QSC301 reports, and those of a management command, whose process ends with them.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.project.analysis import Analysis
from qscache_lint.project.scripts import is_command
from qscache_lint.project.shared import SharedRead
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for found in analysis.shared:
        if not is_command(found.path):
            yield Finding(
                path=found.path,
                span=found.span,
                code=rule.code,
                name=rule.name,
                message=f"{found.operation} reads {found.name} itself, {_costs(found)}",
                confidence=found.confidence,
                trail=(found.built,),
                suggestion=f"read a copy: {found.name.removeprefix('.')}.all()",
            )


def _costs(found: SharedRead) -> str:
    if found.is_refused:
        return "for which Django REST framework raises RuntimeError: the whole process shares it"
    return "which the whole process shares: the rows of the first read are kept until the process ends"


RULE = Rule("QSC302", "shared-queryset-evaluated", _check)
