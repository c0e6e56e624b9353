"""What else there is beside a cached callable: what empties its cache, fills it, replaces it, or asks about it.

Texts have these words: NAME (the callable), LISTS and PAGES (the modules of it and of a caller), OWNER (its class),
CALLABLE (how others reach it), COMPANY (a module of its own), PARAMETERS and VALUES (what it takes, and what that may
be), CALLER, GIVEN and GIVES (the same of the caller), KEY (what it stores under).
"""

from __future__ import annotations

from dataclasses import dataclass

from .definitions import MEMOS, STORES, Cached


@dataclass(frozen=True)
class Company:
    """Code at the end of a module, the step that calls it, and what it needs.

    `module` is "lists", "pages", or a module of its own. A step that is a change ends what callers may share; others
    are calls like those of callers. `needs` is one of the words of `fits`.
    """

    text: str
    step: str = ""
    module: str = "company"
    needs: str = ""
    is_change: bool = False


def _forgetting(text: str, needs: str = "key", module: str = "lists") -> Company:
    return Company(f"def forget(PARAMETERS):\n    {text}", "LISTS.forget(VALUES)", module, needs, is_change=True)


HARMLESS = {
    "delete": _forgetting("cache.delete(KEY)"),
    "delete several": _forgetting("cache.delete_many([KEY])"),
    "delete by a helper": Company(
        "def drop(key):\n    cache.delete(key)\n\n\ndef forget(PARAMETERS):\n    drop(KEY)",
        *("LISTS.forget(VALUES)", "lists", "key", True),
    ),
    "clear": _forgetting("cache.clear()", needs=""),
    "cache_clear": _forgetting("CALLABLE.cache_clear()", needs="memo"),
    "signal clears the memo": Company(
        "@receiver(post_save, sender=Animal)\ndef forget(**kwargs):\n    CALLABLE.cache_clear()", "", "lists", "memo"
    ),
    "signal deletes": Company(
        "@receiver(post_save, sender=Animal)\ndef forget(**kwargs):\n    cache.clear()", "", "lists"
    ),
    "another key": Company(
        'def note(number):\n    cache.set("visitors", number, 60)\n    return cache.get("visitors")', "COMPANY.note(3)"
    ),
    "another function": Company(
        "@lru_cache(maxsize=None)\ndef houses():\n    return House.objects.all()\n\n\n"
        "def all_houses():\n    return [house.name for house in houses()]",
        "COMPANY.all_houses()",
    ),
    "subclass": Company("class NightDesk(Desk):\n    pass", "", "lists", "class"),
    "warm-up": Company(
        "def warm(PARAMETERS):\n    return len(CALLABLE(PARAMETERS))", "LISTS.warm(VALUES)", "lists", "function"
    ),
    "exported": Company('__all__ = ["NAME"]', "", "lists", "function"),
    "signature": Company("def title():\n    return CALLABLE.__doc__", "LISTS.title()", "lists", "function"),
}
"""What no safe repair has to fear."""

