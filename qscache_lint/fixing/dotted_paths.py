"""Whether text with the name of a cached function in it can lead to that function.

`"shop.queries.items"` does, as a patch target or a setting; `"shop:items"` is the name of a URL, and
`"blog.views.items"` that of another function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.references import refers_to
from qscache_lint.project.abstract import ClassValue
from qscache_lint.project.evaluate import Evaluator

_PATH = re.compile(r"\w+(?:[.:]\w+)+")
_SEPARATOR = re.compile(r"[.:]")


def may_lead_to(evaluator: Evaluator, cached_function: CachedFunction, path: str, text: str) -> bool:
    """Whether text, in the file `path`, may be a way to the function, whose name it has behind a dot or a colon.

    Text that is only a part of a path (`".items"`, `"%s.items"`) may lead anywhere.
    """
    if not _PATH.fullmatch(text):
        return True
    steps = _SEPARATOR.split(text)
    resolve = evaluator.project.modules.resolve
    for end in range(len(steps) - 1, 0, -1):
        module = resolve(path, ".".join(steps[:end]), 0)
        if module is not None:
            rest = steps[end:]
            return cached_function.name in rest and _may_have(evaluator, cached_function, module, rest)
    return ":" not in text and _may_end_a_path(cached_function, steps)


def _may_have(evaluator: Evaluator, cached_function: CachedFunction, module: str, steps: Sequence[str]) -> bool:
    """Whether what a module has under the first of some names may be the function, or may have it."""
    if module.endswith("/"):  # a package without code
        return False
    if steps[0] == cached_function.name and module == cached_function.path:
        return not cached_function.is_member
    facts = evaluator.project.facts(module)
    if facts is None or steps[0] not in facts.body.bindings:
        return facts is not None and bool(facts.stars)
    values = [evaluator.value(module, each.value) for each in facts.body.bindings[steps[0]]]
    if steps[0] == cached_function.name:
        is_it = any(not value or refers_to(value, cached_function.identity) for value in values)
        return is_it and not cached_function.is_member
    classes = {atom.of for value in values for atom in value if isinstance(atom, ClassValue)}
    is_class = bool(classes) and all(isinstance(atom, ClassValue) for value in values for atom in value)
    owner, mro = cached_function.owner, evaluator.classes.mro
    return not is_class or (owner is not None and any(owner in mro(each) or each in mro(owner) for each in classes))


def _may_end_a_path(cached_function: CachedFunction, steps: Sequence[str]) -> bool:
    """Whether steps from no module of the project may go on from one, or from an object for a member."""
    if cached_function.is_member:
        return True
    around = list(takewhile(lambda step: step != cached_function.name, steps))
    home = cached_function.path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    return home[-len(around) :] == around
