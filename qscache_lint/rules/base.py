"""What a rule is, and the checks that rules of one family share.

A rule's document is the docstring of its module: the first line names the thing found, the sections say why it costs,
what bad and good code look like, how safe its fix is, and what the rule does not see.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from qscache_lint.knowledge import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.values import Finding

Check = Callable[["Rule", Analysis], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check` gives its findings; `enabled` says whether it is on by default."""

    code: str
    name: str
    check: Check
    enabled: bool = True

    @property
    def document(self) -> str:
        """The rule's document, in Markdown."""
        for module in tuple(sys.modules.values()):
            if getattr(module, "RULE", None) is self:
                return inspect.cleandoc(module.__doc__ or "")
        return ""

    @property
    def page(self) -> str:
        """The document with its title, as `qscache-lint rule CODE` prints it and docs/rules/ has it."""
        state = "on" if self.enabled else "off"
        return f"# {self.name} ({self.code})\n\nDefault: {state}\n\n{self.document}\n"

    @property
    def summary(self) -> str:
        """The first line of the document."""
        return self.document.partition("\n")[0].strip("# ").rstrip(".")

    @property
    def url(self) -> str:
        """Where the document can be read, relative to the project's pages."""
        return f"docs/rules/{self.code}.md"

    def at_definition(self, definition: Definition, message: str, suggestion: str) -> Finding:
        origin = definition.origin
        return Finding(
            path=origin.site.path,
            span=origin.site.span,
            code=self.code,
            name=self.name,
            message=message,
            trail=definition.trail,
            suggestion=suggestion,
        )

    def at_use(self, use: Use, message: str, suggestion: str) -> Finding:
        return Finding(
            path=use.path,
            span=use.span,
            code=self.code,
            name=self.name,
            message=message,
            confidence=use.queryset.confidence,
            trail=use.trail,
            suggestion=suggestion,
        )


def definitions_in(analysis: Analysis, store: Store) -> Iterator[Definition]:
    """The cached definitions of one kind of store."""
    return (definition for definition in analysis.definitions if definition.store is store)


def uses_of(analysis: Analysis, kind: UseKind, store: Store) -> Iterator[Use]:
    """The uses of one kind, of values from one kind of store."""
    return (use for use in analysis.uses if use.kind is kind and use.store is store)
