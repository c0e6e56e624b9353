"""What a dotted path in the text of a file leads to: the target of a patch, the argument of `import_string()`."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.project.abstract import Module, Value
from qscache_lint.project.evaluate import Evaluator


def bound_at(evaluator: Evaluator, path: str, steps: Sequence[str]) -> Value:
    """The module, or what a module binds, that a dotted path in a file leads to."""
    modules, dotted, home = evaluator.project.modules, ".".join(steps), ".".join(steps[:-1])
    found = modules.resolve(path, dotted, 0)
    if found is not None:
        return (Module(dotted, found),)
    around = modules.resolve(path, home, 0) if home else None
    facts = None if around is None or around.endswith("/") else evaluator.project.facts(around)
    bound = () if facts is None else facts.body.bindings.get(steps[-1], ())
    return tuple(atom for each in bound for atom in evaluator.value(around or "", each.value))
