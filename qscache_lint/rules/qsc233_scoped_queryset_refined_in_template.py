"""A template refines a QuerySet that is kept on an instance or a request.

## Why

A cached property keeps the QuerySet, and its rows once they are read. `.all`, `.last` or `.reverse` in a template uses
neither: it runs a query of its own each time. That costs what it would cost without the memo, so this rule is off by
default. `.count`, `.exists`, `.first` and `|slice` are cheap, and are not reported.

What follows a dot is called without arguments: `{% for story in stories.all %}`, `{% if stories.exists %}`, `{{
stories.last.title }}`. Parent and included templates count as part of the template. The finding is where the value
enters the context, and names the line of the template. What each filter, tag and method costs is measured in
`tests/semantics/test_templates.py`.

## Bad

```python
return render(request, "order.html", {"lines": order.active_lines})  # a @cached_property
```

```html
{% for line in lines.all %}…{% endfor %}
```

## Good

```python
return render(request, "order.html", {"lines": order.active_lines})
```

```html
{% for line in lines %}…{% endfor %}
```

## Fix safety

There is no automatic fix: a template may get other values under the same name. Drop `.all` where all rows are shown.

## Not seen

Templates outside of directories that are called `templates` or `jinja2`, or that `DIRS` names literally; of Jinja's,
what macros are handed, and expressions other than variables with steps, calls, slices and filters; templates of one
name that do not agree; contexts that are put together in ways the analysis does not follow; objects of
lists that a framework puts there.

Django: [variables](https://docs.djangoproject.com/en/stable/ref/templates/language/#variables), [when QuerySets are
evaluated](https://docs.djangoproject.com/en/stable/ref/models/querysets/#when-querysets-are-evaluated).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import REFINING, Rule, by_place, refined_in_template
from qscache_lint.rules.wording import in_template, refining, repair
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in by_place(refined_in_template(analysis, Store.SCOPED)):
        name = use.queryset.kept.name
        yield rule.at_use(
            use,
            f"{use.operation}{in_template(use)} refines the QuerySet that {name} keeps: it "
            f"{refining(rule.costs(analysis), use)}",
            f"read {name} directly" if use.demand.copies else repair(use.queryset.kept),
        )


RULE = Rule("QSC233", "scoped-queryset-refined-in-template", _check, store=Store.SCOPED, effects=REFINING)
