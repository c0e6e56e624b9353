"""Run the callers of many small projects in one process: one request a line on stdin, one answer a line on stdout.

Usage: python worker.py MODELS_DIR

MODELS_DIR has the package ``catalogue``, which the projects share. A request names a project's directory, how many
rows there are, and *runs*: lists of steps. A run starts with an empty cache and none of the project's modules imported.
A step is a call, whose cost is measured as in ``measure.py``, or the creation of one more row.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

if __name__ == "__main__":
    # Generated modules must not meet those that lie beside this script.
    here = sys.path.pop(0)
    sys.path.insert(0, str(Path(here).parents[1]))

from tests.execution.measure import Call, Meters, find, install, normal_form

SECTIONS = ("City", "Sports", "Arts")
NEW_ROW = 1000
SETTINGS = {
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "INSTALLED_APPS": ["catalogue"],
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "USE_TZ": True,
}


def _django(module: str) -> Any:
    """Import a module of Django, which has no type information: its attributes are ``Any``."""
    return importlib.import_module(module)


def set_up(models: Path) -> Meters:
    """Configure Django for this process; from here on its meters run."""
    sys.path.insert(0, str(models))
    _django("django.conf").settings.configure(**SETTINGS)
    _django("django").setup()
    _django("django.core.management").call_command("migrate", run_syncdb=True, verbosity=0)
    sections = _django("catalogue.models").Section.objects
    for pk, name in enumerate(SECTIONS, 1):
        sections.create(pk=pk, name=name)
    meters = Meters()
    install(meters)
    return meters


def fill(count: int) -> None:
    """Make `count` stories the only ones there are."""
    story = _django("catalogue.models").Story
    story.objects.all().delete()
    story.objects.bulk_create(
        story(
            pk=number,
            title=f"Story {number * 7 % 31}",
            section_id=number % len(SECTIONS) + 1,
            words=number * 13 % 60,
            published=number % 5 != 0,
        )
        for number in range(1, count + 1)
    )


def insert() -> None:
    """Create one more story, of the kind that every caller would see."""
    story = _django("catalogue.models").Story
    story.objects.create(pk=NEW_ROW, title="An extra", section_id=1, words=59, published=True)


@contextmanager
def imported_from(root: Path) -> Iterator[None]:
    """Let the modules of a project be imported, and forget them afterwards."""
    signal = _django("django.db.models.signals").post_save
    receivers = [*signal.receivers]
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(root))
        signal.receivers[:] = receivers
        signal.sender_receivers_cache.clear()
        _forget_models(root)
        for name, module in list(sys.modules.items()):
            if _lies_below(root, module):
                del sys.modules[name]
        for path in [path for path in sys.path_importer_cache if path.startswith(str(root))]:
            del sys.path_importer_cache[path]


def _forget_models(root: Path) -> None:
    """Take the models of a project out of Django's registry, where only one can have a name."""
    apps = _django("django.apps").apps
    models = apps.all_models["catalogue"]
    for name, model in list(models.items()):
        if _lies_below(root, sys.modules[model.__module__]):
            del models[name]
            apps.clear_cache()


def _lies_below(root: Path, module: ModuleType) -> bool:
    return str(getattr(module, "__file__", None) or "").startswith(f"{root}/")


def measured(call: Call, meters: Meters) -> dict[str, Any]:
    """The cost of one call, that of imports included, and what it returns or raises."""
    start = asdict(meters)
    try:
        function = find(call.target)
        if inspect.iscoroutinefunction(function):
            function = _django("asgiref.sync").async_to_sync(function)
        result = normal_form(function(*call.args, **call.kwargs))
    except Exception as error:  # noqa: BLE001 - whatever a generated caller does is its result
        result = {"raises": type(error).__qualname__}
    cost = {name: count - start[name] for name, count in asdict(meters).items()}
    return {**cost, "result": result}


def run(root: Path, steps: Sequence[dict[str, Any] | None], meters: Meters) -> list[dict[str, Any]]:
    """Take the steps in a fresh state; the measurements of the calls. None creates a row."""
    _django("django.core.cache").cache.clear()
    measurements = []
    with imported_from(root):
        for step in steps:
            if step is None:
                insert()
            else:
                measurements.append(measured(Call(**step), meters))
    if None in steps:
        _django("catalogue.models").Story.objects.filter(pk=NEW_ROW).delete()
    return measurements


def main() -> None:
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    answers = sys.stdout
    sys.stdout = sys.stderr
    meters = set_up(Path(sys.argv[1]))
    filled = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["rows"] != filled:
            filled = request["rows"]
            fill(filled)
        root = Path(request["root"])
        print(json.dumps([run(root, steps, meters) for steps in request["runs"]]), file=answers, flush=True)


if __name__ == "__main__":
    main()
