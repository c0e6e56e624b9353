"""The rules: one module each, named after its code and the thing it finds. `RULES` lists them all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from qscache_lint.codes import CODES
from qscache_lint.rules.base import Rule

__all__ = ["RULES", "Rule", "rules_named"]


def _rule(code: str) -> Rule:
    """The rule of the module whose name begins with a code."""
    name = next(each.name for each in iter_modules(__path__) if each.name.startswith(f"{code.lower()}_"))
    rule: Rule = import_module(f"{__name__}.{name}").RULE
    return rule


RULES: tuple[Rule, ...] = tuple(map(_rule, CODES))


def rules_named(named: str) -> tuple[Rule, ...]:
    """The rules that a code, a prefix of codes or a name means; empty where it means none."""
    if not named:
        return ()
    return tuple(rule for rule in RULES if rule.code.startswith(named.upper()) or rule.name == named.lower())
