"""Run calls of a Django project's scenario and print what each costs, as a line of JSON.

Usage: python measure.py PROJECT_DIR CALL...

PROJECT_DIR/scenario.toml names the settings, the function that creates the rows, and the calls.
A call runs twice, first on an empty cache (``miss``), then again (``hit``), in a fork of the process
that has set the project up: so process-lifetime memos are empty too. What a call returns is read to the end
while the meters run: a lazy result costs what its reader pays for it. A coroutine function runs in
an event loop, and what it hands to threads (Django's async ORM) in the thread of the database.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class ScenarioError(Exception):
    """The scenario, or what it names, cannot be used."""


@dataclass(frozen=True)
class Call:
    """One call to measure; with ``request`` (a path), a GET request is the first argument.

    ``writes``: it changes rows or empties the cache, so that the second call fills it anew.
    """

    name: str
    target: str
    request: str | None = None
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    writes: bool = False


REPAIRS = (
    *("split-function", "extract-builder", "drop-cache", "materialise"),
    *("store-rows", "use-loaded-rows", "drop-guard", "drop-copy"),
)
APPLICABILITIES = ("safe", "unsafe", "display-only")


@dataclass(frozen=True)
class ExpectedRepair:
    """The repair that a project is an example of, ``count`` times; ``message`` is a piece of what it says.

    ``concern`` is a piece of its concerns, if it has any. ``local`` says how far the local repair can be trusted
    that is offered for each refining call: whether ``fix`` alone applies it.
    """

    name: str
    applicability: str
    message: str = ""
    concern: str = ""
    count: int = 1
    keep_cached_name: bool = False
    local: str | None = None


@dataclass(frozen=True)
class Scenario:
    """What to measure in a project; the repair it waits for does not make it another scenario."""

    settings: str
    fill: str
    rows: int
    calls: tuple[Call, ...]
    repair: ExpectedRepair | None = field(default=None, compare=False)

    def call(self, name: str) -> Call:
        for call in self.calls:
            if call.name == name:
                return call
        known = ", ".join(call.name for call in self.calls)
        raise ScenarioError(f"no call {name!r} in the scenario; it has: {known}")


def load_scenario(project: Path) -> Scenario:
    """Read PROJECT/scenario.toml; a key that is missing or unknown is an error."""
    path = project / "scenario.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    calls, repair = table.pop("calls", []), table.pop("repair", None)
    _check_keys(path, table, required={"settings", "fill", "rows"}, optional=set())
    for call in calls:
        _check_keys_of(path, call, Call, required={"name", "target"})
    if not calls or len({call["name"] for call in calls}) != len(calls):
        raise ScenarioError(f"{path}: calls must be given, each under its own name")
    return Scenario(
        **table,
        calls=tuple(Call(**call) for call in calls),
        repair=None if repair is None else _expected_repair(path, repair),
    )


def _expected_repair(path: Path, table: dict[str, Any]) -> ExpectedRepair:
    _check_keys_of(path, table, ExpectedRepair, required={"name", "applicability"})
    for key, known in [("name", REPAIRS), ("applicability", APPLICABILITIES)]:
        if table[key] not in known:
            raise ScenarioError(f"{path}: {key} of the repair must be one of {', '.join(known)}")
    if table.get("local") not in (None, *APPLICABILITIES):
        raise ScenarioError(f"{path}: local must be one of {', '.join(APPLICABILITIES)}")
    return ExpectedRepair(**table)


def _check_keys_of(path: Path, table: dict[str, Any], kind: type, *, required: set[str]) -> None:
    optional = {spec.name for spec in fields(kind)} - required
    _check_keys(path, table, required=required, optional=optional)


def _check_keys(
    path: Path, table: dict[str, Any], *, required: set[str], optional: set[str]
) -> None:
    for problem, keys in [
        ("missing", required - table.keys()),
        ("unknown", table.keys() - required - optional),
    ]:
        if keys:
            raise ScenarioError(f"{path}: {problem} key {', '.join(sorted(keys))}")


@dataclass
class Meters:
    queries: int = 0
    rows: int = 0
    pickled_bytes: int = 0
    unpickled_bytes: int = 0


class CountingCursor:
    """A database driver's cursor that counts statements and the rows that leave it."""

    def __init__(self, cursor: Any, meters: Meters) -> None:
        self._cursor = cursor
        self._meters = meters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, *args: Any) -> CountingCursor:
        self._meters.queries += 1
        self._cursor.execute(*args)
        return self

    def executemany(self, *args: Any) -> CountingCursor:
        self._meters.queries += 1
        self._cursor.executemany(*args)
        return self

    def fetchone(self) -> Any:
        row = self._cursor.fetchone()
        self._meters.rows += row is not None
        return row

    def fetchmany(self, *args: Any) -> list[Any]:
        return self._counted(self._cursor.fetchmany(*args))

    def fetchall(self) -> list[Any]:
        return self._counted(self._cursor.fetchall())

    def __iter__(self) -> Iterator[Any]:
        for row in self._cursor:
            self._meters.rows += 1
            yield row

    def _counted(self, rows: list[Any]) -> list[Any]:
        self._meters.rows += len(rows)
        return rows


