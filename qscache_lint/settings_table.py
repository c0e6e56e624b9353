"""Reads the table `[tool.qscache-lint]`: all that is wrong with it is told at once, each with what may be meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qscache_lint.codes import CODES, GROUPS
from qscache_lint.errors import UsageError
from qscache_lint.formats import WrongFormat
from qscache_lint.knowledge.cache_rows import Memoizer, ReadCall, StoreCall
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import MEASURED, RELEASED, Version
from qscache_lint.knowledge.queryset_rows import Operation
from qscache_lint.settings import TABLE, Settings
from qscache_lint.source.discover import tables_of
from qscache_lint.source.files import read_regular

_NAME = TABLE.partition(".")[2]
_PLACE = re.compile(r"(.*) - at `\$\.?(.*)`")
_ALIKE = 0.8
"""How much names are like one another, from 0 to 1, to be taken for one."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[[^\]]*\]")

_ROWS: Mapping[str, type[msgspec.Struct]] = {
    "memoizer": Memoizer,
    "store": StoreCall,
    "read": ReadCall,
    "operation": Operation,
    "consumer": Consumer,
}
"""The tables to which a project adds rows."""


def load_settings(pyproject: Path | None, overrides: Mapping[str, Any]) -> Settings:
    """The settings of a `pyproject.toml` (none: the defaults), with `overrides` (by field name) on top.

    Raises UsageError when the file cannot be read, and for all keys, values and codes that are wrong.
    """
    place = "" if pyproject is None else f"{pyproject}: [{TABLE}]: "
    settings, problems = (Settings(), []) if pyproject is None else _read(_table(_document(pyproject), pyproject))
    problems = [f"{place}{problem}" for problem in problems]
    given = {name: value for name, value in overrides.items() if value is not None}
    settings = msgspec.structs.replace(settings, **given)
    problems += (f"{place}{problem}" for problem in _wrong_versions(settings))
    problems += (f"{place}{problem}" for problem in _wrong_formats(_without(settings, given)))
    problems += (f"{place}{problem}" for problem in unknown_codes(_without(settings, given), [*CODES]))
    problems += unknown_codes(_only(given), [*CODES])
    django = "--" if "django_version" in given else place
    problems += (f"{django}django-version: {problem}" for problem in _unknown_django(settings))
    if problems:
        raise UsageError(*dict.fromkeys(problems))
    return settings


def misspelt_table(pyproject: Path) -> str:
    """A warning about a table of a `pyproject.toml` whose name is nearly ours, and which is not read; else empty."""
    try:
        source = read_regular(pyproject)
        document = tables_of(source) if b"qscache" in source.lower() else {}
    except (OSError, ValueError):
        return ""
    tools = document.get("tool", {})
    tables = {f"tool.{name}": name for name in tools} if isinstance(tools, dict) else {}
    for table, name in {**tables, **{name: name for name in document}}.items():
        if table != TABLE and _may_be_ours(_bare(name)) and _nearest(_bare(name), [_bare(_NAME)], _ALIKE):
            return f"{pyproject}: [{table}] is not read; did you mean [{TABLE}]?"
    return ""


def unknown_codes(settings: Settings, codes: Sequence[str]) -> Iterator[str]:
    """What is said of each selected or ignored code that is no prefix of any of `codes`."""
    named = [*(settings.select or ()), *settings.ignore, *settings.extend_select, *settings.extend_ignore]
    for table in (settings.per_file_ignores, settings.extend_per_file_ignores):
        named.extend(name for several in table.values() for name in several if name not in GROUPS)
    for name in dict.fromkeys(named):
        if not name or not any(code.startswith(name.upper()) for code in codes):
            near = _nearest(name.upper(), codes)
            hint = f"; did you mean {near}?" if near else ""
            yield f"unknown rule code {name!r}{hint} (`qscache-lint rule` lists all)"


def _nearest(name: str, known: Sequence[str], at_least: float | None = None) -> str:
    from qscache_lint.nearest import LIKELY, nearest

    return nearest(name, known, LIKELY if at_least is None else at_least)


