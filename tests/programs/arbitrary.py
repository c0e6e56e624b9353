"""Arbitrary Python, by hypothesmith, whose names are given a meaning: those of models, memos and QuerySets."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator
from zlib import crc32

import hypothesmith
import libcst
from hypothesis import strategies as st

from tests.programs.grammar import MODELS

_HEADER = """
from functools import lru_cache
from django.core.cache import cache
from library.models import Book


@lru_cache
def books():
    return Book.objects.all()


"""
_NAMES = ("books", "Book", "cache", "lru_cache", "objects", "filter", "all", "get", "set", "self", "rows", "word")


def _with_meaning(text: str) -> str:
    """The text with another name in place of each, the same for the same; as it is where it has no tokens."""
    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(text).readline)]
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):  # before Python 3.13, it cuts characters
        return text
    lines = io.StringIO(text).readlines()
    for row, start, end, name in reversed([*_names(tokens)]):
        lines[row] = f"{lines[row][:start]}{_NAMES[crc32(name.encode()) % len(_NAMES)]}{lines[row][end:]}"
    return "".join(lines)


def _names(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, int, int, str]]:
    for token in tokens:
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string) and token.string.isidentifier():
            yield token.start[0] - 1, token.start[1], token.end[1], token.string


def _laid_out(text: str) -> dict[str, str]:
    return {"library/__init__.py": "", "library/models.py": MODELS, "library/queries.py": f"{_HEADER}{text}"}


_SOURCES = st.one_of(
    hypothesmith.from_grammar(auto_target=False),
    hypothesmith.from_node(libcst.Module, auto_target=False),
    hypothesmith.from_node(libcst.FunctionDef, auto_target=False),
)

PROJECTS: st.SearchStrategy[dict[str, str]] = _SOURCES.map(_with_meaning).map(_laid_out)
"""Projects with a module of such text behind a memoized function."""
