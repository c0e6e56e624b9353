"""Imports in a function that nothing uses but what has moved out of it: they are in the builder, and go."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.rewrite import bound_by
from qscache_lint.fixing.rewriters.misses import code

_IMPORT = m.SimpleStatementLine([m.Import() | m.ImportFrom()])


def without_idle_imports(body: cst.IndentedBlock, before: Sequence[cst.BaseStatement]) -> cst.IndentedBlock:
    """A body without the imports that it does not use any more, as the statements `before` did; comments stay."""
    kept = [each for at, each in enumerate(body.body) if not _is_idle(at, body.body, before)]
    return body.with_changes(body=kept)


def _is_idle(at: int, statements: Sequence[cst.BaseStatement], before: Sequence[cst.BaseStatement]) -> bool:
    names = _imported(statements[at])
    others = [each for place, each in enumerate(statements) if place != at]
    old = [each for each in before if not m.matches(each, _IMPORT)]
    return bool(names) and not any(_names(others, each) for each in names) and all(_names(old, each) for each in names)


def _imported(statement: cst.BaseStatement) -> list[str]:
    """The names that an import binds which stands alone, without a comment; none for any other statement."""
    if not m.matches(statement, _IMPORT) or m.findall(statement, m.Comment()):
        return []
    assert isinstance(statement, cst.SimpleStatementLine)
    found = statement.body[0]
    aliases = found.names if isinstance(found, (cst.Import, cst.ImportFrom)) else ()
    names = [] if isinstance(aliases, cst.ImportStar) else [bound_by(each) for each in aliases]
    return names if all(each.isidentifier() for each in names) else []


def _names(statements: Sequence[cst.BaseStatement], name: str) -> bool:
    """Whether some statements have a name as a word, be it in text."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(code(each)) for each in statements)
