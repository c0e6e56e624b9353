"""Settings: one field is one key of `[tool.qscache-lint]` (in kebab-case) and one option of the command.

The table is validated as a whole; whatever is wrong with it is a `UsageError` that names the file and the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from qscache_lint.codes import GROUPS, names_rule
from qscache_lint.errors import UsageError
from qscache_lint.knowledge import (
    MEASURED,
    RELEASED,
    Consumer,
    Extension,
    Memoizer,
    Operation,
    ReadCall,
    StoreCall,
    Version,
    parse_version,
)
from qscache_lint.source.discover import DEFAULT_EXCLUDE
from qscache_lint.source.files import read_regular
from qscache_lint.values import Confidence

TABLE = "tool.qscache-lint"


TEST_CODE: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("**/tests/**", "test_*.py", "*_test.py", "tests.py", "test.py", "conftest.py"), GROUPS
)
"""The files that tests are in, and the rules whose findings need no action there."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a run is asked to do."""

    select: tuple[str, ...] | None = None
    """Codes or prefixes of the rules to run, instead of those that are on by default."""

    ignore: tuple[str, ...] = ()
    """Codes or prefixes of rules not to run; the longer prefix wins over `select`."""

    extend_select: tuple[str, ...] = ()
    """Rules to run besides those selected."""

    extend_ignore: tuple[str, ...] = ()
    """Rules not to run besides those ignored."""

    min_confidence: Confidence = Confidence.MEDIUM
    """`high` leaves out findings in which one step rests on a unique name."""

    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    """Shell patterns of names or paths that do not belong to the project."""

    extend_exclude: tuple[str, ...] = ()
    """Patterns besides those of `exclude`."""

    per_file_ignores: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(TEST_CODE))
    """Rules not to run in some files, by ruff's patterns; left out: those about code, in tests."""

    extend_per_file_ignores: dict[str, tuple[str, ...]] = {}
    """The same, besides `per-file-ignores`."""

    keep_cached_name: bool = False
    """In a split, the cached function keeps the name and the uncached one becomes `…_queryset`."""

    django_version: str | None = None
    """The Django that the project runs on, as "5.2"; left out: what the project's own requirements say."""

    cache_dir: str | None = None
    """Where to keep what was found, relative to the project; left out: `.qscache_lint_cache`."""

    memoizer: tuple[Memoizer, ...] = ()
    """Decorators that keep what a function returns, besides those of `knowledge/caches/`, in the same form."""

    store: tuple[StoreCall, ...] = ()
    """Methods that keep a value, in the same form."""

    read: tuple[ReadCall, ...] = ()
    """Methods that hand out what was kept, in the same form."""

    operation: tuple[Operation, ...] = ()
    """Methods of managers and QuerySets, in the form of `knowledge/queryset.toml`."""

    consumer: tuple[Consumer, ...] = ()
    """Functions and classes that take a QuerySet, in the form of `knowledge/consumers.toml`."""

    @property
    def extension(self) -> Extension:
        """The rows that the project adds to the knowledge tables."""
        return Extension(self.memoizer, self.store, self.read, self.operation, self.consumer)

    @property
    def django(self) -> Version | None:
        """The Django version that is set, as major and minor number; None when none is."""
        return None if self.django_version is None else (*parse_version(self.django_version), 0)[:2]

    @property
    def excluded(self) -> tuple[str, ...]:
        return (*self.exclude, *self.extend_exclude)


def load_settings(pyproject: Path | None, overrides: Mapping[str, Any]) -> Settings:
    """The settings of a `pyproject.toml` (none: the defaults), with `overrides` (by field name) on top.

    Raises UsageError when the file cannot be read or a key or value is wrong.
    """
    settings = Settings() if pyproject is None else _read(pyproject)
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = msgspec.structs.replace(settings, **given)
    place = "" if pyproject is None else f"{pyproject}: [{TABLE}]: "
    _refuse_wrong_versions(settings, place)
    _refuse_unknown_django(settings, "--" if "django_version" in given else place)
    return settings


def _refuse_wrong_versions(settings: Settings, place: str) -> None:
    versions = {}
    for name, rows in (("operation", settings.operation), ("consumer", settings.consumer)):
        for index, row in enumerate(rows):
            versions[f"{name}[{index}].since"], versions[f"{name}[{index}].until"] = row.since, row.until
    for key, written in versions.items():
        _refuse_no_version(f"{place}{key}", written or None)