def _may_be_ours(bare: str) -> bool:
    """Whether a name has enough letters of ours: those of other tools need no closer look, which takes a module."""
    ours = _bare(_NAME)
    shared = (Counter(bare) & Counter(ours)).total()
    return 2 * shared >= _ALIKE * (len(bare) + len(ours))


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _without(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings without what overrides say."""
    return msgspec.structs.replace(settings, **{name: getattr(Settings(), name) for name in given})


def _only(given: Mapping[str, Any]) -> Settings:
    return msgspec.structs.replace(Settings(), **given)


# -- the file


def _document(pyproject: Path) -> Mapping[str, Any]:
    try:
        return tables_of(read_regular(pyproject))
    except OSError as error:
        raise UsageError(f"{pyproject}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"{pyproject}: not valid TOML: {error}") from None


def _table(document: Mapping[str, Any], pyproject: Path) -> Mapping[str, Any]:
    tools = document.get("tool", {})
    table = tools.get(_NAME, {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{pyproject}: [{TABLE}] must be a table")
    return table


def _read(table: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings as far as they are right, and what is wrong."""
    problems = [*_unknown_keys("", table, Settings)]
    values: dict[str, Any] = {}
    for key in _keys(Settings):
        if key not in table:
            continue
        wrong = [*_unknown_in_rows(key, table[key])] or [*_wrong_values(key, table[key])]
        problems += wrong
        values.update({} if wrong else {key: table[key]})
    return msgspec.convert(values, Settings), problems


def _keys(fields: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(fields)]


def _unknown_keys(place: str, table: Mapping[str, object], fields: type[msgspec.Struct]) -> Iterator[str]:
    known = _keys(fields)
    for key in table:
        if key not in known:
            near = _nearest(key, known, 0)
            yield f"{place}unknown key {key!r}; did you mean {near!r}? Keys are {', '.join(known)}"


def _unknown_in_rows(key: str, rows: object) -> Iterator[str]:
    """The unknown keys in the rows that a project adds to a table."""
    if key in _ROWS and isinstance(rows, list):
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                yield from _unknown_keys(f"{key}[{number}]: ", row, _ROWS[key])


def _wrong_values(key: str, value: object) -> Iterator[str]:
    try:
        msgspec.convert({key: value}, Settings)
    except msgspec.ValidationError as error:
        yield _readable(str(error))


def _readable(message: str) -> str:
    """msgspec says "Expected `array`, got `int` - at `$.select`"; say the key first, and what there is to choose."""
    found = _PLACE.fullmatch(message)
    if found is None:
        return message
    value = re.fullmatch(r"Invalid enum value '?(.*?)'?", found[1])
    choices = () if value is None else _choices([step[1] for step in _STEP.finditer(found[2])])
    if value is None or not choices:
        return f"{found[2]}: {found[1]}"
    near = _nearest(value[1], choices, 0)
    return f"{found[2]}: Invalid value {value[1]!r}; did you mean {near!r}? Choose from {', '.join(choices)}"


def _choices(steps: Sequence[str | None]) -> tuple[str, ...]:
    """The values that may stand at a place of the table, if these are a few; a step without a name is an item."""
    from msgspec import inspect

    kinds: list[inspect.Type] = [inspect.type_info(Settings)]
    for step in steps:
        kinds = [inside for kind in _flat(kinds) for inside in _inside(kind, step)]
    found: dict[str, None] = {}
    for kind in _flat(kinds):
        if isinstance(kind, inspect.EnumType):
            found.update(dict.fromkeys(str(each.value) for each in kind.cls))
        elif isinstance(kind, inspect.LiteralType):
            found.update(dict.fromkeys(map(str, kind.values)))
    return tuple(found)


def _flat(kinds: Sequence[Any]) -> Iterator[Any]:
    from msgspec import inspect

    for kind in kinds:
        yield from kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _inside(kind: Any, step: str | None) -> Iterator[Any]:
    from msgspec import inspect

    if isinstance(kind, inspect.StructType):
        yield from (field.type for field in kind.fields if field.encode_name == step)
    elif step is None and isinstance(kind, inspect.CollectionType):
        yield kind.item_type
    elif step is None and isinstance(kind, inspect.DictType):
        yield kind.value_type


# -- formats


def _wrong_formats(settings: Settings) -> Iterator[str]:
    try:
        settings.reports  # noqa: B018
    except WrongFormat as wrong:
        yield f"output-format: {wrong}"


# -- versions


def _wrong_versions(settings: Settings) -> Iterator[str]:
    for name, rows in (("operation", settings.operation), ("consumer", settings.consumer)):
        for index, row in enumerate(rows):
            for key, written in (("since", row.since), ("until", row.until)):
                if written and not _is_version(written):
                    yield f"{name}[{index}].{key}: {_no_version(written)}"


def _is_version(written: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})*", written) is not None


def _no_version(written: str) -> str:
    return f"{written!r} is not a version such as '5.2'"


def _unknown_django(settings: Settings) -> Iterator[str]:
    if settings.django_version is None:
        return
    if not _is_version(settings.django_version):
        yield _no_version(settings.django_version)
        return
    django = settings.django
    if django is None or django in RELEASED:
        return
    older = [version for version in RELEASED if version < django][-1:]
    newer = [version for version in RELEASED if version > django][:1]
    nearest = " and ".join(map(_shown, (*older, *newer)))
    verb = "is" if len(older) + len(newer) == 1 else "are"
    measured = ", ".join(map(_shown, MEASURED))
    yield (
        f"unknown Django version {settings.django_version}; known are {_shown(RELEASED[0])} to {_shown(RELEASED[-1])}, "
        f"the nearest {verb} {nearest} (measured: {measured})"
    )


def _shown(version: Version) -> str:
    return ".".join(map(str, version))
