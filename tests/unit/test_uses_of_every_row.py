"""A use is the same use wherever it stands: every row of the tables, written in many ways in one generated project.

What is done with a cached QuerySet is written at once, through a variable, and in a helper that is handed the QuerySet:
by position, by keyword, behind a star, by a partial, through another helper, as a method of another class, and in a
nested function. A use in a helper is told where the QuerySet is handed over, as one that is passed on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent

import pytest

from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Effect, Ordered, Slot
from qscache_lint.knowledge.tables import Knowledge, load_knowledge
from qscache_lint.project.uses import UseKind
from qscache_lint.project.workspace import analyse
from qscache_lint.source.tree import SourceTree

TABLES: Knowledge = load_knowledge()
ORDERED: Mapping[str, Ordered] = {"by_day": "yes", "unordered": "no"}
"""The cached functions of the project, and the order of what they give."""

MODELS = """
from django.db import models


class Note(models.Model):
    day = models.DateField()
    text = models.TextField()
"""

QUERIES = """
from functools import lru_cache

from desk.models import Note


@lru_cache(maxsize=1)
def by_day():
    return Note.objects.order_by("day")


@lru_cache(maxsize=1)
def unordered():
    return Note.objects.filter(text="")
"""

AUGMENTED = ("|", "^", "&", "+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>")
INFIX = (*AUGMENTED, "<", "<=", ">", ">=", "==", "!=", "is", "is not", "and", "or")
SPELLED: Mapping[str, str] = {
    "[]": "return ROWS[0]",
    "[:]": "return ROWS[:5]",
    "[::]": "return ROWS[::2]",
    "[-1]": "return ROWS[-1]",
    "[:-1]": "return ROWS[:-1]",
    "[]=": "held = ROWS\nheld[0] = other",
    "[:]=": "held = ROWS\nheld[:2] = other",
    "del []": "held = ROWS\ndel held[0]",
    "del [:]": "held = ROWS\ndel held[:2]",
    "f-string": 'return f"{ROWS}"',
    "str %": 'return "%s" % ROWS',
    "for": "for each in ROWS:\n    print(each.pk)",
    "async for": "async for each in ROWS:\n    print(each.pk)",
    "yield from": "yield from ROWS",
    "unpacking": "first, *others = ROWS",
    "list +=": "box = []\nbox += ROWS",
    "list[:] =": "box = []\nbox[:] = ROWS",
    "in": "return other in ROWS",
    "not in": "return other not in ROWS",
    "if": "return 1 if ROWS else 2",
    "while": "while ROWS:\n    break",
    "assert": "assert ROWS",
    "not": "return not ROWS",
    "~": "return ~ROWS",
    "()": "return ROWS()",
    "await": "return await ROWS",
    "with": "with ROWS:\n    pass",
    "async with": "async with ROWS:\n    pass",
    "raise": "raise ROWS",
    "match": "match ROWS:\n    case _:\n        pass",
    **{symbol: f"return ROWS {symbol} other" for symbol in INFIX},
    **{f"{symbol}=": f"held = ROWS\nheld {symbol}= other" for symbol in AUGMENTED},
}
"""The statements that use an operator or a protocol of Python's; calls, as `len()`, have a row among the consumers."""

FORMS: Mapping[str, str] = {
    "by_position": "return helper(CACHED())",
    "by_a_helpers_helper": "return outer(CACHED())",
    "by_keyword": "return helper(found=CACHED())",
    "behind_stars": "return through(CACHED())",
    "by_partial": "return partial(helper, other=1)(CACHED())",
    "by_a_method": "return Desk().done(CACHED())",
    "in_a_nested_function": "return around(CACHED())",
    "through_a_variable": "held = CACHED()\nreturn helper(held)",
}
"""How a helper gets the QuerySet, by the name of the form."""

