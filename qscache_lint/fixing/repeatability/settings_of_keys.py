"""What a setting may be that is part of a key: what the project itself says of it."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Constant, Ref
from qscache_lint.project.abstract import Literal
from qscache_lint.project.evaluate import Evaluator


def texts_of_setting(evaluator: Evaluator, dotted: str) -> tuple[str, ...] | None:
    """The texts that code of the project gives a setting; none where no code does. None where it may be any text."""
    name = dotted.rpartition(".")[2]
    found: list[str] = []
    for path in evaluator.project.name_index.files_with_word(name):
        facts = evaluator.project.facts(path)
        if facts is None or _is_named_as_text(facts, name):
            return None
        for ref in _given(facts, name):
            value = evaluator.value(path, ref)
            texts = [str(atom.value) for atom in value if isinstance(atom, Literal)]
            if not value or len(texts) < len(value):
                return None
            found.extend(texts)
    return tuple(dict.fromkeys(found))


def _given(facts: ModuleFacts, name: str) -> Iterator[Ref]:
    """What a file gives a setting: as settings file, by assignment, or for a while (`override_settings(NAME=…)`)."""
    yield from (bound.value for bound in facts.functions[0].bindings.get(name, ()))
    for function in facts.functions:
        events = (event for event in function.events if isinstance(event, AttributeStore))
        yield from (event.value for event in events if event.name == name)
    for _, call in facts.every(Call):
        yield from (each.value for each in call.arguments if each.keyword == name)


def _is_named_as_text(facts: ModuleFacts, name: str) -> bool:
    """Whether a file has the name as text, by which `setattr()` and its like find a setting."""
    return any(term.value == name for _, term in facts.every(Constant))
