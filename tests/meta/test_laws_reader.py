"""The reader of `tests/laws`: what is written there is what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws_reader import Law, Step, read_laws

SHARED = "# Laws\n\n```python zoo/a.py\na = 1\n```\n\n```steps\na.a\n```\n"


def laws(directory: Path, document: str) -> list[Law]:
    (directory / "README.md").write_text(SHARED, encoding="utf-8")
    (directory / "keys.md").write_text(document, encoding="utf-8")
    return list(read_laws(directory))


def test_a_law_has_the_shared_files_and_steps(tmp_path: Path) -> None:
    (law,) = laws(tmp_path, "# Keys\n\n## One\n\n```python zoo/b.py\nb = 2\n```\n")
    assert law.files == {"zoo/a.py": "a = 1\n", "zoo/b.py": "b = 2\n"}
    assert law.runs == ((Step("a.a"),),)
    assert (str(law), law.is_safe) == ("keys: One", False)


def test_files_are_replaced_or_appended_to(tmp_path: Path) -> None:
    added = "```python zoo/a.py +\nb = 2\n```\n"
    first, second = laws(tmp_path, f"# Keys\n\n{added}\n## safe: One\n\n## Two\n\n```python zoo/a.py\nc = 3\n```\n")
    assert first.files["zoo/a.py"] == "a = 1\nb = 2\n"
    assert (first.title, first.is_safe) == ("One", True)
    assert second.files["zoo/a.py"] == "c = 3\n"


def test_steps_may_owe_a_difference(tmp_path: Path) -> None:
    steps = "```steps\na.a  # unsafe: a list\na.b()\n---\na.a  # unsafe queries: line 8\n```\n"
    (law,) = laws(tmp_path, f"# Keys\n\n## One\n\n{steps}")
    first, second = law.runs
    assert first == (Step("a.a", "a list"), Step("a.b()"))
    assert second == (Step("a.a", "line 8", in_queries=True),)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("## One\n\n```toml zoo/a.py\n```\n", "what does the block"),
        ("## One\n\n```python zoo/b.py\n```\n\n```python zoo/b.py\n```\n", "is given twice"),
        ("## One\n\n```steps\na.a\n```\n\n```steps\na.a\n```\n", "two blocks of steps"),
        ("## One\n\n```steps\na.a\n---\n```\n", "a run without steps"),
        ("## One\n\n## One\n", "two cases are called"),
    ],
)
def test_what_would_be_passed_over_is_refused(tmp_path: Path, document: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        laws(tmp_path, document)
