"""Labels of apps: the name of their directory, or what the configuration of the app says."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Constant
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.project_roots import above

_CONFIGURATION, _LABEL = "apps.py", "label"


def is_configured(context: Context, path: ModulePath, label: str) -> bool:
    """Whether the configuration of the app around a file gives it a label."""
    for directory in above(path):
        configuration = f"{directory}/{_CONFIGURATION}".lstrip("/")
        facts = context.module(configuration) if configuration in context.project.tree else None
        if facts is not None:
            return label in _labels(facts)
    return False


def _labels(facts: ModuleFacts) -> Iterator[object]:
    for each in facts.classes:
        for binding in each.members.get(_LABEL, ()):
            term = facts.terms[binding.value]
            if isinstance(term, Constant):
                yield term.value