DANGEROUS = {
    "fill": Company(
        "def fill(PARAMETERS):\n    cache.set(KEY, Animal.objects.filter(pk__lt=5), 60)",
        *("LISTS.fill(VALUES)", "lists", "key", True),
    ),
    "fill several": Company(
        "def fill(PARAMETERS):\n    cache.set_many({KEY: Animal.objects.filter(pk__lt=5)}, 60)",
        *("LISTS.fill(VALUES)", "lists", "key", True),
    ),
    "fill by a helper": Company(
        "def put(key, rows):\n    cache.set(key, rows, 60)\n\n\n"
        "def fill(PARAMETERS):\n    put(KEY, Animal.objects.filter(pk__lt=5))",
        *("LISTS.fill(VALUES)", "lists", "key", True),
    ),
    "add": Company(
        "def fill(PARAMETERS):\n    cache.add(KEY, Animal.objects.filter(pk__lt=5), 60)",
        *("LISTS.fill(VALUES)", "lists", "key", True),
    ),
    "fill another way": Company(
        "def fill(PARAMETERS):\n    caches['default'].set(KEY, Animal.objects.filter(pk__lt=5), 60)",
        *("LISTS.fill(VALUES)", "lists", "key", True),
    ),
    "read": Company(
        "def stored(PARAMETERS):\n    rows = cache.get(KEY)\n    "
        "return None if rows is None else list(rows.filter(pk__lt=9))",
        *("LISTS.stored(VALUES)", "lists", "key"),
    ),
    "length of what is stored": Company(
        "def stored(PARAMETERS):\n    return len(cache.get(KEY) or ())", "LISTS.stored(VALUES)", "lists", "key"
    ),
    "in the cache": Company("def stored(PARAMETERS):\n    return KEY in cache", "LISTS.stored(VALUES)", "lists", "key"),
    "read several": Company(
        "def stored(PARAMETERS):\n    return sorted(cache.get_many([KEY]))", "LISTS.stored(VALUES)", "lists", "key"
    ),
    "patch": Company(
        'def patched(GIVEN):\n    with mock.patch("zoo.PAGES.NAME", some):\n        return PAGES.CALLER(GIVEN)',
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "patch.object": Company(
        'def patched(GIVEN):\n    with mock.patch.object(PAGES, "NAME", some):\n        return PAGES.CALLER(GIVEN)',
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "patch.dict": Company(
        "def patched(GIVEN):\n    with mock.patch.dict(vars(PAGES), NAME=some):\n        return PAGES.CALLER(GIVEN)",
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "patch of the class": Company(
        'def patched(GIVEN):\n    with mock.patch.object(LISTS.OWNER, "NAME", some):\n'
        "        return PAGES.CALLER(GIVEN)",
        *("COMPANY.patched(GIVES)", "company", "object"),
    ),
    "patch by parts": Company(
        'TARGET = "zoo.PAGES"\n\n\ndef patched(GIVEN):\n    with mock.patch(f"{TARGET}.{\'NAME\'}", some):\n'
        "        return PAGES.CALLER(GIVEN)",
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "set and put back": Company(
        "def patched(GIVEN):\n    kept, PAGES.NAME = PAGES.NAME, some\n    try:\n"
        "        return PAGES.CALLER(GIVEN)\n    finally:\n        PAGES.NAME = kept",
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "setattr": Company(
        "def stub(module, name, value):\n    kept = getattr(module, name)\n    setattr(module, name, value)\n    "
        "return kept\n\n\n"
        'def patched(GIVEN):\n    kept = stub(PAGES, "NAME", some)\n    try:\n        return PAGES.CALLER(GIVEN)\n'
        '    finally:\n        stub(PAGES, "NAME", kept)',
        *("COMPANY.patched(GIVES)", "company", "imported"),
    ),
    "mocked cache": Company(
        'def patched(GIVEN):\n    with mock.patch("zoo.LISTS.cache") as cache:\n'
        "        cache.get.return_value = Animal.objects.none()\n        return PAGES.CALLER(GIVEN)",
        *("COMPANY.patched(GIVES)", "company", "key"),
    ),
    "cache_info": Company("def used():\n    return CALLABLE.cache_info().misses", "LISTS.used()", "lists", "memo"),
    "unwrapped": Company(
        "def fresh(PARAMETERS):\n    return list(CALLABLE.__wrapped__(PARAMETERS))",
        "LISTS.fresh(VALUES)",
        "lists",
        "function",
    ),
    "table": Company(
        'TABLE = {"first": CALLABLE}\n\n\ndef by_table(PARAMETERS):\n    return TABLE["first"](PARAMETERS).count()',
        *("LISTS.by_table(VALUES)", "lists", "function"),
    ),
    "by its name": Company(
        'def by_name(PARAMETERS):\n    return getattr(LISTS, "NAME")(PARAMETERS).count()',
        *("COMPANY.by_name(VALUES)", "company", "function"),
    ),
    "handed on": Company(
        "def called(function, PARAMETERS):\n    return function(PARAMETERS).filter(pk__lt=9).count()\n\n\n"
        "def handed(PARAMETERS):\n    return called(LISTS.NAME, PARAMETERS)",
        *("COMPANY.handed(VALUES)", "company", "function"),
    ),
    "names of the module": Company(
        "def names():\n    return sorted(name for name in vars(LISTS) if name.startswith('NAME'))",
        *("COMPANY.names()", "company", "function"),
    ),
    "names of the class": Company(
        "def names():\n    return sorted(name for name in dir(LISTS.OWNER) if not name.startswith('_'))",
        *("COMPANY.names()", "company", "object"),
    ),
    "list of names": Company(
        '__all__ = ["NAME"]\n\n\ndef names():\n    return len(__all__)', "LISTS.names()", "lists", "function"
    ),
    "names behind a star": Company(
        "from zoo.LISTS import *\n\n\ndef names():\n"
        "    return sorted(name for name in globals() if name.startswith('NAME'))",
        *("COMPANY.names()", "company", "function"),
    ),
    "exported names": Company(
        "def names():\n    return sorted(getattr(LISTS, '__all__', vars(LISTS)))[:9]",
        *("COMPANY.names()", "company", "function"),
    ),
    "attributes of the module": Company(
        "def __getattr__(name):\n    raise AttributeError(name)", "", "lists", "function"
    ),
    "warm-up by a signal": Company(
        "@receiver(post_save, sender=Animal)\ndef warm(**kwargs):\n    list(CALLABLE(VALUES))",
        *("", "lists", "function"),
    ),
    "count of what is defined": Company(
        "def names():\n    return len([value for value in vars(LISTS).values() if callable(value)])",
        *("COMPANY.names()", "company", "function"),
    ),
    "taken": Company("def NAME_queryset(*args):\n    return 7", "", "lists", "function"),
    "taken by the caller": Company("NAME_queryset = 7", "PAGES.NAME_queryset", "pages", "imported"),
    "override": Company(
        "class NightDesk(Desk):\n    def NAME(self, *args):\n        return Animal.objects.filter(pk__lt=4)\n\n\n"
        'def night(PARAMETERS):\n    DESKS["Cats"] = NightDesk("Cats")',
        *("LISTS.night(VALUES)", "lists", "field", True),
    ),
    "calling override": Company(
        "class NightDesk(Desk):\n    def NAME(self, *args):\n        return super().NAME(*args).filter(pk__lt=9)\n\n\n"
        'def night(PARAMETERS):\n    DESKS["Cats"] = NightDesk("Cats")',
        *("LISTS.night(VALUES)", "lists", "field", True),
    ),
    "replaced on an object": Company(
        "def some_animals(*args):\n    return Animal.objects.filter(pk__lt=4)\n\n\n"
        'def night(PARAMETERS):\n    DESKS["Cats"].NAME = some_animals',
        *("LISTS.night(VALUES)", "lists", "field", True),
    ),
    "field changes": Company(
        'def move(PARAMETERS):\n    for desk in DESKS.values():\n        desk.house = "Birds"',
        *("LISTS.move(VALUES)", "lists", "property", True),
    ),
    "field is set by name": Company(
        'def move(PARAMETERS):\n    for desk in DESKS.values():\n        setattr(desk, "house", "Birds")',
        *("LISTS.move(VALUES)", "lists", "property", True),
    ),
    "field is updated": Company(
        'def move(PARAMETERS):\n    for desk in DESKS.values():\n        vars(desk).update(house="Birds")',
        *("LISTS.move(VALUES)", "lists", "property", True),
    ),
    "count of calls": Company("def used():\n    return count_of('NAME')", "LISTS.used()", "lists", "counted"),
    "version": Company(
        "def stored(PARAMETERS):\n    return cache.ttl(KEY) if hasattr(cache, 'ttl') else cache.has_key(KEY)",
        *("LISTS.stored(VALUES)", "lists", "key"),
    ),
    "other rows under the relation": Company(
        "def heavy_houses():\n    heavy = Animal.objects.filter(weight__gt=30)\n"
        '    return House.objects.prefetch_related(Prefetch("animals", queryset=heavy)).get(pk=1)\n\n\n'
        "def heavy():\n    return PAGES.CALLER(heavy_houses())",
        *("COMPANY.heavy()", "company", "row"),
    ),
    "equal rows": Company(
        "class Alike:\n    def __eq__(self, other):\n        return isinstance(other, House)\n\n    "
        "def __hash__(self):\n        return 1\n\n\n"
        'class Annex(Alike, House):\n    class Meta:\n        proxy = True\n        app_label = "zoo"\n\n\n'
        "def annexes():\n    return [PAGES.CALLER(Annex.objects.get(pk=pk)) for pk in (1, 2)]",
        *("COMPANY.annexes()", "company", "row"),
    ),
    "values that look alike": Company(
        'def mixed():\n    return [CALLABLE(word).filter(pk__lt=9).count() for word in (1, True, 1.0, "1", "True")]',
        *("LISTS.mixed()", "lists", "word"),
    ),
    "None and its name": Company(
        'def mixed():\n    return [CALLABLE(word).filter(pk__lt=9).count() for word in (None, "None")]',
        *("LISTS.mixed()", "lists", "word"),
    ),
    "warm-up alone": Company(
        "def warm(PARAMETERS):\n    CALLABLE(PARAMETERS)", "LISTS.warm(VALUES)", "lists", "function"
    ),
}
"""What speaks against a safe repair, or nearly does."""


def fits(company: Company, cached: Cached, *, is_imported: bool) -> bool:
    """Whether it can stand beside a callable."""
    is_function = cached.shape == "function" and not cached.is_async
    takes_row = cached.parameter is not None and cached.parameter.name == "row" and not cached.arguments[1:]
    known = {
        "": True,
        "key": cached.shape == "function" and _has_text_key(cached),
        "memo": is_function and cached.store in MEMOS,
        "function": is_function and cached.is_decorated,
        "class": cached.owner == "Desk",
        "object": cached.owner == "Desk" and cached.shape != "mixin",
        "field": cached.on_self and cached.shape != "property",
        "property": cached.on_self,
        "imported": is_function and is_imported,
        "counted": is_function and cached.store == "keep_and_count",
        "row": is_function and takes_row,
        "word": is_function and cached.arguments == ("word",),
    }
    return known[company.needs] and not (cached.is_async and company.needs)


def _has_text_key(cached: Cached) -> bool:
    return cached.store in ("keep", "keep_by_name", "keep_as_text") or "cache." in STORES.get(cached.store, "")
