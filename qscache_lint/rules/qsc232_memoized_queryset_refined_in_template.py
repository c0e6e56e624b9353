"""A template refines a memoized QuerySet, or takes only a part of it.

## Why

The memo holds a lazy object. `.all`, `.last` or `.reverse` in a template queries again at each request, so the memo
saves nothing; `.count`, `.exists`, `.first` or `|slice` does so until the object that all requests share is iterated.
Where the template also reads all rows, a part is no loss.

What follows a dot is called without arguments: `{% for story in stories.all %}`, `{% if stories.exists %}`, `{{
stories.last.title }}`. Parent and included templates count as part of the template. The finding is where the value
enters the context, and names the line of the template. What each filter, tag and method costs is measured in
`tests/semantics/test_templates.py`.

## Bad

```python
return render(request, "menu.html", {"sections": sections()})  # an @lru_cache function
```

```html
{% for section in sections.all %}…{% endfor %}
```

## Good

```python
return render(request, "menu.html", {"sections": cached_sections()})  # a tuple of the rows
```

```html
{% for section in sections %}…{% endfor %}
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
from qscache_lint.project.uses import Use
from qscache_lint.rules.base import REFINING, Rule, by_place, parts_in_template, refined_in_template
from qscache_lint.rules.wording import in_template, only_part, refining_memo, repair_of_memo, taking
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    uses = (*refined_in_template(analysis, Store.MEMO), *parts_in_template(analysis, Store.MEMO))
    for use in by_place(uses):
        yield _refined(rule, analysis, use) if use.demand.queries_again else _part(rule, analysis, use)


def _refined(rule: Rule, analysis: Analysis, use: Use) -> Finding:
    origin = use.queryset.kept
    return rule.at_use(
        use,
        f"{use.operation}{in_template(use)} refines the lazy QuerySet that {origin.name} memoizes: it "
        f"{refining_memo(rule.costs(analysis), analysis, use)}",
        repair_of_memo(analysis, origin),
    )


def _part(rule: Rule, analysis: Analysis, use: Use) -> Finding:
    return rule.at_use(
        use,
        f"{only_part(use, f'the lazy QuerySet that {use.queryset.kept.name} memoizes')}"
        f"{in_template(use)}: it {taking(rule.costs(analysis), use)}",
        "memoize only what is used, or tuple(…) of the rows",
    )


RULE = Rule(
    "QSC232",
    "memoized-queryset-refined-in-template",
    _check,
    store=Store.MEMO,
    effects=(*REFINING, Effect.PART),
)
