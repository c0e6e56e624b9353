"""The literate reader refuses what it would otherwise pass over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import literate
from tests.literate import Case, Expected, read_cases

BLOCK = "```python shop/a.py\nx = 1  # expect: QSC201@3 QSC101\n```\n"


def _read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> list[Case]:
    (tmp_path / "subject.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(literate, "CASES", tmp_path)
    return list(read_cases())


def test_a_document_without_cases_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(tmp_path, monkeypatch, "# Subject\n\nText.\n") == []


def test_a_case_has_the_files_of_the_head_and_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "# Subject\n\n```python shop/b.py\ny = 2\n```\n\n"
    (case,) = _read(tmp_path, monkeypatch, f'{head}## One\n\n{BLOCK}\n```toml settings\nselect = ["QSC1"]\n```\n')
    assert case.name == "subject: One"
    assert sorted(case.files) == ["shop/a.py", "shop/b.py"]
    assert case.settings == 'select = ["QSC1"]\n'
    assert case.expected == (Expected("shop/a.py", 1, "QSC101"), Expected("shop/a.py", 1, "QSC201", 3))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"# S\n\n## One\n\n{BLOCK}\n```pyhton shop/b.py\ny = 2\n```\n", id="unknown-kind-of-block"),
        pytest.param(f"# S\n\n## One\n\n{BLOCK}\n```python\ny = 2\n```\n", id="block-without-a-path"),
        pytest.param(f"# S\n\n## One\n\n{BLOCK}\n```python shop/b.py\ny = 2\n", id="block-that-is-not-closed"),
        pytest.param("# S\n\n## One\n\nNothing but text.\n", id="case-without-files"),
        pytest.param(f"# S\n\n## One\n\n{BLOCK}\n{BLOCK}", id="one-path-twice-in-a-case"),
        pytest.param(f"# S\n\n## One\n\n{BLOCK}\n## One\n\n{BLOCK}", id="one-title-twice"),
        pytest.param("# S\n\n## One\n\n```python a.py\nx = 1  # expect: nothing\n```\n", id="marker-without-a-code"),
        pytest.param("# S\n\n## One\n\n```python a.py\nx = 1  # expects: QSC201\n```\n", id="marker-misspelt"),
    ],
)
def test_what_would_be_passed_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        _read(tmp_path, monkeypatch, text)
