"""Write what docs/ has of the code: a page for each rule, what the tables say, and the schema of the settings."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from qscache_lint import limits
from qscache_lint.knowledge.cache_rows import KeepingRow
from qscache_lint.knowledge.tables import Knowledge, load_knowledge
from qscache_lint.reasons import ReasonRow, load_reasons
from qscache_lint.rules import RULES, Rule
from qscache_lint.settings import TABLE, Settings

HERE = Path(__file__).parent

_CACHES_INTRODUCTION = (
    "Home-made memoizers are recognised by their body; these are known by name. `x()` stands for a call of x and `x[]` "
    "for an item of it; `x(a=?)` is a call with a value of `a` that no other row has. The tests execute every row that "
    "says what is read, see tests/semantics."
)

_REASONS_INTRODUCTION = (
    "Each reason is of one of these kinds: reports name it in brackets, `--statistics` counts it, and JSON has it with "
    "its data. A name in braces stands for a part of the analysed project."
)

_SETTINGS_INTRODUCTION = (
    "The keys of `[tool.qscache-lint]` in `pyproject.toml`, as the code has them; "
    "[configuration](../configuration.md) has an example of each."
)

_LIMITS_INTRODUCTION = (
    "Work is bounded, and each bound stands in one module with its reason (`qscache_lint/limits.py`). What the "
    "evaluation gives up for one of these is reported in one line on standard error, with file and row; where a limit "
    "only makes a value unknown, nothing is said. [What is not found](../limits.md) is another matter."
)


def pages() -> dict[str, str]:
    """The text of each page by its path below docs/."""
    return {**rule_pages(), **table_pages(load_knowledge()), "settings.schema.json": settings_schema()}


def settings_schema() -> str:
    """The JSON schema of the table `[tool.qscache-lint]`, with what the settings say of each key."""
    (reference,), components = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    told = _documents(Settings)
    own = components.pop(reference["$ref"].rpartition("/")[2])
    for field in msgspec.structs.fields(Settings):
        own["properties"][field.encode_name]["description"] = told[field.name]
    own |= {"title": "qscache-lint", "description": f"The table [{TABLE}] of pyproject.toml", "$defs": components}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **own}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _documents(settings: type) -> dict[str, str]:
    """The text below each field of a class."""
    (body,) = ast.parse(inspect.getsource(settings)).body
    assert isinstance(body, ast.ClassDef)
    return dict(_told(body.body))


def _told(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The names that statements assign, each with the text below it."""
    for statement, text in pairwise(statements):
        match statement, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(told))),
            ):
                yield name, inspect.cleandoc(told).replace("\n", " ")


def _settings() -> str:
    """The keys of the table, their defaults and what they mean."""
    told = _documents(Settings)
    empty = json.loads(msgspec.json.encode(Settings()))
    rows = [
        [f"`{field.encode_name}`", _value(empty[field.encode_name]), told[field.name]]
        for field in msgspec.structs.fields(Settings)
    ]
    return "\n\n".join(
        ["# All settings", _SETTINGS_INTRODUCTION, _table(["key", "default", "meaning"], rows)]
    ) + "\n"


def _value(default: object) -> str:
    """A default as TOML has it; a dash for one that is empty."""
    match default:
        case _ if default in (None, [], {}):
            return "–"
        case dict():
            return "<br>".join(f"`{json.dumps(key)} = {json.dumps(each)}`" for key, each in default.items())
        case list():
            return ", ".join(f"`{json.dumps(each)}`" for each in default)
        case _:
            return f"`{json.dumps(default)}`"


def _limits() -> str:
    """Every limit with its reason."""
    (_, *sections) = inspect.getsource(limits).split("\n# -- ")
    parts = ["# Limits", _LIMITS_INTRODUCTION]
    for section in sections:
        heading, _, body = section.partition("\n")
        rows = [
            [name.lower().replace("_", " "), f"{getattr(limits, name):,}", reason]
            for name, reason in _told(ast.parse(body).body)
        ]
        parts += [f"## {heading.strip()}", _table(["limit", "value", "of what, and why"], rows)]
    return "\n\n".join(parts) + "\n"


def rule_pages() -> dict[str, str]:
    """The pages of the rules, and their list."""
    rows = "".join(
        f"| [{rule.code}]({rule.code}.md) | `{rule.name}` | {rule.summary} | {rule.cost} | {_default(rule)} |\n"
        for rule in RULES
    )
    index = f"# Rules\n\n| code | name | the thing found | what it costs | default |\n|---|---|---|---|---|\n{rows}"
    return {"rules/README.md": index, **{f"rules/{rule.code}.md": rule.page for rule in RULES}}


