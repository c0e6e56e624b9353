"""QuerySets of a module's body, what reads them, and what stands beside: LIVE is the QuerySet, READ the reading."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

READERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "function": ("def page():\nREAD", ("live.page()",)),
    "called once": ("def _page():\nREAD\n\n\ndef page():\n    return _page()", ("live.page()",)),
    "called in a loop": (
        "def _page():\nREAD\n\n\ndef page():\n    return [_page() for _ in range(2)]",
        ("live.page()",),
    ),
    "called twice": ("def _page():\nREAD\n\n\ndef page():\n    return _page(), _page()", ("live.page()",)),
    "view": (
        "class Page(View):\n    def get(self, request):\n        return HttpResponse(found())\n\n\ndef found():\nREAD",
        ('live.Page().get(requests["a"]).content.decode()',),
    ),
    "view reads": ("class Page(View):\n    def get(self, request):\nREAD", ('live.Page().get(requests["a"])',)),
    "view with an attribute": (
        "class Page(View):\n    animals = LIVE\n\n    def get(self, request):\n        LIVE = self.animals\nREAD",
        ('live.Page().get(requests["a"])',),
    ),
    "two functions": ("def page():\nREAD\n\n\ndef other():\n    return len(LIVE)", ("live.page()", "live.other()")),
    "refined elsewhere": (
        "def page():\nREAD\n\n\ndef other():\n    return LIVE.filter(pk__lt=5).count()",
        ("live.page()", "live.other()"),
    ),
    "recursive": ("def page(depth=1):\n    if depth:\n        return page(depth - 1)\nREAD", ("live.page()",)),
    "handed on": (
        "def page():\nREAD\n\n\ndef other():\n    return [function() for function in (page, page)]",
        ("live.page()", "live.other()"),
    ),
    "generator": ("def page():\n    for animal in LIVE:\n        yield animal.name", ("live.page()",)),
    "key": (
        "def page():\n    return sorted([3, 1], key=lambda pk: len([a for a in LIVE if a.pk < pk]))",
        ("live.page()",),
    ),
}
"""The text of a module, and the calls that read."""

ODD_READS = (
    "return [len(LIVE) for _ in range(2)]",
    "return [animal.name for animal in ROWS], len(ROWS)",
    "for animal in ROWS:\n    animal.weight += 1\nreturn [animal.weight for animal in ROWS]",
    "found = ROWS\nreturn [animal.name for animal in found], found.count()",
    "return f'{len(ROWS)=}'",
    "return list(map(str, ROWS))",
)

BESIDE = {
    "patch": (
        "company",
        (
            "from zoo import live\n\n\ndef patched():\n    with mock.patch.object(live, 'LIVE', []):\n"
            "        return live.LIVE == []"
        ),
    ),
    "another reader": (
        "pages",
        "from zoo.live import LIVE\n\n\ndef shown():\n    return [animal.pk for animal in LIVE]",
    ),
    "another refines": ("pages", "from zoo.live import LIVE\n\n\ndef shown():\n    return LIVE.filter(pk=1).count()"),
    "all names": ("pages", "from zoo.live import *"),
    "handed on": (
        "pages",
        "from zoo import live\nfrom zoo.helpers import names_of\n\n\ndef shown():\n    return names_of(live.LIVE)",
    ),
}


def with_read(text: str, read: str) -> str:
    """The text of a module with a reading in the place of READ, as deep as it has to be."""
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines):
        if line == "READ":
            above = next(each for each in reversed(lines[:number]) if each.strip().startswith("def "))
            depth = len(above) - len(above.lstrip()) + 4
            found.append(textwrap.indent(read.replace("ROWS", "LIVE"), " " * depth))
        else:
            found.append(line)
    return "\n".join(found)
