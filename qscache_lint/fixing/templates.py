"""Django templates, read just far enough to tell whether a variable is only read there as its rows can be.

Only forms that mean the same for a QuerySet and for a list of its rows count as reading: `{% for x in name %}`,
`{% if name %}`, `{{ name|length }}`, `{{ name.0 }}` and their like. Any other mention does not, nor does a template
that is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qscache_lint import limits
from qscache_lint.reasons import UseOfValue, reason
from qscache_lint.source.files import read_regular
from qscache_lint.source.text import name_in_source
from qscache_lint.source.tree import read_mentions
from qscache_lint.values import Reason

_TAG = re.compile(r"{%-?\s*(.*?)\s*-?%}|{{-?\s*(.*?)\s*-?}}", re.DOTALL)
_COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
_OTHER_TEMPLATE = re.compile(r"""(?:extends|include)\s+(?:"([^"]+)"|'([^']+)'|(\S+))""")

# Filters that give the same for a QuerySet and for a list of its rows, those that take a part apart from the others.
_OF_ALL = r"\|(?:length|dictsort|dictsortreversed)(?::\"\w+\")?"
_OF_A_PART = r"\|(?:first|slice:\":\d+\")"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a template takes a variable: `problem` is what it does beside reading; `takes_part`: not all of its rows."""

    problem: UseOfValue | None = None
    takes_part: bool = False


class Templates:
    """Templates by their path relative to `root`."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self._root = root
        self._paths = paths

    def find(self, name: str) -> tuple[str, ...]:
        """The files that a template name may mean: below any directory called `templates` or `jinja2`."""
        if not name or name.startswith("/"):
            return ()
        return tuple(path for path in self._paths if f"/{path}".endswith(f"/{name}"))

    def reading(self, template: str, name: str) -> Reading:
        """How a template, with all that it extends or includes, takes the variable `name`."""
        pending, seen, takes_part = [template], set[str](), False
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            if len(seen) > limits.INCLUDED_TEMPLATES:
                return Reading(UseOfValue.of("template-includes-many", template=template))
            files = self.find(current)
            if not files:
                return Reading(UseOfValue.of("template-missing", template=current))
            for path in files:
                try:
                    text = _text(read_regular(self._root / path))
                except OSError:
                    return Reading(UseOfValue.of("template-closed", template=current))
                found = _reading(text, current, name)
                if found.problem:
                    return found
                takes_part = takes_part or found.takes_part
                others = list(_others(text))
                if None in others:
                    return Reading(UseOfValue.of("template-includes-unknown", template=current))
                pending.extend(other for other in others if other is not None)
        return Reading(takes_part=takes_part)

    def attribute_mention(self, name: str) -> Reason | None:
        """What a template does that asks any object for the attribute `name`, or may do so; None when none does."""
        asked, written = re.compile(rf"\.{re.escape(name)}\b"), name_in_source(f".{name}")
        for path in self._paths:
            source = read_mentions(self._root / path)
            if source is None:
                return reason("template-unreadable", path, name=name)
            text = _text(source) if written in source else ""
            for tag in _TAG.finditer(text):
                if asked.search(tag[1] or tag[2] or ""):
                    return reason("template-mention", path, _row(text, tag), name=name)
        return None


def _text(source: bytes) -> str:
    """The text of a template, without what its comments hide."""
    text = source.decode("utf-8", "replace")
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)


def _others(text: str) -> Iterator[str | None]:
    for tag in _TAG.finditer(text):
        found = _OTHER_TEMPLATE.match(tag[1] or "")
        if found is not None:
            yield found[1] or found[2]


def _reading(text: str, template: str, name: str) -> Reading:
    word = re.compile(rf"(?<![\w.\"'-]){re.escape(name)}(?![\w=-])")
    takes_part = False
    for tag in _TAG.finditer(text):
        content = tag[1] or tag[2] or ""
        if not word.search(content):
            continue
        if _takes_part(content, name):
            takes_part = True
        elif not _reads(content, name):
            row = _row(text, tag)
            return Reading(UseOfValue.of("template-other-use", line=row, template=template, name=name))
    return Reading(takes_part=takes_part)


def _row(text: str, tag: re.Match[str]) -> int:
    return text.count("\n", 0, tag.start()) + 1


def _reads(content: str, name: str) -> bool:
    escaped = re.escape(name)
    forms = (
        rf"for\s+[\w,\s]+\s+in\s+{escaped}({_OF_ALL})*(\s+reversed)?",
        rf"(if|elif)\s+(not\s+)?{escaped}(\|length(\s*[<>=!]+\s*\d+)?)?",
        rf"{escaped}\|length(\|\w+)*",
        rf"regroup\s+{escaped}\s+by\s+[\w.]+\s+as\s+\w+",
    )
    return any(re.fullmatch(form, content) for form in forms)


def _takes_part(content: str, name: str) -> bool:
    escaped = re.escape(name)
    forms = (
        rf"for\s+[\w,\s]+\s+in\s+{escaped}{_OF_A_PART}",
        rf"with\s+\w+={escaped}(\|first|\.\d+)",
        rf"{escaped}(\.\d+|\|first)(\.[\w.]+)?(\|\w+)*",
    )
    return any(re.fullmatch(form, content) for form in forms)
