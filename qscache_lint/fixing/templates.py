"""Django templates, read just far enough to tell whether a variable is only iterated there.

Only forms that mean the same for a QuerySet and for a list of its rows count as reading: `{% for x in name %}`,
`{% if name %}`, `{{ name|length }}`, `{{ name.0 }}`. Any other mention does not, nor does a template that is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_TAG = re.compile(r"{%-?\s*(.*?)\s*-?%}|{{-?\s*(.*?)\s*-?}}", re.DOTALL)
_COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
_OTHER_TEMPLATE = re.compile(r"""(?:extends|include)\s+(?:"([^"]+)"|'([^']+)'|(\S+))""")
_MOST_TEMPLATES = 50


def reads_only(root: Path, template: str, name: str) -> str | None:
    """None when the template (and all it extends or includes) only reads the rows of `name`; else the reason."""
    pending, seen = [template], set[str]()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        if len(seen) > _MOST_TEMPLATES:
            return f"the template {template} includes too many others"
        files = find_template(root, current)
        if not files:
            return f"the template {current} is not in the project"
        for path in files:
            text = _COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
            problem = _problem(text, current, name)
            if problem is not None:
                return problem
            others = list(_others(text))
            if None in others:
                return f"the template {current} includes one that only the running program names"
            pending.extend(other for other in others if other is not None)
    return None


def find_template(root: Path, name: str) -> tuple[Path, ...]:
    """The files that a template name may mean: below any directory called `templates` or `jinja2`."""
    if not name or name.startswith("/"):
        return ()
    return tuple(
        sorted(path for path in root.rglob(name) if path.is_file() and {"templates", "jinja2"} & set(path.parts))
    )


def _others(text: str) -> Iterator[str | None]:
    for tag in _TAG.finditer(text):
        found = _OTHER_TEMPLATE.match(tag[1] or "")
        if found is not None:
            yield found[1] or found[2]


def _problem(text: str, template: str, name: str) -> str | None:
    word = re.compile(rf"(?<![\w.\"'-]){re.escape(name)}(?![\w=-])")
    for tag in _TAG.finditer(text):
        content = tag[1] or tag[2] or ""
        if word.search(content) and not _reads(content, name):
            row = text.count("\n", 0, tag.start()) + 1
            return f"line {row} of the template {template} does more with {name} than read its rows"
    return None


def _reads(content: str, name: str) -> bool:
    escaped = re.escape(name)
    forms = (
        rf"for\s+[\w,\s]+\s+in\s+{escaped}(\s+reversed)?",
        rf"(if|elif)\s+(not\s+)?{escaped}(\|length(\s*[<>=!]+\s*\d+)?)?",
        rf"{escaped}\|length",
        rf"{escaped}\.\d+(\.[\w.]+)?(\|\w+)*",
    )
    return any(re.fullmatch(form, content) for form in forms)
