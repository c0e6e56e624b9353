"""The local split of functions that store in their body: its forms, and that no other code notices it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qscache_lint.fixing.model import Refused
from tests.literate import fenced_blocks, split_sections
from tests.rewritten import COMMENT, of_windows, with_comments
from tests.unit.extracting import extracted, storing_function
from tests.unit.fake_shop import Shop

FORMS = Path(__file__).parent.parent / "extractions"
_HEAD = re.compile(r"python before( \d+)?")


@dataclass(frozen=True)
class Form:
    """A function before and after; `calls` are run in both. `row` is that of the store, where there are several."""

    document: str
    title: str
    before: str
    row: int
    after: str
    differences: tuple[str, ...]
    refused: str
    calls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}: {self.title}"


def _forms() -> Iterator[Form]:
    for path in sorted(FORMS.glob("*.md")):
        _, sections = split_sections(path.stem, path.read_text(encoding="utf-8"))
        for title, text in sections.items():
            yield _form(path.stem, title, dict(fenced_blocks(path.stem, text)))


def _form(document: str, title: str, blocks: dict[str, str]) -> Form:
    first, *others = blocks
    head = _HEAD.fullmatch(first)
    known = {"python after", "text calls", "text differences"}
    if head is None or (set(others) != {"text refused"} and not {"python after", "text calls"} <= set(others) <= known):
        raise ValueError(f"{document}: {title!r} is no form")
    differences, calls = (tuple(blocks.get(f"text {kind}", "").splitlines()) for kind in ("differences", "calls"))
    refused = blocks.get("text refused", "").strip()
    after = blocks.get("python after", "")
    return Form(document, title, blocks[first], int(head[1] or 0), after, differences, refused, calls)


ALL = list(_forms())
DONE = [form for form in ALL if form.after]


def _differs(call: str) -> bool:
    """Whether the document says that the builder gives something else here."""
    return call.endswith("  # differs")


@pytest.mark.parametrize("form", [form for form in ALL if form.refused], ids=str)
def test_what_cannot_be_told_is_refused(form: Form) -> None:
    with pytest.raises(Refused) as refused:
        extracted(form.before.encode(), form.row)
    assert str(refused.value) == form.refused


@pytest.mark.parametrize("form", DONE, ids=str)
def test_the_builder_stands_above_the_function(form: Form) -> None:
    found = extracted(form.before.encode(), form.row)
    assert found.text == form.after
    assert found.differences == form.differences


@pytest.mark.drawn(share=3)
@pytest.mark.parametrize("form", DONE, ids=str)
def test_comments_stay_once_each(form: Form) -> None:
    source = with_comments(form.before)
    above = len(with_comments("\n".join(form.before.splitlines()[: form.row])).splitlines()) if form.row else 0
    written = extracted(source.encode(), above).text
    assert sorted(COMMENT.findall(written)) == sorted(COMMENT.findall(source))


@pytest.mark.drawn(share=3)
@pytest.mark.parametrize("form", DONE, ids=str)
def test_tabs_and_line_ends_of_windows_stay(form: Form) -> None:
    assert extracted(of_windows(form.before).encode(), form.row).text == of_windows(form.after)


@pytest.mark.parametrize("caches_enabled", [True, False], ids=["with-a-cache", "without"])
@pytest.mark.parametrize("form", DONE, ids=str)
def test_no_other_code_notices(form: Form, caches_enabled: bool) -> None:
    """On a miss and on a hit, results and calls of the cache are those of before."""
    for call in form.calls:
        old, new = (Shop(source, caches_enabled) for source in (form.before, form.after))
        says_twice = any(each.endswith(" runs twice") for each in form.differences)
        for is_hit in (False, True):
            assert old.run(call) == new.run(call), call
            assert old.notes == new.notes, call
            assert old.events == new.events or (says_twice and not is_hit), call
            new.events[:] = old.events


@pytest.mark.parametrize("caches_enabled", [True, False], ids=["with-a-cache", "without"])
@pytest.mark.parametrize("form", DONE, ids=str)
def test_the_builder_gives_what_the_function_gave_on_a_miss(form: Form, caches_enabled: bool) -> None:
    builder = extracted(form.before.encode(), form.row).builder
    name = storing_function(form.before.encode(), form.row).name
    for call in form.calls:
        asked = re.sub(rf"\b{name}\(", f"{builder}(", call)
        old, new = (Shop(source, caches_enabled) for source in (form.before, form.after))
        assert (old.run(call) == new.run(asked)) is not _differs(call), call
        assert not new.notes
        says_less = any(" leaves out " in each for each in form.differences)
        assert says_less or _differs(call) or old.events == new.events


def test_a_difference_is_only_stated_of_forms_that_say_so() -> None:
    assert all(form.differences for form in ALL if any(_differs(call) for call in form.calls))
    assert len(ALL) > 80
