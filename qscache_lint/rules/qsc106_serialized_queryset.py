"""A QuerySet is serialised: for a session, a task queue, another process or a file.

## Why

Pickling a QuerySet runs its whole query and puts every row into the message; the code that unpickles it gets rows that
were true at that time, and only with the same version of Django. Serialisers that do not know QuerySets print it
instead, which runs a query for 21 rows, or refuse it.

Which of these it is, the project says: the call, the task, or a setting (`CELERY_TASK_SERIALIZER`,
`SESSION_SERIALIZER`, `SESSION_ENGINE`), where the name of the serializer stands there literally. A setting counts in
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

from qscache_lint.knowledge import Reads
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding

_READS: Mapping[Reads, str] = {
    "rows": "the whole query runs, and every row goes along",
    "few": "it is printed, which runs a query for 21 rows, and the text is all that goes along",
    "none": "it is refused",
    "unknown": "it depends on the serializer chosen for it whether every row goes along or it is refused",
}


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for found in analysis.serialized:
        refused = ", and it is refused in the end" if found.choice.refuses and found.choice.reads != "none" else ""
        yield Finding(
            path=found.path,
            span=found.span,
            code=rule.code,
            name=rule.name,
            message=f"{found.how} serialises a QuerySet: {_READS[found.choice.reads]}{refused}",
            confidence=found.queryset.confidence,
            trail=found.trail,
            suggestion="hand over primary keys, or plain data such as list(….values(…))",
        )


RULE = Rule("QSC106", "serialized-queryset", _check)