HELPERS = """
ASYNC def helper(found, other=None):
HELPED

ASYNC def outer(found):
    return AWAIT helper(found)


ASYNC def through(*args, **kwargs):
    return AWAIT helper(*args, **kwargs)


class Desk:
    ASYNC def done(self, found, other=None):
INDENTED

ASYNC def around(found, other=None):
    ASYNC def inner():
INDENTED
    return AWAIT inner()
"""


@dataclass(frozen=True)
class Way:
    """One thing to do with a QuerySet: the statements, with ROWS for it, and what the row says that they do."""

    row: str
    effect: Effect
    statements: str
    cached: str = "by_day"
    is_itself: bool = False
    """Whether the QuerySet does it itself, by a method or an operator; else something is handed it."""

    is_kept: bool = False
    """Whether what is handed the QuerySet keeps it where others find it, so that a part may not be all."""

    imports: str = ""

    @property
    def kind(self) -> UseKind | None:
        """What a finding at that place says; None when it is none."""
        if self.effect.queries_again:
            return UseKind.REFINED if self.is_itself else UseKind.PASSED_ON
        return UseKind.PART if self.effect is Effect.PART and not self.is_kept else None

    def files(self, number: int) -> dict[str, str]:
        """A module that does it in all forms, each in a function of its name."""
        is_async = "await " in self.statements or "async " in self.statements
        given = self.statements.replace("ROWS", "found")
        text = HELPERS.replace("HELPED", indent(given, "    ")).replace("INDENTED", indent(given, "        "))
        forms = {
            "direct": self.statements.replace("ROWS", "CACHED()"),
            "variable": "held_here = CACHED()\n" + self.statements.replace("ROWS", "held_here"),
            **{name: form.replace("return ", "return AWAIT ") for name, form in FORMS.items()},
        }
        for name, form in forms.items():
            text += f"\n\nASYNC def {name}(other=None):\n{indent(form, '    ')}\n"
        text = text.replace("CACHED", self.cached)
        text = text.replace("ASYNC ", "async " if is_async else "").replace("AWAIT ", "await " if is_async else "")
        imports = f"from functools import partial\n\nfrom desk.queries import {self.cached}\n{self.imports}\n"
        return {f"desk/way_{number}.py": imports + text}


def _by_operations() -> Iterator[Way]:
    for name, row in TABLES.operations.items():
        for cached, ordered in ORDERED.items() if row.exceptional else [("by_day", ORDERED["by_day"])]:
            yield Way(f".{name}()", row.effect_on(ordered), f"return ROWS.{name}()", cached, is_itself=True)
        if row.refines_arguments:
            yield Way(f".{name}(rows)", Effect.REFINES, f"return {FRESH}.{name}(ROWS)", imports=NOTE)
    for lookup in TABLES.consumer_table.lookups.refining:
        yield Way(f"{lookup}=", Effect.REFINES, f"return {FRESH}.filter(text{lookup}=ROWS)", imports=NOTE)


FRESH, NOTE = "Note.objects.all()", "from desk.models import Note"


def _by_operators() -> Iterator[Way]:
    for symbol, row in TABLES.operators.items():
        if symbol in SPELLED and (symbol != "match" or sys.version_info >= (3, 10)):
            effect = Effect.NONE if row.shows else row.effect
            yield Way(symbol, effect, SPELLED[symbol], is_itself=True)


def _by_consumers() -> Iterator[Way]:
    for row in TABLES.consumer_rows:
        name = row.names[0]
        instance = f"{name.removesuffix('()')}()"
        imports = f"import {name.rpartition('.')[0]}" if "." in name and not name.startswith("dict.") else ""
        for cached, ordered in ORDERED.items() if row.exceptional else [("by_day", ORDERED["by_day"])]:
            effect = _effect(row, ordered)
            for called in [f"{instance}.{method}" for method in row.methods] or [name]:
                for slot in row.arguments:
                    statement = f"return {called}({_arguments(slot)})"
                    yield Way(f"{called}({slot.index}, {slot.keyword})", effect, statement, cached, imports=imports)
            for way in (*_by_attributes(row, name, effect), *_by_returns(row, name, effect)):
                yield replace(way, cached=cached, imports=imports)


