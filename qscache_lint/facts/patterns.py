"""The patterns of a `match`: the tests that they are, and what they bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qscache_lint.facts.terms import Argument, Call, Choice, Compare, Constant, Guard, Join, Name, Opaque, Ref

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor


def test_of(visitor: FactsVisitor, subject: Ref, pattern: ast.pattern) -> Ref | None:
    """The term that is true where a pattern matches; None for a pattern that always does.

    Values and classes are tests like others (`subject == value`, `isinstance(subject, C)`); the others are `Opaque`.
    """
    match pattern:
        case ast.MatchAs(pattern=None):
            return None
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return test_of(visitor, subject, inner)
        case ast.MatchValue(value=value):
            return visitor.add(Compare("==", subject, visitor.term(value)), pattern)
        case ast.MatchSingleton(value=value):
            return visitor.add(Compare("is", subject, visitor.add(Constant(value), pattern)), pattern)
        case ast.MatchClass(cls=classes, patterns=[], kwd_patterns=[]):
            given = (Argument(each, None, "", visitor.span(pattern)) for each in (subject, visitor.term(classes)))
            return visitor.add(Call(visitor.add(Name("isinstance"), pattern), tuple(given)), pattern)
        case ast.MatchOr(patterns=patterns):
            return _any_of(visitor, [test_of(visitor, subject, each) for each in patterns], pattern)
        case _:
            return visitor.add(Opaque("match", (subject,)), pattern)


def _any_of(visitor: FactsVisitor, tests: list[Ref | None], pattern: ast.pattern) -> Ref | None:
    """`a or b` of some tests."""
    found = tests[0]
    for test in tests[1:]:
        if found is None or test is None:
            return None
        choices = (Choice(found, (Guard(found, True),)), Choice(test, (Guard(found, False),)))
        found = visitor.add(Join(choices), pattern)
    return found


def members(pattern: ast.pattern) -> Iterator[tuple[str, int]]:
    """The names that a sequence pattern binds to members of the subject, by position."""
    if not isinstance(pattern, ast.MatchSequence):
        return
    for position, element in enumerate(pattern.patterns):
        match element:
            case ast.MatchStar():
                return
            case ast.MatchAs(pattern=None, name=str(name)):
                yield name, position
