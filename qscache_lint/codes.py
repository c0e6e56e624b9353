"""The codes of all rules, and whether each is on by default: the list of rules, for runs that load none of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

CODES: Mapping[str, bool] = {
    "QSC101": True,
    "QSC102": True,
    "QSC103": False,
    "QSC104": True,
    "QSC105": True,
    "QSC106": True,
    "QSC107": False,
    "QSC201": True,
    "QSC202": True,
    "QSC203": True,
    "QSC211": True,
    "QSC212": True,
    "QSC221": True,
    "QSC222": True,
    "QSC223": False,
    "QSC231": True,
    "QSC232": True,
    "QSC233": False,
    "QSC241": True,
    "QSC242": True,
    "QSC243": True,
    "QSC251": False,
    "QSC253": False,
    "QSC301": True,
    "QSC302": True,
    "QSC303": True,
    "QSC900": True,
    "QSC901": False,
}
"""In the order of reports. The module of a rule is that of `rules/` whose name begins with its code."""

PREFIX = "QSC"
"""How every code begins."""

GROUPS = ("QSC1", "QSC2", "QSC3")
"""The first digits that speak of code: what is cached, what is done with it, what is shared by a whole process."""


def page_of(code: str) -> str:
    """Where the document of a rule can be read, relative to a checkout."""
    return f"docs/rules/{code}.md"


@cache
def document_of(code: str) -> str:
    """The URI of a rule's document on this machine: its page in a checkout, else the module, which begins with it."""
    from pathlib import Path

    package = Path(__file__).resolve().parent
    page = package.parent / page_of(code)
    return (page if page.is_file() else next((package / "rules").glob(f"{code.lower()}_*.py"))).as_uri()


def names_rule(prefix: str, code: str, enabled: bool) -> bool:
    """Whether a code or prefix in a selection means a rule.

    The bare prefix `QSC` stands for what is on by default; a rule that is off by default needs a prefix with a digit.
    """
    return code.startswith(prefix.upper()) and (enabled or prefix[-1:].isdigit())


Decisions: TypeAlias = tuple[tuple[str, bool | None], ...]
"""For each rule: whether a host's options show it (True), drop it (False), or leave it to the project (None)."""
