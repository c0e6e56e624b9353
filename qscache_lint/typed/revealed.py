"""What the output of a type checker says of the questions in a copy (see `probe`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword

from qscache_lint.oracles import TypeAnswer, TypeName

_BASES = {
    "IsQuerySet": ("django.db.models.query.QuerySet",),
    "IsManager": ("django.db.models.manager.BaseManager",),
    "IsModel": ("django.db.models.base.Model",),
    "IsOther": (),
    "IsOpen": (),
    "IsClass": (),
}
"""The base that a kind stands for, which all classes of a union have; none where it is not told."""

_WITH_MODELS = ("IsQuerySet", "IsManager")
_ANYTHING = ("builtins.object",)
"""Classes that say nothing of what something is."""

_NUMBER = re.compile(r"\bQ(\d+)\b")
_NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*(?![\w.])")
_CLASS = re.compile(r"([\w.]+)(?:\[(.*)\])?")


@dataclass(frozen=True)
class Revealed:
    """What is said of one question: a type as the checker writes it, and its kind."""

    number: int
    type: str
    kind: str

    @property
    def short_names(self) -> Collection[str]:
        """The names in it that may be short for others."""
        return {name for name in _NAMES.findall(self.type) if not iskeyword(name)}

    def answer(self) -> TypeAnswer:
        """What it says; nothing where that is not definite."""
        told = [tuple(self._name(each)) for each in split(self.type, "|")]
        several = len([each for each in told if each and each[0].kind != "none"]) > 1
        if not all(told) or (several and not _BASES[self.kind]):
            return ()
        return tuple(dict.fromkeys(name for names in told for name in names))

    def _name(self, text: str) -> Iterator[TypeName]:
        if text == "None":
            yield TypeName("none")
            return
        found = _CLASS.fullmatch(text)
        if found is None:
            return
        name, arguments = found[1], split(found[2] or "", ",")
        if self.kind == "IsClass" and name.removeprefix("builtins.") == "type":
            yield from (TypeName("class", (each,)) for each in arguments if "." in each)
        elif "." in name and name not in _ANYTHING:
            model = arguments[0] if self.kind in _WITH_MODELS and arguments else ""
            names = tuple(dict.fromkeys((name, *_BASES[self.kind])))
            yield TypeName("instance", names, model if "." in model else "", self.kind == "IsOpen")


def read(lines: Iterable[str], pattern: str) -> Iterator[Revealed]:
    """What lines of output say; others are passed over."""
    shape = re.compile(pattern)
    for line in lines:
        found = shape.search(line)
        parts = [] if found is None else split(_inside(found[1], "tuple"), ",")
        number = _NUMBER.search(parts[2]) if len(parts) == 3 else None
        kind = parts[1].rpartition(".")[2] if number is not None else ""
        if number is not None and kind in _BASES:
            yield Revealed(int(number[1]), parts[0], kind)


def answers(revealed: Iterable[Revealed]) -> Mapping[int, TypeAnswer]:
    """The answer to each question. What is said of one several times, as in a generic function, is what it may be."""
    several: dict[int, list[TypeAnswer]] = {}
    for each in revealed:
        several.setdefault(each.number, []).append(each.answer())
    return {
        number: tuple(dict.fromkeys(name for names in told for name in names))
        for number, told in several.items()
        if all(told)
    }


def _inside(text: str, name: str) -> str:
    found = _CLASS.fullmatch(text)
    return found[2] or "" if found is not None and found[1].removeprefix("builtins.") == name else ""


def split(text: str, separator: str) -> list[str]:
    """The parts of a type between separators that stand inside no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [each.strip() for each in parts if each.strip()]
