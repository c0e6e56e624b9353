"""The module that a copy imports to ask: the type checker tells what `kind` gives for an expression and a question.

It has no code, only types. `kind` names the class that an expression is derived from; a class with a base that the
checker does not know is derived from any, `Nothing` before all others. Each question has a class, by which it is known
in the output. A checker that tells short names gives full ones where two classes have one name: so questions may have
other classes of these names beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

PROBE, NAMESAKES = "qscache_lint_probe", "qscache_lint_namesakes"

_KINDS = """\
from typing import Any, TypeVar, overload
from django.db.models import Model, QuerySet
from django.db.models.manager import BaseManager
import qscache_lint_namesakes as _named

class Nothing: ...
class IsOpen: ...
class IsQuerySet: ...
class IsManager: ...
class IsModel: ...
class IsClass: ...
class IsOther: ...

O = TypeVar("O", bound=Nothing)
S = TypeVar("S", bound=QuerySet[Any, Any])
B = TypeVar("B", bound=BaseManager[Any])
M = TypeVar("M", bound=Model)
C = TypeVar("C")
T = TypeVar("T")
N = TypeVar("N")

@overload
def kind(x: None, n: N) -> tuple[None, IsOther, N]: ...
@overload
def kind(x: O, n: N) -> tuple[O, IsOpen, N]: ...
@overload
def kind(x: S, n: N) -> tuple[S, IsQuerySet, N]: ...
@overload
def kind(x: B, n: N) -> tuple[B, IsManager, N]: ...
@overload
def kind(x: M, n: N) -> tuple[M, IsModel, N]: ...
@overload
def kind(x: O | None, n: N) -> tuple[O | None, IsOpen, N]: ...
@overload
def kind(x: S | None, n: N) -> tuple[S | None, IsQuerySet, N]: ...
@overload
def kind(x: B | None, n: N) -> tuple[B | None, IsManager, N]: ...
@overload
def kind(x: M | None, n: N) -> tuple[M | None, IsModel, N]: ...
@overload
def kind(x: type[C], n: N) -> tuple[type[C], IsClass, N]: ...
@overload
def kind(x: T, n: N) -> tuple[T, IsOther, N]: ...
"""

CONTROL = """\
from typing import Any
from django.db.models import QuerySet
import qscache_lint_probe as _at

def control(rows: QuerySet[Any, Any], count: complex):
    reveal_type(_at.kind(rows, _at.q0))
    reveal_type(_at.kind(count, _at.q1))
"""
"""What is asked in any case: a QuerySet, and something that is none."""

CONTROLLED = ("IsQuerySet", "IsOther")
"""What the answers to the first questions have to be, if the checker knows Django's types and its output is read."""


def probe(questions: Iterable[int], beside: Mapping[int, Collection[str]]) -> str:
    """The module for some questions, each with the names that have to be told in full."""
    lines = [_KINDS]
    for number in questions:
        others = "".join(f", _named.{name}" for name in sorted(beside.get(number, ())))
        lines.append(f"class Q{number}: ...\nq{number}: tuple[Q{number}{others}]\n")
    return "".join(lines)


def namesakes(beside: Mapping[int, Collection[str]]) -> str:
    """The module with the other classes of some names."""
    names = sorted({name for each in beside.values() for name in each})
    return "".join(f"class {name}: ...\n" for name in names)
