"""Names for the two functions of a split, in the style of the name at hand."""

from __future__ import annotations

import re

_CAMEL_WORD = re.compile(r"^(_*)([a-z]+)([A-Z].*)$")
_VERBS = ("get", "fetch", "load", "find", "list", "read", "query", "build", "compute", "make")

_SAYS_CACHED = re.compile(rf"^(_*)({'|'.join(_VERBS)})?_?[cC]ached(?:_|(?=[A-Z]))")

_SAYS_QUERYSET = re.compile(r"(^|_)query_?set$|(^|[a-z])[qQ]uery[sS]et$", re.ASCII)


def says_cached(name: str) -> bool:
    """Whether a name begins with the word, behind a verb or not: `cached_stories`, `getCachedStories`."""
    return _SAYS_CACHED.match(name) is not None


def cached_name(name: str) -> str:
    """The name of the cached half of a split, when the uncached half keeps `name`.

    `getRecentStories` gives `getCachedRecentStories`, `get_recent_stories` gives `get_cached_recent_stories`, and
    `recent_stories` gives `cached_recent_stories`. Leading underscores stay in front.
    """
    return _with_word("cached", name)


def builder_name(name: str) -> str:
    """The name of the uncached half, when the cached half keeps `name`: `…_queryset`, or `…QuerySet` in camel case.

    It does not say that it is cached: `get_cached_stories` gives `get_stories_queryset`. A name that says already what
    it gives says `uncached`, too: `get_queryset` gives `get_uncached_queryset`.
    """
    said = _SAYS_CACHED.match(name)
    plain = name if said is None else _without_word(name, said)
    if _SAYS_QUERYSET.search(plain):
        return _with_word("uncached", plain)
    return f"{plain}{'QuerySet' if _CAMEL_WORD.match(name) else '_queryset'}"


def _with_word(word: str, name: str) -> str:
    """A name with a word in front, behind its verb."""
    camel = _CAMEL_WORD.match(name)
    if camel is not None:
        underscores, verb, rest = camel.groups()
        if verb in _VERBS:
            return f"{underscores}{verb}{word.capitalize()}{rest}"
        return f"{underscores}{word}{verb[0].upper()}{verb[1:]}{rest}"
    bare = name.lstrip("_")
    underscores = name[: len(name) - len(bare)]
    verb, separator, rest = bare.partition("_")
    if separator and verb in _VERBS:
        return f"{underscores}{verb}_{word}_{rest}"
    return f"{underscores}{word}_{bare}"


def _without_word(name: str, said: re.Match[str]) -> str:
    """A name without the word that says that it is cached."""
    underscores, verb, rest = said[1], said[2] or "", name[said.end() :]
    if not _CAMEL_WORD.match(name):
        return f"{underscores}{verb}{'_' if verb else ''}{rest}"
    return f"{underscores}{verb}{rest if verb else rest[0].lower() + rest[1:]}"