def table_pages(knowledge: Knowledge) -> dict[str, str]:
    """What counts as a cache, what operations do, what takes a QuerySet, and what stands in the way of fixes."""
    return {
        "tables/caches.md": _caches(knowledge),
        "tables/operations.md": _operations(knowledge),
        "tables/consumers.md": _consumers(knowledge),
        "tables/reasons.md": _reasons(),
        "tables/settings.md": _settings(),
        "tables/limits.md": _limits(),
    }


def _caches(knowledge: Knowledge) -> str:
    caches = knowledge.caches
    memoizers = [(row.names, row) for row in caches.memoizer]
    stores = [([f"{name}.{method}" for name in row.receivers for method in row.methods], row) for row in caches.store]
    holders = [(row.names, row) for row in caches.holder]
    parts = [
        "# Caches that are known",
        _CACHES_INTRODUCTION,
        "## Decorators and properties",
        _kept(memoizers),
        "## Calls that store",
        _kept(stores),
        "## Objects whose attributes keep what they are given",
        _kept(holders),
        "## What turns a QuerySet into bytes",
        _table(
            ["name", "reads", "package"],
            [
                [_code([*row.names, *(f"{name}.{method}" for name in row.receivers for method in row.methods)]),
                 f"{row.reads}{', then refuses it' if row.refuses else ''}", row.package]
                for row in caches.serializer
            ],
        ),
        "## What is never reported",
        _table(["name", "why", "package"], [[_code(row.names), row.why, row.package] for row in caches.harmless]),
    ]
    return "\n\n".join(parts) + "\n"


def _kept(rows: Sequence[tuple[Sequence[str], KeepingRow]]) -> str:
    return _table(
        ["name", "keeps", "lifetime", "as", "package"],
        [
            [_code(names), row.keeps, row.lifetime, "–" if row.store is None else row.store.value, row.package]
            for names, row in rows
        ],
    )


def _on_rows(template: str) -> str:
    return _code([template.format(rows="rows")]) if template else ""


def _operations(knowledge: Knowledge) -> str:
    costs = [
        [row.effect.value, row.means, str(row.lazy), str(row.evaluated)] for row in knowledge.effect_costs.values()
    ]
    rows = [
        [_code(row.names), row.effect.value, ", ".join(row.raises_after), row.since, row.until, _on_rows(row.on_rows)]
        for row in knowledge.querysets.operation
    ]
    operators = [
        [_code(row.symbols), row.effect.value, ", ".join(row.raises_after)] for row in knowledge.querysets.operator
    ]
    templates = [
        [_code([*row.filters, *row.tags, *row.operators]), row.effect.value] for row in knowledge.templates.table.use
    ]
    parts = [
        "# What operations do with a QuerySet",
        "## Effects, with the queries that they send",
        _table(["effect", "what it does", "lazy", "rows there"], costs),
        "## Methods and properties",
        _table(["name", "effect", "refused after", "since Django", "until", "of rows that are there"], rows),
        "## Operators, statements and protocols",
        _table(["symbol", "effect", "refused after"], operators),
        "## Template filters, tags and operators",
        _table(["name", "effect"], templates),
    ]
    return "\n\n".join(parts) + "\n"


def _consumers(knowledge: Knowledge) -> str:
    rows = [
        [
            _code(row.names),
            _code([*row.methods, *row.attributes, *(f"{method}() returns" for method in row.returns)]),
            row.effect.value,
            row.package,
        ]
        for row in knowledge.consumer_rows
    ]
    return "\n\n".join(
        [
            "# What takes a QuerySet, and what becomes of it",
            "A class stands for its subclasses, too. Without a place, it is an argument of the call.",
            _table(["name", "place", "effect", "package"], rows),
        ]
    ) + "\n"


def _reasons() -> str:
    rows = [[f"`{kind}`", _clause(row), row.about] for kind, row in load_reasons().items()]
    return "\n\n".join(
        [
            "# Why there is no fix, or no safe one",
            _REASONS_INTRODUCTION,
            _table(["kind", "sentence", "why that matters"], rows),
        ]
    ) + "\n"


def _clause(row: ReasonRow) -> str:
    return row.sentence.replace("{use}", row.use) if row.use else row.sentence


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _default(rule: Rule) -> str:
    return "on" if rule.enabled else "off"


if __name__ == "__main__":
    for name, text in pages().items():
        HERE.joinpath(name).parent.mkdir(exist_ok=True)
        HERE.joinpath(name).write_text(text, encoding="utf-8")
