"""The cached thing to be repaired: which function it is, how it is reached, and how it is cached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.model import Refused
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Function, Memoized
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluation.stores import rows, sites
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Span


class Flavour(str, Enum):
    """How the cached function is reached."""

    FUNCTION = "function"
    METHOD = "method"
    CLASSMETHOD = "classmethod"
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"


_OF_A_CLASS = {
    "plain": Flavour.METHOD,
    "class": Flavour.CLASSMETHOD,
    "static": Flavour.STATICMETHOD,
    "property": Flavour.PROPERTY,
}
BINDING = frozenset({"classmethod", "staticmethod"})
"""The decorators that only say how a function is bound."""


@dataclass(frozen=True, slots=True)
class CachedFunction:
    """A function whose QuerySet is cached: by decorator number `decorator`, or (None) by the call at `site`."""

    identity: FunctionId
    facts: FunctionFacts
    flavour: Flavour
    store: Store
    site: Span
    decorator: int | None
    binding: frozenset[int] = frozenset()
    """The decorators that only say how the function is bound: `@classmethod`, `@staticmethod`."""

    bypass: tuple[str, ...] = ()
    """How the caching decorator lets callers around the cache: `f.__wrapped__()`."""

    @property
    def path(self) -> str:
        return self.identity.path

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def label(self) -> str:
        """The cached function as users write it: `stories()`, or `lines` for a property."""
        return self.called(self.name)

    def called(self, name: str) -> str:
        """`name` as users write it when it is of the same flavour."""
        return name if self.flavour is Flavour.PROPERTY else f"{name}()"

    @property
    def sort(self) -> str:
        """What users call it: a function, methods among them, or a property."""
        return "property" if self.flavour is Flavour.PROPERTY else "function"

    @property
    def is_member(self) -> bool:
        return self.flavour is not Flavour.FUNCTION

    @property
    def owner(self) -> ClassId | None:
        """The class it belongs to."""
        return None if self.facts.owner is None else ClassId(self.path, self.facts.owner)

    @property
    def rows(self) -> str:
        """What its rows are kept in: a cache that pickles gives each reader its own list, a memo shares a tuple."""
        return "list" if self.store is Store.PICKLED else "tuple"

    @property
    def cache(self) -> str:
        """The cache as written: `@memoize()`, or `cache.set()`."""
        if self.decorator is None:
            return "the cache"
        first, _, rest = self.facts.decorators[self.decorator].text.partition("\n")
        return f"@{first}…)" if rest else f"@{first}"


def find_cached_function(analysis: Analysis, definition: Definition) -> CachedFunction:
    """What a definition caches, when that is the value of one function.

    Raises Refused, with the reason, for caches of other forms.
    """
    evaluator = analysis.evaluator
    identity = FunctionId(definition.path, definition.function)
    module = evaluator.facts(definition.path)
    function = module.functions[definition.function]
    site = definition.origin.site.span
    if definition.origin.stored is not None:
        raise Refused(reason("stored-by-helper"))
    if function.parent or (function.owner is not None and _is_inside(module, function)):
        raise Refused(reason("nested-function", function=function.qualname))
    decorator = next((index for index, each in enumerate(function.decorators) if each.span == site), None)
    if decorator is None and not _stores(analysis, definition):
        raise Refused(reason("home-made-memo" if definition.origin.function is None else "memoized-by-call"))
    if not definition.function:
        raise Refused(reason("stored-by-module"))
    flavour = Flavour.FUNCTION if function.owner is None else _OF_A_CLASS[evaluator.flavour(identity)]
    binding = binding_of(function)
    _refuse_decorators(function, decorator, flavour, binding)
    return CachedFunction(
        identity, function, flavour, definition.store, site, decorator, binding, _bypass(analysis, identity)
    )


def binding_of(function: FunctionFacts) -> frozenset[int]:
    """The decorators of a function that only say how it is bound."""
    return frozenset(index for index, each in enumerate(function.decorators) if each.text in BINDING)


def _is_inside(module: ModuleFacts, function: FunctionFacts) -> bool:
    return function.owner is not None and bool(module.classes[function.owner].function)


def _stores(analysis: Analysis, definition: Definition) -> bool:
    """Whether a call of a cache API in that function makes the definition."""
    evaluator, place = analysis.evaluator, (definition.origin.site.span, definition.function)
    here = (site for site in sites(evaluator, definition.path) if (site.span, site.function) == place)
    return any(True for site in here for _ in rows(evaluator, site))


def _refuse_decorators(
    function: FunctionFacts, caching: int | None, flavour: Flavour, binding: frozenset[int]
) -> None:
    """Decorators below the caching one belong to what is cached; what one above makes of the cache is not known."""
    if function.is_generator:
        raise Refused(reason("generator", function=function.name))
    if caching is None and flavour is Flavour.PROPERTY:
        raise Refused(reason("storing-property", function=function.name))
    for index, decorator in enumerate(function.decorators):
        above = caching is None or index < caching
        if index != caching and index not in binding and above:
            raise Refused(reason("decorator-above", function=function.name, decorator=decorator.text))
        if index in binding and not above:
            raise Refused(reason("decorator-below", function=function.name, decorator=decorator.text))


def _bypass(analysis: Analysis, identity: FunctionId) -> tuple[str, ...]:
    evaluator = analysis.evaluator
    memoizers = evaluator.memoizers(Function(identity, bare=True))
    return tuple(way for each in memoizers if isinstance(each, Memoized) for way in each.bypass)