class CountingPickle:
    """Stands in for the ``pickle`` module inside the locmem backend."""

    HIGHEST_PROTOCOL = pickle.HIGHEST_PROTOCOL

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def dumps(self, value: object, protocol: int | None = None) -> bytes:
        data = pickle.dumps(value, protocol)
        self._meters.pickled_bytes += len(data)
        return data

    def loads(self, data: bytes) -> Any:
        self._meters.unpickled_bytes += len(data)
        return pickle.loads(data)


def _django(module: str) -> Any:
    """Import a module of Django, which has no type information: its attributes are ``Any``."""
    return importlib.import_module(module)


def install(meters: Meters) -> None:
    """Count at the database drivers and at the cache backend of the configured project."""
    locmem = _django("django.core.cache.backends.locmem")
    for cache in _django("django.core.cache").caches.all(initialized_only=False):
        if not isinstance(cache, locmem.LocMemCache):
            raise ScenarioError(f"only the locmem cache can be measured, not {type(cache)}")
    locmem.pickle = CountingPickle(meters)
    for connection in _django("django.db").connections.all():
        connection.create_cursor = _counting(connection.create_cursor, meters)


def _counting(create_cursor: Callable[..., Any], meters: Meters) -> Callable[..., CountingCursor]:
    def create(name: str | None = None) -> CountingCursor:
        return CountingCursor(create_cursor(name), meters)

    return create


def find(target: str) -> Callable[..., Any]:
    """Import ``package.module:function``."""
    module, _, name = target.partition(":")
    function: Callable[..., Any] | None = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise ScenarioError(f"{target!r} is not a function (write package.module:function)")
    return function


def normal_form(value: Any) -> Any:
    """What a result says, as JSON: the same for a QuerySet and a list of the same rows."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (date, Decimal)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): normal_form(item) for key, item in value.items()}
    models = _django("django.db.models")
    if isinstance(value, (list, tuple, models.QuerySet)):
        return [normal_form(item) for item in value]
    if isinstance(value, models.Model):
        return [value._meta.label, value.pk]
    if isinstance(value, _django("django.http").HttpResponse):
        return {"status": value.status_code, "content": value.content.decode(value.charset)}
    raise ScenarioError(f"a result of type {type(value).__qualname__} has no normal form")


def run(call: Call, meters: Meters) -> dict[str, Any]:
    """Make the call once and read its result to the end."""
    args = list(call.args)
    if call.request is not None:
        args.insert(0, _django("django.test").RequestFactory().get(call.request))
    function = _in_this_thread(find(call.target))
    start = asdict(meters)
    result = normal_form(function(*args, **call.kwargs))
    cost = {name: count - start[name] for name, count in asdict(meters).items()}
    return {**cost, "result": result}


def _in_this_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """A coroutine function as a plain one whose queries run here: in-memory databases are per thread."""
    if not inspect.iscoroutinefunction(function):
        return function
    plain: Callable[..., Any] = _django("asgiref.sync").async_to_sync(function)
    return plain


def set_up(project: Path, scenario: Scenario) -> Meters:
    """Set the project up in this process, which must be a fresh one; the meters then run."""
    sys.path.insert(0, str(project))
    os.environ["DJANGO_SETTINGS_MODULE"] = scenario.settings
    _django("django").setup()
    _django("django.core.management").call_command("migrate", run_syncdb=True, verbosity=0)
    find(scenario.fill)(scenario.rows)
    meters = Meters()
    install(meters)
    for cache in _django("django.core.cache").caches.all():
        cache.clear()
    return meters


def measure(call: Call, meters: Meters) -> dict[str, Any]:
    """Measure a call in a fork of this process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, call, meters))
    process.start()
    sender.close()
    try:
        report = receiver.recv()
    except EOFError:
        raise ScenarioError(f"{call.name} did not come to its end") from None
    finally:
        process.join()
    if isinstance(report, ScenarioError):
        raise report
    return {"call": call.name, **report}


def _send(sender: Connection, call: Call, meters: Meters) -> None:
    try:
        sender.send({"miss": run(call, meters), "hit": run(call, meters)})
    except ScenarioError as error:
        sender.send(error)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("call", nargs="+")
    options = parser.parse_args()
    # The project's modules must not meet the modules that lie beside this script.
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    project = options.project.resolve()
    try:
        scenario = load_scenario(project)
        calls = [scenario.call(name) for name in options.call]
        meters = set_up(project, scenario)
        reports = [measure(call, meters) for call in calls]
    except ScenarioError as error:
        print(f"measure.py: {error}", file=sys.stderr)
        return 2
    print(*map(json.dumps, reports), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
