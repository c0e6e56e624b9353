"""Takes the steps of projects in this process, one after another: the modules of each are forgotten afterwards.

All projects share the models and rows of ``zoo.MODELS``; what a run writes is rolled back. Of a project come the other
modules of the package, which may have proxies of the models.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.execution import stepping
from tests.execution.laws import lay

from . import zoo

PACKAGE = stepping.PACKAGE
SHARED = {f"{PACKAGE}.models", f"{PACKAGE}.sample"}
NOW = 1_700_000_000.0
"""The time of all runs: on a slow machine, what is cached would expire in one of them, and not in the other."""

SIGNALS = ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "class_prepared")


class Stage:
    """Django with the shared models, set up once for a process; `directory` is where these are laid."""

    def __init__(self, directory: Path) -> None:
        sys.dont_write_bytecode = True
        warnings.simplefilter("ignore")
        lay(directory, {f"{PACKAGE}/{name}.py": text.encode() for name, text in _SHARED_FILES.items()})
        sys.path.insert(0, str(directory))
        stepping.configure()
        self._names = stepping.set_up()
        self._package = sys.modules[PACKAGE]
        self._path = [*self._package.__path__]

    def take(self, root: Path, steps: Sequence[str]) -> list[dict[str, Any]]:
        """What came of each step of a run, and how many queries it sent."""
        queries = stepping.Queries()
        counted = _django("django.db").connection.execute_wrapper(queries)
        with self._fresh(root), counted, patch("time.time", lambda: NOW):
            names = stepping.Names(self._names, requests=defaultdict(_django("django.http").HttpRequest))
            return [_taken(step, names, queries) for step in steps]

    @contextmanager
    def _fresh(self, root: Path) -> Iterator[None]:
        """The modules of a project, an empty cache, and rows as they were at first."""
        transaction = _django("django.db").transaction
        self._package.__path__ = [str(root / PACKAGE), *self._path]
        importlib.invalidate_caches()
        with _kept_surroundings(), transaction.atomic():
            try:
                yield
            finally:
                transaction.set_rollback(True)
                self._forget()

    def _forget(self) -> None:
        for name in [name for name in sys.modules if name.startswith(f"{PACKAGE}.") and name not in SHARED]:
            del sys.modules[name]
            vars(self._package).pop(name.rpartition(".")[2], None)
        for path in [path for path in sys.path_importer_cache if path == self._package.__path__[0]]:
            del sys.path_importer_cache[path]
        apps = _django("django.apps").apps
        models = apps.all_models[PACKAGE]
        for name in [name for name, model in models.items() if model.__module__ not in SHARED and model._meta.proxy]:
            del models[name]
        apps.clear_cache()


def _django(module: str) -> Any:
    return importlib.import_module(module)


_SHARED_FILES = {"__init__": "", "models": zoo.MODELS, "sample": zoo.SAMPLE}


def _taken(step: str, names: stepping.Names, queries: stepping.Queries) -> dict[str, Any]:
    before = queries.count
    try:
        with _django("django.db").transaction.atomic(savepoint=True):
            result = stepping.told(stepping.value_of(step, names))
    except Exception as error:  # noqa: BLE001 - whatever a step does is its result
        result = stepping.told(error)
    return {"result": result, "queries": queries.count - before}


@contextmanager
def _kept_surroundings() -> Iterator[None]:
    """What projects change beside rows: signals, the language, settings, the environment, the cache."""
    signals = _django("django.db.models.signals")
    receivers = {name: [*getattr(signals, name).receivers] for name in SIGNALS}
    settings = _django("django.conf").settings
    settings.ZOO_LEAST = 0
    os.environ["ZOO_LEAST"] = "0"
    try:
        yield
    finally:
        for name, kept in receivers.items():
            getattr(signals, name).receivers[:] = kept
            getattr(signals, name).sender_receivers_cache.clear()
        _django("django.utils.translation").activate("en")
        _django("django.core.cache").cache.clear()
