"""A template refines a QuerySet from a pickling cache, or takes only a part of it.

## Why

The cache ran the whole query and pickled every row. `.all`, `.last` or `.reverse` in a template discards these rows: it
runs a query of its own. `.count`, `.exists`, `.first` or `|slice` is answered from the rows, but all of them were
stored, and are unpickled, for this. Where the template also reads all rows, a part is no loss; where other code does,
it is QSC251.

What follows a dot is called without arguments: `{% for story in stories.all %}`, `{% if stories.exists %}`, `{{
stories.last.title }}`. Parent and included templates count as part of the template. The finding is where the value
enters the context, and names the line of the template. What each filter, tag and method costs is measured in
`tests/semantics/test_templates.py`.

## Bad

```python
return render(request, "front.html", {"stories": recent_stories()})
```

```html
{% for story in stories.all %}…{% endfor %}
```

## Good

```python
return render(request, "front.html", {"stories": cached_recent_stories()})
```

```html
{% for story in stories %}…{% endfor %}
```

## Fix safety

There is no automatic fix: a template may get other values under the same name. Drop `.all` where all rows are shown;
`|length`, `|first` and `|slice` do with rows what `.count`, `.first` and a slice do.

## Not seen

Templates outside of directories that are called `templates` or `jinja2`, or that `DIRS` names literally; of Jinja's,
what macros are handed, and expressions other than variables with steps, calls, slices and filters; templates of one
name that do not agree; contexts that are put together in ways the analysis does not follow; what the tags and filters
of a library give. What these do with a value is unknown, and so is what a template does that is not in the project: a
part is not reported beside it.

Django: [variables](https://docs.djangoproject.com/en/stable/ref/templates/language/#variables), [when QuerySets are
evaluated](https://docs.djangoproject.com/en/stable/ref/models/querysets/#when-querysets-are-evaluated).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.rules.base import REFINING, Rule, by_place, parts_of_pickled, refined_in_template
from qscache_lint.rules.wording import in_template, loading, only_part, refining, repair, storing, why_unbounded
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    parts = parts_of_pickled(analysis, UseKind.IN_TEMPLATE, are_read=False)
    for use in by_place((*refined_in_template(analysis, Store.PICKLED), *parts)):
        yield _refined(rule, analysis, use) if use.demand.queries_again else _part(rule, analysis, use)


def _refined(rule: Rule, analysis: Analysis, use: Use) -> Finding:
    cost, origin = rule.costs(analysis), use.queryset.kept
    return rule.at_use(
        use,
        f"{use.operation}{in_template(use)} refines the QuerySet that {storing(origin)}: the cache "
        f"{loading(cost, use.queryset)}, and this {refining(cost, use)}{why_unbounded(use.queryset)}",
        repair(origin),
    )


def _part(rule: Rule, analysis: Analysis, use: Use) -> Finding:
    cost = rule.costs(analysis)
    return rule.at_use(
        use,
        f"{only_part(use, f'the QuerySet that {storing(use.queryset.kept)}')}{in_template(use)}: the "
        f"cache {loading(cost, use.queryset)}, and {cost.part}{why_unbounded(use.queryset)}",
        "cache only what is used, or limit the query before caching it",
    )


RULE = Rule(
    "QSC231",
    "pickled-queryset-refined-in-template",
    _check,
    store=Store.PICKLED,
    effects=(*REFINING, Effect.PART),
)
