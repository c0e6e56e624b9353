"""Names that mean the same whenever a function of the module reads them."""

from __future__ import annotations

import pytest

from qscache_lint.fixing.module_names import ModuleNames


@pytest.mark.parametrize(
    "source",
    [
        "word = 1",
        "word: int = 1",
        "import word",
        "import word.inner",
        "from words import other as word",
        "def word(): word = 1",
        "class word:\n    word = 1",
        "word = 1\nclass Other:\n    word = 2",
        "word = 1\ndef other(word):\n    word = 2",
        "word = other = 1",
    ],
)
def test_a_statement_of_the_module_fixes_a_name(source: str) -> None:
    names = ModuleNames.read(source.encode())
    assert names.is_fixed("word", 9)
    assert not names.is_fixed("word", 1)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "word: int",
        "from words import *",
        "for word in []: pass",
        "for _, (word, *others) in []: pass",
        "with open('') as word: pass",
        "word, other = 1, 2",
        "if 1:\n    word = 1",
        "try:\n    import word\nexcept ImportError:\n    word = None",
        "word = 1\ntry: pass\nexcept ValueError as word: pass",
        "word = 1\ndel word",
        "word = 1\nword += 1",
        "word = word = 1",
        "word = 1\n[(word := each) for each in []]",
        "word = 1\nmatch word:\n    case {**word}: pass",
        "word = 1\nmatch word:\n    case [*word]: pass",
        "word = 1\nmatch word:\n    case int() as word: pass",
        "word = 1\ndef other():\n    def inner():\n        global word",
        "def other(): word = 1",
        "class Other:\n    word = 1",
    ],
)
def test_anything_else_does_not(source: str) -> None:
    assert not ModuleNames.read(source.encode()).is_fixed("word", 9)


def test_a_builtin_is_fixed_where_the_module_does_not_bind_it() -> None:
    assert ModuleNames.read(b"").is_fixed("list", 1)
    assert not ModuleNames.read(b"for list in []: pass").is_fixed("list", 9)
