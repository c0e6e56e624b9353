"""A QuerySet is serialised: for a session, a task queue, another process or a file.

## Why

Pickling a QuerySet runs its whole query and puts every row into the message; the code that unpickles it gets the rows
of that time, and only with the same version of Django. Serialisers that do not know QuerySets convert it to text
instead, which runs a query for 21 rows, or reject it.

Which of these happens is determined by the project: the call, the task, or a setting (`CELERY_TASK_SERIALIZER`,
`SESSION_SERIALIZER`, `SESSION_ENGINE`), where the name of the serializer is written literally. A setting counts in
modules that can be settings, not in tests; what is set only under a condition leaves it open.

## Bad

```python
send_digest.delay(Subscription.objects.filter(active=True))
```

## Good

```python
send_digest.delay(list(Subscription.objects.filter(active=True).values_list("pk", flat=True)))
```

or no argument at all: the task asks for what it needs when it runs.

## Fix safety

There is no automatic fix: what the receiver needs is not in the code.

## Not seen

Tasks and queues that the analysis cannot resolve; QuerySets inside other objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qscache_lint.knowledge.model import Reads
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding

_READS: Mapping[Reads, str] = {
    "rows": "this runs the whole query and serialises every row",
    "few": "this runs a query for 21 rows and serialises only their text",
    "none": "the serializer rejects it",
    "unknown": "the configured serializer either serialises every row or rejects it",
}


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for found in analysis.serialized:
        refused = ", and is then rejected" if found.choice.refuses and found.choice.reads != "none" else ""
        yield Finding(
            path=found.path,
            span=found.span,
            code=rule.code,
            name=rule.name,
            message=f"{found.how} serialises a QuerySet: {_READS[found.choice.reads]}{refused}",
            confidence=found.queryset.confidence,
            trail=found.trail,
            suggestion="pass primary keys, or plain data such as list(….values(…))",
        )


RULE = Rule("QSC106", "serialized-queryset", _check)
