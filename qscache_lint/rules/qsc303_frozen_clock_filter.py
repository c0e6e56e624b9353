"""A long-lived filter compares with the time at which it was built.

## Why

`timezone.now()` in the body of a module or class is called once, when the module is imported: from then on, the filter
compares with the start of the process, whatever copies are made of the QuerySet. In a function whose results are cached
without a limit of time, the first call decides. Measured (`tests/semantics/test_frozen_clocks.py`): the clock is read
once, and each query sends that time. Stories that are due never appear, offers that have ended stay, until a restart.

Where a function of the project reads the clock (`cutoff()`), or builds the QuerySet, its call is reported, and the
clock is in the trail.

## Bad

```python
class OfferForm(forms.Form):
    offer = forms.ModelChoiceField(queryset=Offer.objects.filter(ends__gte=timezone.now()))
```

## Good

```python
class OfferForm(forms.Form):
    offer = forms.ModelChoiceField(queryset=Offer.objects.filter(ends__gte=Now()))
```

[`Now()`](https://docs.djangoproject.com/en/stable/ref/models/database-functions/#now) is the clock of the database,
which each query reads. A method of a manager, or the form's `__init__`, reads Python's clock each time.
[`limit_choices_to`](https://docs.djangoproject.com/en/stable/ref/models/fields/#django.db.models.ForeignKey.limit_choices_to)
takes a function.

## Fix safety

There is no automatic fix: the database's clock has another time zone and precision, and begins with the transaction.

## Not seen

A clock that another module has read; one in a `Q` or a dict that another filter gets later; a function that gives the
time on some paths only. Left out on purpose: caches whose entries end some time, memos made by hand where the function
looks at a clock itself or other code of the module empties them, rows and numbers, which no longer filter anything, a
`cached_property`, scripts, migrations and management commands.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.project.analysis import Analysis
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.scripts import is_command
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for found in analysis.frozen:
        if not is_command(found.path):
            yield Finding(
                path=found.path,
                span=found.span,
                code=rule.code,
                name=rule.name,
                message=f"{found.clock} is called once, {_when(found)}: the filter compares with that time forever",
                confidence=found.confidence,
                trail=(found.built,) if found.inner is None else (found.built, found.inner),
                suggestion="use the database's clock, Now(), or build the QuerySet in a function",
            )


def _when(found: FrozenClock) -> str:
    return f"by the first call of {found.memo}" if found.memo else "when the module is imported"


RULE = Rule("QSC303", "frozen-clock-filter", _check)
