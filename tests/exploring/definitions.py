"""Cached callables: how each is written, cached and called."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .pieces import Condition

INDENT = "    "


@dataclass(frozen=True)
class Parameter:
    """A parameter: what steps give for it, what the query does with it, and what a key may have of it."""

    name: str
    values: tuple[str, ...]
    link: str
    keys: tuple[str, ...] = ()
    default: str = ""
    before: str = ""

    def __str__(self) -> str:
        return self.name + (f"={self.default}" if self.default else "")


HOUSE = Parameter("house", ('"Cats"', '"Birds"'), ".filter(house__name=house)", ("{house}", "{house!r}"))
NUMBER = Parameter("least", ("5", "30"), ".filter(weight__gte=least)", ("{least}",))
PARAMETERS = (
    HOUSE,
    HOUSE,
    NUMBER,
    Parameter("house", ('"Cats"', '"Bears"'), ".filter(house__name=house)", ("{house}",), default='"Cats"'),
    Parameter("row", ("House.objects.get(pk=1)", "House.objects.get(pk=2)"), ".filter(house=row)", ("{row.pk}",)),
    Parameter("row", ("House.objects.get(pk=1)", "House.objects.get(pk=2)"), ".filter(house_id=row.pk)", ("{row.pk}",)),
    Parameter("house_id", ("1", "2"), ".filter(house_id=house_id)", ("{house_id}", "{house_id!s}")),
    Parameter("word", ('"Animal 7"', '"Animal 1"'), ".filter(name__startswith=word)", ("{word}",)),
)
ODD_PARAMETERS = (
    Parameter("house", ('"Cats"', '"cats"'), ".filter(house__name=house)", ("{house.lower()}", "{house.upper()}")),
    Parameter("house", ('"Birds"', '"Bears"'), ".filter(house__name=house)", ("{house[:1]}", "{len(house)}", "all")),
    Parameter("least", ("5", "30"), ".filter(weight__gte=least)", ("{least > 3}", "{bool(least)}")),
    Parameter("word", ("1", "7"), ".filter(name__contains=word)", ("{word}", "{word!r}")),
    Parameter("word", ('"Animal 7"', '"animal-7"'), ".filter(name__iexact=word)", ("{slugify(word)}",)),
    Parameter("word", ('"Animal 7"', '"animal 7"'), ".filter(name=slugify(word))", ("{slugify(word)}",)),
    Parameter("word", ("None", '"Animal 7"'), ".filter(name=word)", ("{word}",)),
    Parameter("row", ("House.objects.get(pk=1)",), ".filter(weight__gte=row.limit)", ("{row.pk}",)),
    Parameter("row", ("House.objects.get(pk=1)",), ".filter(house__name=row.name)", ("{row}", "{row.pk}")),
    Parameter(
        "row", ("House.objects.get(pk=1)", "Keeper.objects.get(pk=1)"), ".filter(house_id=row.pk)", ("{row.pk}",)
    ),
    Parameter("pks", ("(1, 2, 3)", "sample.Once(1, 2, 3)"), ".filter(pk__in=pks)", ("{pks}",)),
    Parameter("pks", ("(1, 2, 3)", "(4, 5)"), ".filter(pk__in=[pk for pk in pks])", ("{pks}", "{len(pks)}")),
    Parameter(
        "house", ('"Cats"', "None"), "", ("{house}",), before="if house:\n    rows = rows.filter(house__name=house)"
    ),
    Parameter(
        "house",
        ('"Cats"', "None"),
        "",
        ("{house}",),
        default="None",
        before="if house is not None:\n    rows = rows.filter(house__name=house)",
    ),
)
RELATED = (
    Parameter("row", ("House.objects.get(pk=1)", "House.objects.get(pk=2)"), "row.animals", ("{row.pk}",)),
    Parameter(
        "row",
        ("House.objects.get(pk=1)", "House.objects.prefetch_related('animals').get(pk=2)"),
        "row.animals.all()",
        ("{row.pk}",),
    ),
)
"""Where the query begins at the argument."""

DECORATORS = {
    "lru_cache": "lru_cache(maxsize=None)",
    "memo": "lru_cache",
    "keep": "keep()",
    "keep_by_name": "keep_by_name(300)",
    "keep_as_text": "keep_as_text()",
    "keep_first": "keep_first()",
    "keep_and_count": "keep_and_count()",
    "keep_as_listed": "keep_as_listed()",
    "keep, refined below": "keep()\n@only_outside",
    "keep, refined above": "only_outside\n@keep()",
    "kept twice": "keep()\n@lru_cache",
}
ODD_DECORATORS = (
    *("keep_first", "keep_and_count", "keep_as_listed"),
    *("keep, refined below", "keep, refined above", "kept twice"),
)
MEMOS = ("lru_cache", "memo")

STORES = {
    "miss and set": "key = KEY\nrows = cache.get(key)\nif rows is None:\nMISS\n    cache.set(key, rows, 60)\n"
    "return rows",
    "early return": "kept = cache.get(KEY)\nif kept is not None:\n    return kept\nHERE\ncache.set(KEY, rows, 60)\n"
    "return rows",
    "walrus": "if (rows := cache.get(KEY)) is None:\nMISS\n    cache.set(KEY, rows)\nreturn rows",
    "get_or_set": "return cache.get_or_set(KEY, lambda: QUERY, 60)",
    "get_or_set, named": "rows = cache.get_or_set(KEY, lambda: QUERY, 60)\nreturn rows",
    "get_or_set, at once": "return cache.get_or_set(KEY, QUERY, 60)",
    "default": "rows = cache.get(KEY, 0)\nif rows == 0:\nMISS\n    cache.set(KEY, rows)\nreturn rows",
    "falsy": "rows = cache.get(KEY)\nif not rows:\nMISS\n    cache.set(KEY, rows)\nreturn rows",
    "counted miss": "rows = cache.get(KEY)\nif rows is None:\nMISS\n    MISSES.append(1)\n    cache.set(KEY, rows)\n"
    "return rows",
}
"""How a body keeps what it has made: KEY is the key, QUERY the query, MISS and HERE the statements that make `rows`."""

DICTS = {
    "dict": "if KEY not in KEPT:\nMISS\n    KEPT[KEY] = rows\nreturn KEPT[KEY]",
    "dict, tried": "try:\n    return KEPT[KEY]\nexcept KeyError:\nMISS\n    KEPT[KEY] = rows\n    return rows",
    "dict, got": "rows = KEPT.get(KEY)\nif rows is None:\nMISS\n    KEPT[KEY] = rows\nreturn rows",
    "setdefault": "return KEPT.setdefault(KEY, QUERY)",
}

ATTRIBUTES = {
    "attribute": "if self._rows is None:\nMISS\n    self._rows = rows\nreturn self._rows",
    "hasattr": 'if not hasattr(self, "_kept"):\nMISS\n    self._kept = rows\nreturn self._kept',
    "getattr": 'rows = getattr(self, "_kept", None)\nif rows is None:\nMISS\n    self._kept = rows\nreturn rows',
}
ON_REQUEST = {
    "request": 'if not hasattr(request, "_NAME"):\nMISS\n    request._NAME = rows\nreturn request._NAME',
    "request, got": 'rows = getattr(request, "_NAME", None)\nif rows is None:\nMISS\n    request._NAME = rows\n'
    "return rows",
}
SHAPES = ("function", "method", "mixin", "staticmethod", "classmethod", "property", "model", "manager")
LAYOUTS = ("plain", "named", "several returns", "flag", "flag first", "helper", "annotated")


@dataclass(frozen=True)
class Cached:
    """One cached callable: `store` names a decorator, or how its body keeps what it has made."""

    number: int
    name: str
    shape: str
    store: str
    source: str
    parameter: Parameter | None
    conditions: tuple[Condition, ...]
    layout: str
    key_form: int
    is_covered: bool
    """Whether the key has what a condition depends on."""
    prefix: str
    is_async: bool = False
    use: str = ""
    """What the callable itself does with the rows, in place of giving them to callers."""

    @property
    def module(self) -> str:
        return f"lists{self.number}"

    @property
    def owner(self) -> str:
        return "Desk" if self.shape in ("method", "mixin", "staticmethod", "classmethod", "property") else ""

    @property
    def row(self) -> str:
        """The model that has the method, or whose manager has it."""
        return ("Wing", "Hall")[self.number]

    @property
    def on_self(self) -> bool:
        """Whether the house is a field of the object."""
        return self.shape in ("method", "mixin", "property")

    @property
    def is_decorated(self) -> bool:
        return self.store in DECORATORS or self.store in ("cached_property", "keep_later")

    @property
    def has_flag(self) -> bool:
        return self.layout.startswith("flag")

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of what callers give."""
        given = ("request",) if self.store in ON_REQUEST else ()
        return given if self.parameter is None else (*given, self.parameter.name)

    def key(self) -> str:
        """The key, as an expression of the parameter, for uses elsewhere."""
        name = self.parameter.name if self.parameter and not self.on_self else ""
        one = f"({name},)" if name else "()"
        return {
            "keep": f'f"zoo.{self.module}.{self.name}:{{{one}!r}}"',
            "keep_by_name": f'"-".join(["{self.name}", *map(str, {one})])',
            "keep_as_text": f'"zoo.{self.module}.{self.name}-" + "-".join(str(a) for a in {one})',
        }.get(self.store, self._own_key())

    def _own_key(self) -> str:
        parts = [] if self.parameter is None else [self.parameter.keys[self.key_form % len(self.parameter.keys)]]
        if self.parameter and self.on_self:
            parts = [part.replace(self.parameter.name, f"self.{self.parameter.name}") for part in parts]
        if self.is_covered:
            parts += [f"{{{condition.key}}}" for condition in self.conditions if condition.key]
        return f'"{self.prefix}"' if not parts else f'f"{self.prefix}:{":".join(parts)}"'

    def lines(self) -> list[str]:
        """The module that has it, without imports."""
        above = [condition.above for condition in self.conditions if condition.above]
        if "KEPT" in "".join(self._body()):
            above.append("KEPT = {}")
        if "MISSES" in "".join(self._body()):
            above.append("MISSES = []")
        blocks = [*dict.fromkeys(above), *("\n".join(block) for block in self._blocks())]
        return "\n\n\n".join(blocks).splitlines()

    def _blocks(self) -> Iterator[list[str]]:
        definition = self._definition()
        if self.layout == "helper":
            yield [f"def {self.name}_of(animals):", f"{INDENT}return animals.filter(weight__lt=55)"]
        if self.shape == "function":
            yield definition
        elif self.shape == "model":
            yield [f"class {self.row}(House):", *indented([*_PROXY, "", *definition])]
        elif self.shape == "manager":
            yield ["class Lists(models.Manager):", *indented(definition)]
            yield [f"class {self.row}(Animal):", *indented(["lists = Lists()", "", *_PROXY])]
        elif self.shape == "mixin":
            yield ["class Listing:", *indented(definition)]
            yield ["class Desk(Listing):", *indented([*_START, *self._members()])]
        else:
            start = [*_START, *self._members()] if self.on_self else []
            yield ["class Desk:", *indented([*start, "", *definition])]

    def _members(self) -> Iterator[str]:
        for member in dict.fromkeys(condition.member for condition in self.conditions if condition.member):
            yield from ("", *member.splitlines())

    def _definition(self) -> list[str]:
        decorators = [f"@{self.shape}"] if self.shape in ("staticmethod", "classmethod") else []
        if self.store in ("cached_property", "keep_later"):
            decorators.append(f"@{self.store}" + ("()" if self.store == "keep_later" else ""))
        elif self.is_decorated:
            decorators.append(f"@{DECORATORS[self.store]}")
        elif self.shape == "property":
            decorators.append("@property")
        first = {"classmethod": ["cls"], "staticmethod": [], "function": []}.get(self.shape, ["self"])
        given = [*first, *(["request"] if self.store in ON_REQUEST else [])]
        given += [str(self.parameter)] if self.parameter and not self.on_self else []
        given += ["as_list=False"] if self.has_flag else []
        annotation = " -> models.QuerySet" if self.layout == "annotated" else ""
        head = f"{'async ' if self.is_async else ''}def {self.name}({', '.join(given)}){annotation}:"
        return [*decorators, head, *indented(self._body())]

    def _query(self) -> tuple[list[str], str]:
        """The statements before the query, and the query."""
        before = [line for condition in self.conditions for line in condition.before.splitlines()]
        source, link = self.source, ""
        if self.parameter is not None:
            link = self.parameter.link
            if self.on_self:
                link = link.replace(f"={self.parameter.name}", f"=self.{self.parameter.name}")
            if link and not link.startswith("."):
                source, link = link, ""
        if self.shape == "model" and self.parameter is None:
            source, link = "Animal.objects", ".filter(house_id=self.pk)"
        if self.shape == "manager":
            source = "self"
        query = source + link + "".join(condition.link for condition in self.conditions)
        query = f"{query}.all()" if query in ("Animal.objects", "self", "row.animals") else query
        if self.layout == "helper":
            query = f"{self.name}_of({query})"
        if self.parameter is not None and self.parameter.before:
            more = self.parameter.before
            if self.on_self:
                more = more.replace(f"if {self.parameter.name}", f"if self.{self.parameter.name}")
                more = more.replace(f"={self.parameter.name}", f"=self.{self.parameter.name}")
            return [*before, f"rows = {query}", *more.splitlines()], "rows"
        return before, query

    def _body(self) -> list[str]:
        before, query = self._query()
        if self.is_decorated:
            return [*before, *self._returned(query)]
        template = {**STORES, **DICTS, **ATTRIBUTES, **ON_REQUEST}[self.store]
        statements = [*before, *([f"rows = {query}"] if query != "rows" else [])]
        early = [] if "MISS" in template or "HERE" in template else before
        lines: list[str] = []
        for line in template.replace("NAME", self.name).splitlines():
            if line in ("MISS", "HERE"):
                lines += indented(statements) if line == "MISS" else statements
            else:
                lines.append(line.replace("KEY", self._own_key()).replace("QUERY", query))
        if self.use:
            lines = [*lines[:-1], *self.use.replace("ROWS", "rows").splitlines()]
        return [*early, *lines]

    def _returned(self, query: str) -> list[str]:
        if self.layout == "flag":
            return [f"return list({query}) if as_list else {query}"]
        if self.layout == "flag first":
            return [f"found = {query}", "if as_list:", f"{INDENT}return list(found)", "return found"]
        if self.layout == "named":
            return [f"chosen = {query}", "# The others are at home.", "return chosen"]
        if self.layout == "several returns" and self.parameter is not None and not self.on_self:
            return [f"if {self.parameter.name} == 7:", f"{INDENT}return Animal.objects.none()", f"return {query}"]
        return [f"return {query}"]

    def symbols(self) -> tuple[str, ...]:
        """The names by which other modules reach it."""
        of_shape = {"function": (self.name,), "model": (self.row,), "manager": (self.row,)}
        return of_shape.get(self.shape, ("Desk", "DESKS") if self.on_self else ("Desk",))

    def call(self, receiver: str, prefix: str = "", name: str = "") -> str:
        """A call by the names of the arguments: on a receiver, or by a prefix and the name that it has there."""
        if self.on_self or self.shape == "model":
            callee = f"{receiver}.{self.name}"
        elif self.shape == "manager":
            callee = f"{prefix}{self.row}.lists.{self.name}"
        else:
            callee = f"{prefix}{self.owner}.{self.name}" if self.owner else f"{prefix}{name or self.name}"
        if self.shape == "property":
            return callee
        call = f"{callee}({'' if self.on_self else ', '.join(self.arguments)})"
        return f"(await {call})" if self.is_async else call


_PROXY = ["class Meta:", f"{INDENT}proxy = True", f'{INDENT}app_label = "zoo"']
_START = [
    "_rows = None",
    "",
    "def __init__(self, house):",
    f"{INDENT}self.house = house",
    "",
    "def __repr__(self):",
    f'{INDENT}return f"Desk({{self.house!r}})"',
]


def indented(lines: Iterable[str]) -> list[str]:
    return [textwrap.indent(line, INDENT) for line in lines]
