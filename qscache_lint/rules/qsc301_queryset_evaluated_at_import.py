"""A query runs while a module is imported.

## Why

Code in the body of a module or class runs once, when the module is first imported: at every start of a server, a
worker, a shell and a management command. Measured (`tests/semantics/test_import_time.py`):

- `migrate` fails on an empty database: it imports the URLconf for its checks, and that code queries a table that does
  not exist yet.
- Tests query the real database, since
  [theirs](https://docs.djangoproject.com/en/stable/topics/testing/overview/#the-test-database) is created after the
  modules have been imported; where that has no such table, they fail.
- The result stays: rows that are added later are missing until the process ends.
- In `models.py`, and in what it imports, the apps are still being loaded, and
  [Django advises against it](https://docs.djangoproject.com/en/stable/ref/applications/#django.apps.AppConfig.ready);
  since 5.0 a `RuntimeWarning` says so.

## Bad

```python
class StoryForm(forms.Form):
    section = forms.ChoiceField(choices=[(s.pk, s.name) for s in Section.objects.all()])


DEFAULT_SITE = Site.objects.get(domain="example.com")
```

## Good

```python
def sections():
    return [(s.pk, s.name) for s in Section.objects.all()]


class StoryForm(forms.Form):
    section = forms.ChoiceField(choices=sections)


def default_site():
    return Site.objects.get(domain="example.com")
```

[`choices`](https://docs.djangoproject.com/en/stable/ref/forms/fields/#django.forms.ChoiceField.choices) of a form's
field takes a function, which is called for each form; that of a model's field does since Django 5.0. A
`ModelChoiceField` takes the QuerySet itself, and queries for each form. In a URLconf, `extra_context` may hold a
function, which the template calls.

Extra methods of the managers of Django's own models count as well: `ContentType.objects.get_for_model()` and
`Site.objects.get_current()` query at the first call.

## Fix safety

`defer-query` moves the value of `choices=`, `initial=` or `default=` to a function of the module, or passes the
function that is called there, where the field takes one in this version of Django (`[[called_later]]` in
`knowledge/functions.toml`, each row executed in `tests/semantics/test_called_later.py`). It is unsafe: a query runs
whenever the value is needed, and returns the rows of that time. Constants have no fix, since code that reads them
would have to call a function; nor have widgets, values that need a name which the module does not bind once above, and
fields whose value other code may read: files that name the field or its class are searched for `.choices` (other than
in a loop), `.initial` and `.default`. Templates, and code that handles the fields of all forms, are not searched.

## Not seen

Queries of functions that only metaclasses, properties or signals call at import; of methods named like one of a
QuerySet (`Registry().get()`), and of an object that may be of a subclass; those of a `RawQuerySet`, of a cursor, and
of objects that the analysis cannot resolve; in a function, a query behind a test of an argument, or of an attribute of
the object, that is not known.

Left out on purpose: migrations, modules that are run rather than imported (`__main__.py`, in a directory `scripts`,
without a name to import them by, that call `django.setup()`, that name `DJANGO_SETTINGS_MODULE` and are not imported,
or that print, look at `__name__` or take `sys.path` or `sys.stdin` and are named nowhere), those of management commands
that no other module imports (the process runs one command: what it has asked for ends with it), code behind `if
__name__ == "__main__"`, `if TYPE_CHECKING` or `if settings.DEBUG`, and functions that are not called at import. A `try`
around the query, or a look at `sys.argv`, changes nothing: what it catches is the failure, and the rest stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from qscache_lint.project.analysis import Analysis
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.scripts import is_command
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding

_LOADED_WITH_APPS = ("models", "apps")
"""The modules of an app that Django imports before its registry is ready."""


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for found in analysis.imported:
        yield Finding(
            path=found.path,
            span=found.span,
            code=rule.code,
            name=rule.name,
            message=_message(found),
            confidence=found.confidence,
            trail=() if found.inner is None else (found.inner,),
            suggestion="query in a function; where the framework takes a callable, as for choices, pass that function",
        )


def _message(found: ImportQuery) -> str:
    operation = f"`{found.operation}`" if found.operation.isidentifier() else found.operation
    does = "writes to the database" if found.writes else "runs a query"
    return f"{operation} {does} while the module is imported: {_breaks(found)}"


def _breaks(found: ImportQuery) -> str:
    """What the query breaks, by when the module is imported."""
    path = PurePosixPath(found.path).with_suffix("")
    if path.name in _LOADED_WITH_APPS or path.parent.name in _LOADED_WITH_APPS:
        return "migrate fails on an empty database, and Django 5 warns because apps are still being loaded"
    if is_command(found.path):
        return "it runs for --help, and wherever the module of the command is imported"
    kept = "it runs at every start" if found.writes else "its result is kept until the process ends"
    return f"migrate and tests fail on an empty database, and {kept}"


RULE = Rule("QSC301", "queryset-evaluated-at-import", _check)
