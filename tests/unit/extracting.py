"""Runs the local split of a storing function on source alone, without an analysis."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.reading import read_source
from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.rewrite import ChangeFunction, rewrite
from qscache_lint.fixing.rewriters.anatomy import calls_in
from qscache_lint.fixing.rewriters.definitions import Names, Style
from qscache_lint.fixing.rewriters.extracted_store import ExtractStored
from qscache_lint.knowledge.model import Store
from qscache_lint.naming import builder_name
from qscache_lint.project.identities import FunctionId
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Span

_STORES = ("set", "aset", "add", "get_or_set", "aget_or_set")
_FLAVOURS = {"classmethod": Flavour.CLASSMETHOD, "staticmethod": Flavour.STATICMETHOD}


@dataclass(frozen=True)
class Extracted:
    """A module after the split, and what is different in the builder."""

    source: bytes
    differences: tuple[str, ...]
    builder: str

    @property
    def text(self) -> str:
        return self.source.decode()


def extracted(source: bytes, row: int = 0) -> Extracted:
    """Split the function that stores first, or on a row. Raises Refused where that cannot be done."""
    parsed, facts = Parsed.read(source), _facts(source)
    function = storing_function(source, row)
    node = parsed.function_at(function.span)
    store = next(at for at, call in enumerate(calls_in(node)) if _is_asked(parsed, call, row))
    change, builder = _change(source, facts, parsed, function.span, store)
    differences = tuple(each.message for each in change.differences(node))
    return Extracted(rewrite(source, [ChangeFunction(function.span, change)]), differences, builder)


def storing_function(source: bytes, row: int = 0) -> FunctionFacts:
    """The outermost function with the first storing call, or with the one on a row."""
    parsed, facts = Parsed.read(source), _facts(source)
    outermost = (each for each in facts.functions[1:] if not each.parent and each.span in parsed.tree.functions)
    return next(
        each
        for each in outermost
        if any(_is_asked(parsed, call, row) for call in calls_in(parsed.function_at(each.span)))
    )


def _facts(source: bytes) -> ModuleFacts:
    record = read_source(source)
    assert not isinstance(record, Unreadable)
    return ModuleFacts(record)


def _is_asked(parsed: Parsed, call: cst.Call, row: int) -> bool:
    return is_store(call) and row in (0, parsed.positions.span(call).start.row)


def is_store(call: cst.Call) -> bool:
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in _STORES:
        return False
    return "cache" in cst.Module([]).code_for_node(call.func.value).lower()


def _change(
    source: bytes, facts: ModuleFacts, parsed: Parsed, span: Span, store: int
) -> tuple[ExtractStored, str]:
    function = next(each for each in facts.functions if each.span == span)
    texts = [each.text for each in function.decorators]
    usual = Flavour.FUNCTION if function.owner is None else Flavour.METHOD
    flavour = next((_FLAVOURS[text] for text in texts if text in _FLAVOURS), usual)
    binding = frozenset(at for at, text in enumerate(texts) if text in _FLAVOURS)
    cached = CachedFunction(
        FunctionId("shop.py", facts.functions.index(function)), function, flavour, Store.PICKLED, span, None, binding
    )
    owner = "" if function.owner is None else facts.classes[function.owner].qualname
    line = split_rows(decode(source))[function.span.start.row - 1]
    around = line[: len(line) - len(line.lstrip(" \t"))]
    style = Style(cached, owner, parsed.newline, parsed.module.default_indent, None, around)
    name = builder_name(function.name)
    call = calls_in(parsed.function_at(span))[store]
    change = ExtractStored(style, Names(name, function.name, name), store, is_callable=_gives_callable(call, parsed))
    return change, name


def _gives_callable(call: cst.Call, parsed: Parsed) -> bool:
    """Whether the second argument is a function, as the analysis would say for the sources of these tests."""
    values = [each.value for each in call.args if each.keyword is None or each.keyword.value == "default"][1:2]
    if not m.matches(call.func, m.Attribute(attr=m.Name("get_or_set") | m.Name("aget_or_set"))) or not values:
        return False
    if isinstance(values[0], cst.Name):
        return bool(m.findall(parsed.module, m.FunctionDef(name=m.Name(values[0].value))))
    return m.matches(values[0], m.Lambda() | m.Attribute() | m.Call(func=m.Name("partial")))
