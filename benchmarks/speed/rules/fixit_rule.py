"""The rule for Fixit: `--rules benchmarks.speed.rules.fixit_rule`."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m
from fixit import Invalid, LintRule, Valid

_NAME = m.OneOf(*map(m.Name, ("lru_cache", "cache", "cached", "cached_property", "memoize")))
_CACHING = _NAME | m.Attribute(attr=_NAME)
_CACHES = m.Decorator(_CACHING | m.Call(func=_CACHING))
_MANAGER = m.Attribute(attr=m.Name("objects"))


class CachedQuerySet(LintRule):
    """A function with a caching decorator returns an expression made of a manager."""

    MESSAGE = "a cache hands out this QuerySet"
    VALID = [  # noqa: RUF012 (as Fixit declares it)
        Valid("@lru_cache\ndef count():\n    return 5"),
        Valid("def recent():\n    return Story.objects.all()"),
    ]
    INVALID = [  # noqa: RUF012
        Invalid("@lru_cache(maxsize=1)\ndef recent():\n    return Story.objects.filter(draft=False)[:5]"),
    ]

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802 (its name in libcst)
        """Report a function, not each of its returns."""
        if any(m.matches(decorator, _CACHES) for decorator in node.decorators) and any(
            m.findall(found, _MANAGER) for found in m.findall(node.body, m.Return())
        ):
            self.report(node)
