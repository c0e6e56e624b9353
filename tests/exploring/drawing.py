"""Draws projects at random, the same one for the same number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from . import company, frozen, pieces
from .definitions import (
    ATTRIBUTES,
    DECORATORS,
    DICTS,
    HOUSE,
    LAYOUTS,
    MEMOS,
    NUMBER,
    ODD_DECORATORS,
    ODD_PARAMETERS,
    ON_REQUEST,
    PARAMETERS,
    RELATED,
    SHAPES,
    STORES,
    Cached,
    Parameter,
)
from .projects import Caller, Site, files, files_of

T = TypeVar("T")
NAMES = ("animals", "get_animals", "listAnimals", "birds", "get_cached_animals", "animals_of_house")
MODULES = ("pages", "views", "feeds")
STYLES = ("from", "from", "module", "alias", "relative", "inside", "star")
RECEIVERS = ("shared", "fresh", "parameter", "sibling")
WRITES = (
    'Animal.objects.update_or_create(pk=90, defaults={"name": "Animal 7", "house_id": 1, "weight": 50})',
    'Animal.objects.filter(pk=3).update(weight=59, name="Other")',
    "Animal.objects.filter(pk=4).delete()",
    "House.objects.filter(pk=1).update(limit=55)",
    "cache.clear()",
    "Animal.objects.get(pk=9).save()",
)
NO_STATEMENTS = ("setdefault", "get_or_set", "get_or_set, named", "get_or_set, at once")
"""Stores whose value is one expression."""

OWN_STORES = ("miss and set", "walrus", "get_or_set, named", "default", "falsy", "counted miss")
"""Stores whose last line gives the rows, and may use them instead."""


@dataclass(frozen=True)
class Project:
    """Files, the steps of each run, and the calls, each of which can be made alone."""

    files: Mapping[str, str]
    runs: tuple[tuple[str, ...], ...]
    calls: tuple[str, ...]


def drawn(seed: int) -> Project:
    """The project of a number."""
    random = Random(seed)
    if random.random() < 0.06:
        return _frozen(random)
    sites = [
        _reader(random, number) if random.random() < 0.15 else _site(random, number)
        for number in range(random.choice((1, 1, 1, 2)))
    ]
    texts = files(sites)
    if random.random() < 0.05:
        path = f"zoo/{sites[0].cached.module}.py"
        texts[path] = texts[path].replace("\n", "  # noqa: QSC101\n", 1)
    calls = tuple(step for site in sites for step in site.calls)
    changes = [step for site in sites for step in site.changes]
    changes += ["around.change()"] if "zoo/around.py" in texts else []
    steps = [*calls, *(step for site in sites for step in site.calls_beside)]
    users = tuple(step for site in sites for step in site.calls_of_users)
    return Project(texts, tuple(tuple(_run(random, steps, changes)) for _ in range(2)), users)


def _frozen(random: Random) -> Project:
    """A QuerySet that is built at import, and read: as a safe repair has it, each call alone gives the same."""
    condition = random.choice([each for each in pieces.HARMLESS.values() if not each.before])
    shared = f"{condition.above}\n\nLIVE = Animal.objects.all(){condition.link}"
    use, calls = random.choice([*frozen.READERS.values()])
    read = random.choice([*pieces.READS.values(), *frozen.ODD_READS])
    module, more = random.choice([*frozen.BESIDE.values()]) if random.random() < 0.4 else ("", "")
    beside = {} if not module else {module: more}
    texts = {"live": f"{shared}\n\n\n{frozen.with_read(use, read)}", **beside}
    return Project(files_of(texts), tuple((call,) for call in calls), ())


def _run(random: Random, calls: Sequence[str], changes: Sequence[str]) -> Iterator[str]:
    """Everything is called between two changes: a refining call need not fill the cache for readers that come later."""
    for turn in range(3):
        if turn:
            yield random.choice([*WRITES, *changes, *changes, *changes])
        yield from random.sample(calls, len(calls))
        yield from random.sample(calls, min(len(calls), 3))


def _mostly(random: Random, usual: Sequence[T], rare: Sequence[T], share: float) -> T:
    """One of the usual values, or, in a share of the cases, of the rare ones."""
    return random.choice(rare if random.random() < share else usual)


def _site(random: Random, number: int) -> Site:
    cached = _cached(random, number)
    callers = tuple(_callers(random, cached))
    is_imported = any(caller.style == "from" for caller in callers)
    beside = []
    for table, share in ((company.HARMLESS, 0.4), (company.DANGEROUS, 0.2)):
        known = [each for each in table.values() if company.fits(each, cached, is_imported=is_imported)]
        # What fits a few callables only, such as `cache_clear()`, is drawn as often as what fits all of them.
        rare = [each for each in known if each.needs not in ("", "key")] or known
        beside += [_mostly(random, rare, known, 0.5)] if known and random.random() < share else []
    return Site(cached, callers, tuple(beside))


def _reader(random: Random, number: int) -> Site:
    """A function that reads itself what it stores."""
    cached = replace(
        _cached(random, number),
        shape="function",
        store=random.choice(OWN_STORES),
        parameter=_mostly(random, (None, *PARAMETERS), [each for each in ODD_PARAMETERS if not each.before], 0.1),
        layout="plain",
        is_async=False,
        use=_mostly(random, [*pieces.OWN_READS.values()], [*pieces.ODD_OWN_READS.values()], 0.3),
    )
    has_statements = cached.store not in NO_STATEMENTS
    conditions = (each for each in cached.conditions if not each.member and (has_statements or not each.before))
    cached = replace(cached, conditions=tuple(conditions))
    caller = Caller("page", f"pages{number}", random.choice(STYLES), "return ROWS", "shared")
    beside = []
    for table, share in ((company.HARMLESS, 0.4), (company.DANGEROUS, 0.2)):
        known = [each for each in table.values() if each.needs == "key"]
        beside += [random.choice(known)] if random.random() < share else []
    return Site(cached, (caller,), tuple(beside))


def _cached(random: Random, number: int) -> Cached:
    is_async = random.random() < 0.06
    shape = "function" if is_async else random.choice(("function",) * 6 + SHAPES)
    store = "keep_later" if is_async else _store(random, shape)
    conditions = [random.choice([*pieces.HARMLESS.values()]) for _ in range(random.choice((0, 1, 1, 2)))]
    conditions += [random.choice([*pieces.DANGEROUS.values()])] if random.random() < 0.18 else []
    if shape in ("method", "mixin", "property") and random.random() < 0.25:
        conditions.append(random.choice([*pieces.OF_SELF.values()]))
    odd_source = random.random() < 0.2
    return Cached(
        number=number,
        name=random.choice(NAMES),
        shape=shape,
        store=store,
        source=_mostly(random, pieces.SOURCES, pieces.ODD_SOURCES, 0.4) if odd_source else pieces.SOURCES[0],
        parameter=_parameter(random, shape, store),
        conditions=tuple(each for each in dict.fromkeys(conditions) if not (each.before and store in NO_STATEMENTS)),
        layout=random.choice(LAYOUTS),
        key_form=random.randrange(2),
        is_covered=random.random() < 0.5,
        prefix=_mostly(random, (f"animals-{number}", f"zoo:lists:{number}"), ("animals",), 0.2),
        is_async=is_async,
    )


def _store(random: Random, shape: str) -> str:
    if shape == "property":
        return random.choice(("cached_property", *ATTRIBUTES))
    if shape in ("method", "mixin") and random.random() < 0.15:
        return random.choice([*ATTRIBUTES])
    if shape == "function" and random.random() < 0.06:
        return random.choice([*ON_REQUEST])
    if random.random() < 0.08:
        return random.choice([*DICTS])
    if shape in ("method", "mixin", "model", "manager", "classmethod") and random.random() < 0.8:
        return random.choice((*MEMOS, *STORES))
    if random.random() < 0.4:
        return random.choice([*STORES])
    return _mostly(random, [name for name in DECORATORS if name not in ODD_DECORATORS], ODD_DECORATORS, 0.08)


def _parameter(random: Random, shape: str, store: str) -> Parameter | None:
    if shape in ("method", "mixin", "property"):
        return HOUSE
    if shape == "model":
        return random.choice((None, NUMBER))
    usual: list[Parameter | None] = [None, *PARAMETERS]
    odd: list[Parameter | None] = [*ODD_PARAMETERS, *(RELATED if shape != "manager" else ())]
    if store in NO_STATEMENTS:
        odd = [each for each in odd if each is None or not each.before]
    return _mostly(random, usual, odd, 0.15)


def _callers(random: Random, cached: Cached) -> Iterator[Caller]:
    more = random.choice(([], ["read"], ["read", "refine"], ["read", "read"], ["refine"], ["both"]))
    kinds = ["refine", *more, *(["change"] if random.random() < 0.05 else [])]
    for index, kind in enumerate(kinds):
        yield Caller(
            name=("page", "feed", "side", "last")[index],
            module=f"{random.choice(MODULES)}{cached.number}",
            style=random.choice(STYLES),
            use=random.choice([*_uses(cached, kind).values()]),
            receiver=random.choice(RECEIVERS),
        )


def _uses(cached: Cached, kind: str) -> Mapping[str, str]:
    if cached.is_async:
        return pieces.ASYNC_READS if kind == "read" else pieces.ASYNC_REFINES
    known = {"read": pieces.READS, "refine": pieces.REFINES, "both": pieces.BOTH}
    return known.get(kind, pieces.CHANGES_OF_THE_OBJECT)
