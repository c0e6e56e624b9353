"""Names for the two functions of a split, in the style of the name at hand."""

from __future__ import annotations

import re

_CAMEL_WORD = re.compile(r"^(_*)([a-z]+)([A-Z].*)$")
_VERBS = ("get", "fetch", "load", "find", "list", "read", "query", "build", "compute", "make")

_SAYS_CACHED = re.compile(rf"^(_*)({'|'.join(_VERBS)})?_?[cC]ached(?:_|(?=[A-Z]))")


def says_cached(name: str) -> bool:
    """Whether a name begins with the word, behind a verb or not: `cached_stories`, `getCachedStories`."""
    return _SAYS_CACHED.match(name) is not None


def cached_name(name: str) -> str:
    """The name of the cached half of a split, when the uncached half keeps `name`.

    `getRecentStories` gives `getCachedRecentStories`, `get_recent_stories` gives `get_cached_recent_stories`, and
    `recent_stories` gives `cached_recent_stories`. Leading underscores stay in front.
    """
    camel = _CAMEL_WORD.match(name)
    if camel is not None:
        underscores, verb, rest = camel.groups()
        if verb in _VERBS:
            return f"{underscores}{verb}Cached{rest}"
        return f"{underscores}cached{verb[0].upper()}{verb[1:]}{rest}"
    bare = name.lstrip("_")
    underscores = name[: len(name) - len(bare)]
    verb, separator, rest = bare.partition("_")
    if separator and verb in _VERBS:
        return f"{underscores}{verb}_cached_{rest}"
    return f"{underscores}cached_{bare}"


def builder_name(name: str) -> str:
    """The name of the uncached half, when the cached half keeps `name`: `…_queryset`, or `…QuerySet` in camel case.

    It does not say that it is cached: `get_cached_stories` gives `get_stories_queryset`.
    """
    suffix = "QuerySet" if _CAMEL_WORD.match(name) else "_queryset"
    said = _SAYS_CACHED.match(name)
    if said is None:
        return f"{name}{suffix}"
    underscores, verb, rest = said[1], said[2] or "", name[said.end() :]
    if suffix == "_queryset":
        return f"{underscores}{verb}{'_' if verb else ''}{rest}{suffix}"
    return f"{underscores}{verb}{rest if verb else rest[0].lower() + rest[1:]}{suffix}"