def _refuse_no_version(place: str, written: str | None) -> None:
    if written is not None and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})*", written):
        raise UsageError(f"{place}: {written!r} is no version such as '5.2'")


def _refuse_unknown_django(settings: Settings, place: str) -> None:
    _refuse_no_version(f"{place}django-version", settings.django_version)
    if settings.django is not None and settings.django not in RELEASED:
        older = [version for version in RELEASED if version < settings.django][-1:]
        newer = [version for version in RELEASED if version > settings.django][:1]
        nearest = " and ".join(map(_shown, (*older, *newer)))
        known = f"known are {_shown(RELEASED[0])} to {_shown(RELEASED[-1])}"
        verb = "is" if len(older) + len(newer) == 1 else "are"
        measured = ", ".join(map(_shown, MEASURED))
        raise UsageError(
            f"{place}django-version: Django {settings.django_version} is not known; {known}, "
            f"the nearest {verb} {nearest} (measured: {measured})"
        )


def _shown(version: Version) -> str:
    return ".".join(map(str, version))


def _read(pyproject: Path) -> Settings:
    try:
        document = msgspec.toml.decode(read_regular(pyproject))
    except OSError as error:
        raise UsageError(f"{pyproject}: cannot be read: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{pyproject}: not valid TOML: {error}") from None
    tools = document.get("tool", {})
    table = tools.get("qscache-lint", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{pyproject}: [{TABLE}] has to be a table")
    _refuse_unknown(f"{pyproject}: [{TABLE}]", table, Settings)
    for name, row in _TABLES.items():
        given = table.get(name, [])
        for index, values in enumerate(given if isinstance(given, list) else []):
            if isinstance(values, dict):
                _refuse_unknown(f"{pyproject}: [{TABLE}]: {name}[{index}]", values, row)
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise UsageError(f"{pyproject}: [{TABLE}]: {_readable(str(error))}") from None


_TABLES: Mapping[str, type[msgspec.Struct]] = {
    "memoizer": Memoizer,
    "store": StoreCall,
    "read": ReadCall,
    "operation": Operation,
    "consumer": Consumer,
}
"""The tables to which a project adds rows."""


def _refuse_unknown(place: str, table: Mapping[str, object], fields: type[msgspec.Struct]) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(fields)]
    for key in table:
        if key in known:
            continue
        near = get_close_matches(key, known, n=1, cutoff=0)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{place}: unknown key {key!r}{hint}")


def _readable(message: str) -> str:
    """msgspec says "Expected `array`, got `int` - at `$.select`"; say the key first."""
    match = re.fullmatch(r"(.*) - at `\$\.?(.*)`", message)
    return message if match is None else f"{match[2]}: {match[1]}"


def selects(settings: Settings, code: str, enabled: bool) -> bool:
    """Whether the rule with `code` runs; `enabled` is its default.

    Of two prefixes the longer one decides. The bare prefix `QSC` stands for what is on by default; a rule that is off
    by default needs a prefix with a digit (`QSC1`, `QSC103`).
    """
    default = 0 if enabled else -1
    chosen = default if settings.select is None else _longest(settings.select, code, enabled)
    chosen = max(chosen, _longest(settings.extend_select, code, enabled))
    return chosen > _longest((*settings.ignore, *settings.extend_ignore), code, True)


def _longest(prefixes: Sequence[str], code: str, enabled: bool) -> int:
    """The length of the longest prefix that speaks of a rule; -1 when none does."""
    return max((len(prefix) for prefix in prefixes if names_rule(prefix, code, enabled)), default=-1)


def refuse_unknown_codes(settings: Settings, codes: Sequence[str]) -> None:
    """Raises UsageError when a selected or ignored code is no prefix of any of `codes`."""
    named = [*(settings.select or ()), *settings.ignore, *settings.extend_select, *settings.extend_ignore]
    for table in (settings.per_file_ignores, settings.extend_per_file_ignores):
        named.extend(name for several in table.values() for name in several if name not in GROUPS)
    for name in named:
        if not name or not any(code.startswith(name.upper()) for code in codes):
            near = get_close_matches(name.upper(), codes, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"unknown rule code {name!r}{hint}")
