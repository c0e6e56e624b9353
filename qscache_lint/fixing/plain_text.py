"""Text that only looks like a name: a key, a message, a URL, a column of a query."""

from __future__ import annotations

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Compare, Container, Item, Ref, Updated
from qscache_lint.project.abstract import External, Method, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.querysets import Manager, QuerySet

_OF_TEXT = (
    *("django.utils.translation.", "gettext.", "logging.", "warnings.warn", "django.contrib.messages."),
    *("django.urls.", "django.core.urlresolvers.", "django.shortcuts.redirect", "django.shortcuts.resolve_url"),
)
"""What takes text as text: translations, log entries, the names of URLs."""


def is_plain_text(evaluator: Evaluator, path: str, facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a string is used, and nowhere as something that may be the name of a member."""
    users = facts.users(ref)
    return bool(users) and all(_takes_text(evaluator, path, facts, user, ref) for user in users)


def _takes_text(evaluator: Evaluator, path: str, facts: ModuleFacts, user: Ref, text: Ref) -> bool:
    match facts.terms[user]:
        case Compare():
            return True
        case Item(key=key) | Updated(key=key):
            return key == text
        case Container(kind="dict", entries=entries):
            return all(entry.value != text for entry in entries)
        case Call(function=function):
            return takes_text(evaluator.value(path, function))
        case _:
            return False


def takes_text(called: Value) -> bool:
    """Whether what is called takes text as text: a translation, the name of a URL, a column of a query."""
    return bool(called) and all(map(_is_of_text, called))


def _is_of_text(atom: object) -> bool:
    """Whether what is called takes text as text, or as the name of a column."""
    match atom:
        case External(dotted=dotted):
            return dotted.startswith(_OF_TEXT)
        case Method(receiver=receiver):
            return isinstance(receiver, (QuerySet, Manager))
        case _:
            return False
