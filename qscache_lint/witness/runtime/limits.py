"""How much the witness keeps, each with its reason. Apart from `qscache_lint.limits`, which other processes import."""

from __future__ import annotations

STORES = 5000
"""Stores that are told apart: a store is a place of the code, and the largest projects have some hundred."""

USES = 50_000
"""Uses that are told apart, each a place of the code with an operation and a store."""

WAYS = 10
"""Ways to one place that are told apart: a helper has few callers, but each of them as many tests."""

VIA = 4
"""Rows of the project around a place: view, service, helper, manager. Deeper ones say nothing about the value."""

STACK = 400
"""Frames that are looked through for those of the project; test runners and middleware have a hundred."""

PLACES = 20_000
"""Instructions whose place is known, and files; with more of them, the oldest are found out again."""

PICKLES = 20_000
"""Pickles that are known again when they are read, other than those of Django's cache; then they begin anew."""

MEMOS = 10_000
"""Functions with an `lru_cache` of which the hits are counted: some projects make one for each object."""

STORES_OF_VALUE = 4
"""Stores around one another that keep the same object: a property that returns what a memoizer keeps."""

INSIDE = 200
"""Values in a container that a memo keeps, and in those in it, that are looked at: a context has a dozen."""

SOURCES = 8
"""Files whose syntax is kept, to find out whose result their code stores; it is asked once for each place."""

EXECUTED = 200_000
"""Functions of a project that are told to have run."""

SENTENCES = 100
"""Sentences about what could not be recorded."""

EARLY_OBJECTS = 5_000_000
"""Objects that are looked through for memoizers that were there before the recording began, which takes a second."""

WRAPPED = 4
"""Decorators around a function that is looked for; the function of a memoizer has one or two."""

DECORATORS = 40
"""Rows of decorators above a `def`; real ones need a dozen."""