def _by_attributes(row: Consumer, name: str, effect: Effect) -> Iterator[Way]:
    for attribute in row.attributes:
        body = f"class Made({name}):\n    {_sets(row)}\n    {attribute} = ROWS"
        yield Way(f"{name}: {attribute} =", effect, body, is_kept=True)
        if not row.where:
            made = f"{name.removesuffix('()')}()"
            yield Way(f"{name}.{attribute} =", effect, f"made = {made}\nmade.{attribute} = ROWS", is_kept=True)


def _by_returns(row: Consumer, name: str, effect: Effect) -> Iterator[Way]:
    for method in (each.replace("*", "rows") for each in row.returns):
        body = f"class Made({name}):\n    {_sets(row)}\n\n    def {method}(self):\n        return ROWS"
        yield Way(f"{name}: {method}()", effect, body, is_kept=True)


def _sets(row: Consumer) -> str:
    """The statement of a class body without which a row does not hold."""
    return f"{row.where} = 1" if row.where else "pass"


def _effect(row: Consumer, ordered: Ordered) -> Effect:
    """What a row says of a QuerySet of an order; nothing where a total order, which code may have, would spare it."""
    is_spared = ordered == "yes" and row.effect_on("totally") is not row.effect_on("yes")
    return Effect.NONE if row.shows or is_spared else row.effect_on(ordered)


def _arguments(slot: Slot) -> str:
    """The arguments of a call up to the one that a row speaks of."""
    value = "ROWS" if not slot.entry else "[ROWS]" if slot.entry == "[]" else f'{{"{slot.entry}": ROWS}}'
    return ", ".join(["None"] * slot.index + [value]) if slot.index >= 0 else f"{slot.keyword}={value}"


WAYS: Sequence[Way] = (*_by_operations(), *_by_operators(), *_by_consumers())


Told = list[tuple[UseKind, str]]


@pytest.fixture(scope="module")
def told() -> Mapping[tuple[int, str], Told]:
    """The kinds and operations of the uses in every function, by the number of the way and the name of the form."""
    files = {"desk/__init__.py": "", "desk/models.py": MODELS, "desk/queries.py": QUERIES}
    for number, way in enumerate(WAYS):
        files |= way.files(number)
    sources = {path: source.encode() for path, source in files.items()}
    analysis = analyse(SourceTree(Path(), tuple(sorted(files)), sources), TABLES)
    assert not analysis.unreadable
    found: dict[tuple[int, str], Told] = {}
    for use in analysis.uses:
        name = analysis.evaluator.facts(use.path).functions[use.function].qualname.partition(".")[0]
        number = int(use.path.removeprefix("desk/way_").removesuffix(".py"))
        found.setdefault((number, name), []).append((use.kind, use.operation))
    return found


@pytest.mark.parametrize("number", range(len(WAYS)), ids=lambda number: f"{WAYS[number].row} {WAYS[number].cached}")
def test_a_use_is_the_same_wherever_it_stands(number: int, told: Mapping[tuple[int, str], Told]) -> None:
    way = WAYS[number]
    direct = told.get((number, "direct"), [])
    if way.effect is not Effect.RAISES:  # what is refused may have the form of something else: `rows[-1]`
        assert [kind for kind, _ in direct] == ([] if way.kind is None else [way.kind])
    assert told.get((number, "variable"), []) == direct
    handed = [UseKind.PART if kind is UseKind.PART else UseKind.PASSED_ON for kind, _ in direct]
    in_helpers = {form: [kind for kind, _ in told.get((number, form), [])] for form in FORMS}
    assert in_helpers == dict.fromkeys(FORMS, handed)
