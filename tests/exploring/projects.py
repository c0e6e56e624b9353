"""Projects: cached callables with their callers and what stands beside them, as files and as steps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import pieces, zoo
from .company import Company
from .definitions import Cached, indented

SOME = "def some(*args, **kwargs):\n    return Animal.objects.filter(pk__lt=4)"
"""What mocks put in the place of a callable."""


@dataclass(frozen=True)
class Caller:
    """A function that uses what a cached callable gives; `receiver` says on which object, where it is a method."""

    name: str
    module: str
    style: str
    use: str
    receiver: str


UNCALLED = Caller("", "", "", "", "")
"""What calls the callable itself."""


@dataclass(frozen=True)
class Site:
    """A cached callable with its callers and its company."""

    cached: Cached
    callers: tuple[Caller, ...]
    company: tuple[Company, ...]

    @property
    def known_caller(self) -> Caller:
        """The caller that company knows: one that imports the name, if there is one."""
        return next((each for each in self.callers if each.style == "from"), self.callers[0])

    @property
    def calls(self) -> Iterator[str]:
        """The steps that call: every caller with every value."""
        for caller in self.callers:
            function = f"{caller.module}.{caller.name}"
            if self.cached.is_async:
                function = f"async_to_sync({function})"
            yield from (f"{function}({self.gives(caller, value)})" for value in self._values)

    @property
    def calls_of_users(self) -> Iterator[str]:
        """The calls of code that changes nothing that others have."""
        changing = pieces.CHANGES_OF_THE_OBJECT.values()
        yield from replace(self, callers=tuple(each for each in self.callers if each.use not in changing)).calls

    @property
    def calls_beside(self) -> Iterator[str]:
        """The calls of what stands beside."""
        yield from (self.written(each.step) for each in self.company if each.step and not each.is_change)

    @property
    def changes(self) -> Iterator[str]:
        """The steps after which callers may get something else."""
        yield from (self.written(each.step) for each in self.company if each.is_change)
        if any("def grow(" in condition.above for condition in self.cached.conditions):
            yield f"{self.cached.module}.grow()"

    @property
    def _values(self) -> tuple[str, ...]:
        return ("",) if self.cached.parameter is None else self.cached.parameter.values

    def given(self, caller: Caller) -> tuple[str, ...]:
        """The names of what a caller takes."""
        if self.cached.shape == "model":
            return ("wing", *self.cached.arguments)
        if self.cached.on_self and caller.receiver == "parameter":
            return ("desk",)
        return self.cached.arguments

    def gives(self, caller: Caller, value: str) -> str:
        """What a step gives to a caller."""
        module = self.cached.module
        known = {"wing": f"{module}.{self.cached.row}.objects.get(pk=1)", "desk": f"{module}.DESKS[{value}]"}
        known |= {"request": 'requests["first"]'}
        return ", ".join(known.get(name, value) for name in self.given(caller))

    def written(self, text: str) -> str:
        """A text of company, with the names of this site."""
        cached, caller = self.cached, self.known_caller
        words = {
            "PARAMETERS": "" if cached.on_self else ", ".join(cached.arguments),
            "VALUES": "" if cached.on_self else self.gives(UNCALLED, self._values[0]),
            "GIVEN": ", ".join(self.given(caller)),
            "GIVES": self.gives(caller, self._values[0]),
            "CALLABLE": f"{cached.owner}.{cached.name}" if cached.owner else cached.name,
            "CALLER": caller.name,
            "OWNER": cached.owner,
            "COMPANY": f"company{cached.number}",
            "PAGES": caller.module,
            "LISTS": cached.module,
            "NAME": cached.name,
            "KEY": cached.key(),
        }
        return re.sub(r"\b(?:" + "|".join(words) + r")(?=\b|_queryset)", lambda match: words[match[0]], text)


def files(sites: Sequence[Site]) -> dict[str, str]:
    """All files that the sites need."""
    texts: dict[str, list[str]] = defaultdict(list)
    imports: dict[str, list[str]] = defaultdict(list)
    for site in sites:
        module = site.cached.module
        texts[module].append("\n".join([*site.cached.lines(), *_siblings(site)]))
        texts[module] += _desks(site.cached)
        for caller in site.callers:
            texts[caller.module].append("\n".join(_function(site, caller)))
            imports[caller.module] += _import(site.cached, caller) if caller.style != "inside" else []
        for each in site.company:
            place = {"lists": module, "pages": site.known_caller.module}.get(
                each.module, f"company{site.cached.number}"
            )
            text = site.written(each.text)
            texts[place].append(text)
            used = [name for name in (module, site.known_caller.module) if name != place]
            imports[place] += [f"from zoo import {name}" for name in used if re.search(rf"\b{name}\b[.,)]", text)]
    modules = {f"zoo/{name}.py": _module(parts, imports[name]) for name, parts in texts.items()}
    return {"zoo/__init__.py": "", "zoo/models.py": zoo.MODELS, **_shared(modules), **modules}


def files_of(texts: Mapping[str, str]) -> dict[str, str]:
    """All files of modules that are given as text, without their imports."""
    modules = {f"zoo/{name}.py": _module([text], []) for name, text in texts.items()}
    return {"zoo/__init__.py": "", "zoo/models.py": zoo.MODELS, **_shared(modules), **modules}


def _shared(modules: Mapping[str, str]) -> dict[str, str]:
    """What the modules import of what all projects share."""
    text = "".join(modules.values())
    found = {}
    keepers = [keeper for name, keeper in zoo.KEEPERS.items() if re.search(rf"\b{name}\b", text)]
    if keepers:
        found["zoo/keeping.py"] = zoo.KEEPING_HEAD + "\n".join(keepers)
    if "zoo.helpers" in text:
        found["zoo/helpers.py"] = zoo.HELPERS
    if "zoo.managed" in text:
        found["zoo/managed.py"] = zoo.MANAGED
    if "zoo.around_managed" in text:
        found["zoo/around_managed.py"] = zoo.AROUND_MANAGED
    if "around" in text or re.search(r"ZOO_LEAST|get_language", text):
        found["zoo/around.py"] = zoo.AROUND
    return found


def _module(parts: Sequence[str], imports: Sequence[str]) -> str:
    body = "\n\n\n".join(parts)
    if re.search(r"\bsome\b[,)]", body):
        body = f"{SOME}\n\n\n{body}"
    words = set(re.findall(r"(?<![.\w\"'])\w+", body))
    needed = [line for word, line in pieces.IMPORTS.items() if word in words]
    head = "\n".join(dict.fromkeys([*needed, *imports]))
    return f"{head}\n\n\n{body}\n" if head else f"{body}\n"


def _siblings(site: Site) -> Iterator[str]:
    """The methods that callers are, in the class that has the callable."""
    for caller in site.callers:
        if site.cached.on_self and caller.receiver == "sibling":
            body = caller.use.replace("ROWS", site.cached.call("self")).splitlines()
            yield from ["", *indented([f"def {caller.name}_here(self):", *indented(body)])]


def _desks(cached: Cached) -> list[str]:
    return ['DESKS = {name: Desk(name) for name in ("Cats", "Birds", "Bears")}'] if cached.on_self else []


def _function(site: Site, caller: Caller) -> list[str]:
    cached, prefix = site.cached, f"{site.cached.module}." if caller.style == "module" else ""
    classes = {"wing": f": {prefix}{cached.row}", "desk": f": {prefix}Desk"}
    if caller.style == "inside":
        classes = {}
    parameters = ", ".join(name + classes.get(name, "") for name in site.given(caller))
    head = f"{'async ' if cached.is_async else ''}def {caller.name}({parameters}):"
    inside = _import(cached, caller) if caller.style == "inside" else []
    receiver = {"shared": f"{prefix}DESKS[house]", "parameter": "desk"}.get(caller.receiver, f"{prefix}Desk(house)")
    if cached.shape == "model":
        receiver = "wing"
    if cached.on_self and caller.receiver == "sibling":
        return [head, *indented([*inside, f"return {receiver}.{caller.name}_here()"])]
    call = cached.call(receiver, prefix, "chosen" if _has_alias(cached, caller) else "")
    return [head, *indented([*inside, *caller.use.replace("ROWS", call).splitlines()])]


def _has_alias(cached: Cached, caller: Caller) -> bool:
    return caller.style == "alias" and cached.shape == "function"


def _import(cached: Cached, caller: Caller) -> list[str]:
    names = ", ".join(cached.symbols())
    return {
        "module": [f"from zoo import {cached.module}"],
        "relative": [f"from .{cached.module} import {names}"],
        "star": [f"from zoo.{cached.module} import *"],
        "alias": [f"from zoo.{cached.module} import {names}{' as chosen' if _has_alias(cached, caller) else ''}"],
    }.get(caller.style, [f"from zoo.{cached.module} import {names}"])
