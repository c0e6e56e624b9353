"""Take the steps of many small projects: one request a line on stdin, one answer a line on stdout.

A request names a project's directory, which has the app ``zoo``, and *runs*: lists of steps. Every run is a fork of
this process, which has imported Django but set nothing up: modules, rows, caches, signals and threads are fresh. What
came of each step is told with the number of queries that it sent; types are told apart.
"""

from __future__ import annotations

import ast
import importlib
import json
import multiprocessing
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PACKAGE = "zoo"
IMPORTED_EARLY = (
    *("django.apps", "django.core.cache.backends.locmem", "django.core.management", "django.core.paginator"),
    *("django.db.models", "django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.forms"),
    *("django.template.backends.django", "django.template.loader", "django.template.defaulttags", "asgiref.sync"),
    *("django.utils.translation", "django.dispatch", "unittest.mock"),
)
DEPTH = 6


def _django(module: str) -> Any:
    """Import a module of Django, which has no type information: its attributes are ``Any``."""
    return importlib.import_module(module)


def configure() -> None:
    """What every project has; the templates are those of the directory a run is in."""
    backend = "django.template.backends.django.DjangoTemplates"
    _django("django.conf").settings.configure(
        SECRET_KEY="for laws alone",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        INSTALLED_APPS=[PACKAGE],
        LOGGING_CONFIG=None,
        TEMPLATES=[{"BACKEND": backend, "DIRS": ["templates"], "APP_DIRS": False}],
    )
    for module in IMPORTED_EARLY:
        importlib.import_module(module)


class Names(dict[str, Any]):
    """What steps can name: modules of the project are imported when they are asked for."""

    def __missing__(self, name: str) -> Any:
        try:
            return importlib.import_module(f"{PACKAGE}.{name}")
        except ModuleNotFoundError as error:
            if error.name == f"{PACKAGE}.{name}":
                raise KeyError(name) from None
            raise


def set_up() -> Names:
    """Make the tables and rows of the project in the current directory."""
    _django("django").setup()
    connection, apps = _django("django.db").connection, _django("django.apps").apps
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if not model._meta.proxy:
                editor.create_model(model)
    importlib.import_module(f"{PACKAGE}.sample")
    return Names(
        {model.__name__: model for model in apps.get_models()},
        settings=_django("django.conf").settings,
        cache=_django("django.core.cache").cache,
        translation=_django("django.utils.translation"),
        async_to_sync=_django("asgiref.sync").async_to_sync,
    )


class Queries:
    """Counts what is sent to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


def take(steps: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What came of each step. A project that cannot be set up has that as its only result."""
    try:
        names = set_up()
    except Exception as error:  # noqa: BLE001 - whatever a project does is its result
        yield {"result": told(error), "queries": 0}
        return
    queries = Queries()
    with _django("django.db").connection.execute_wrapper(queries):
        for step in steps:
            before = queries.count
            try:
                result = told(value_of(step, names))
            except Exception as error:  # noqa: BLE001 - whatever a step does is its result
                result = told(error)
            yield {"result": result, "queries": queries.count - before}


def value_of(step: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression; None for a statement."""
    tree = ast.parse(step)
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        return eval(step, {}, names)
    return exec(step, {}, names)


def told(value: Any, depth: int = DEPTH) -> Any:
    """A value as JSON that tells types apart, and reads what is lazy to its end."""
    models = _django("django.db.models")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Exception):
        return f"raises {type(value).__name__}"
    if isinstance(value, models.Model):
        return f"{type(value).__name__} {value.pk}"
    if isinstance(value, Mapping):
        return [type(value).__name__, *([told(key, depth - 1), told(each, depth - 1)] for key, each in value.items())]
    if isinstance(value, (set, frozenset)):
        return [type(value).__name__, *sorted(json.dumps(told(each, depth - 1)) for each in value)]
    if depth and (isinstance(value, (list, tuple, models.QuerySet)) or hasattr(value, "__next__")):
        return [type(value).__name__, *(told(each, depth - 1) for each in value)]
    return type(value).__name__


def run(root: Path, steps: Sequence[str]) -> list[dict[str, Any]]:
    """Take the steps in a fork."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, root, steps))
    process.start()
    sender.close()
    answer: list[dict[str, Any]] = receiver.recv()
    process.join()
    return answer


def _send(sender: Connection, root: Path, steps: Sequence[str]) -> None:
    sys.path.insert(0, str(root))
    _django("django.conf").settings.TEMPLATES[0]["DIRS"] = [root / "templates"]
    sender.send(list(take(steps)))


def main() -> None:
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    answers = sys.stdout
    sys.stdout = sys.stderr
    # The modules of projects must not meet those that lie beside this script.
    del sys.path[0]
    configure()
    for line in sys.stdin:
        request = json.loads(line)
        root = Path(request["root"])
        print(json.dumps([run(root, steps) for steps in request["runs"]]), file=answers, flush=True)


if __name__ == "__main__":
    main()
