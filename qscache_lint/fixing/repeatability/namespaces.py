"""The namespace that gets the builder: code that lists its names, or makes them at run time, would find one more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property, partial

from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import Call, Constant
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.mentioning_files import files_mentioning, module_name
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.accesses import MODULES, Access, Way, accesses, near
from qscache_lint.fixing.repeatability.name_filters import leaves_out
from qscache_lint.fixing.star_imports import takers_of_all
from qscache_lint.project.abstract import Atom, ClassValue, External, Instance, Module, Super, Unknown
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_HOOKS = frozenset({"__init_subclass__", "__getattribute__", "__dir__"})
_METACLASS = b"metaclass"
"""The word by which a class of any file says that something makes its members over."""

_BLIND = frozenset(
    {"django.contrib.admin.register()", "django.utils.decorators.method_decorator()", "functools.total_ordering"}
    | {"django.utils.encoding.python_2_unicode_compatible", "typing.final", "django.utils.deconstruct.deconstructible"}
    | {"django.utils.deconstruct.deconstructible()", "dataclasses.dataclass", "dataclasses.dataclass()"}
)
"""Decorators that do not look at the methods of a class."""
_HOOKS_OF_NAMES = frozenset({"__getattr__", "__getattribute__"})
_KINDS = {Way.LIST: "names-listed", Way.READ: "name-asked", Way.WRITE: "name-written"}


def namespace_concerns(evaluator: Evaluator, cached_function: CachedFunction, new: str) -> Iterator[Reason]:
    """Each place that may find the name `new` beside the function, and each class that is told of its members."""
    if not new:
        return
    home = Home(evaluator, cached_function)
    for path in home.near():
        facts = evaluator.project.facts(path)
        found = () if facts is None else accesses(evaluator, path, facts)
        for access in found:
            if access.names.fullmatch(new) and _may_meet(home, access) and not _leaves_out(evaluator, access, new):
                yield reason(_KINDS[access.way], access.path, access.at.row, name=new)
    for of in home.family:
        opened = evaluator.facts(of.path).classes[of.index]
        has_hook = not _HOOKS.isdisjoint(opened.members) or _METACLASS in evaluator.project.tree.read(of.path)
        if has_hook or _may_look(evaluator, of, cached_function.name):
            yield reason("members-looked-at", of.path, other=opened.qualname)
        elif not _HOOKS_OF_NAMES.isdisjoint(opened.members):
            yield reason("members-made", of.path, other=opened.qualname)
    if home.owner is None and "__getattr__" in evaluator.facts(home.path).body.bindings:
        yield reason("names-made", home.path)


def _may_look(evaluator: Evaluator, of: ClassId, name: str) -> bool:
    """Whether a decorator of a class is not one of those that leave its members alone, or is given the name of one."""
    facts = evaluator.facts(of.path)
    for decorator in facts.classes[of.index].decorators:
        value, made = evaluator.value(of.path, decorator.value), facts.terms[decorator.value]
        given = [facts.terms[each.value] for each in made.arguments] if isinstance(made, Call) else []
        is_blind = bool(value) and all(isinstance(atom, External) and atom.dotted in _BLIND for atom in value)
        if not is_blind or Constant(name) in given:
            return True
    return False


def _leaves_out(evaluator: Evaluator, access: Access, new: str) -> bool:
    """Whether names are listed behind a test that the new one fails."""
    if access.way is not Way.LIST:
        return False
    try:
        parsed = Parsed.read(evaluator.project.tree.read(access.path))
    except Refused:
        return False
    return leaves_out(parsed, access.at, new)


def _may_meet(home: Home, access: Access) -> bool:
    """Whether a place may concern the home; of an object of which nothing is known, where the name says something."""
    if any(home.has(atom, is_own=access.is_own) for atom in access.space):
        return True
    written = [atom.of for atom in access.space if isinstance(atom, ClassValue) and access.way is Way.WRITE]
    if not home.beside.isdisjoint(written):
        return True
    is_known = bool(access.space) and not any(_is_open(atom) for atom in access.space)
    return not is_known and (access.way is Way.LIST or not access.is_open)


def _is_open(atom: Atom) -> bool:
    return isinstance(atom, Unknown) or (isinstance(atom, External) and atom.dotted.startswith(MODULES))


class Home:
    """The module of a function, or the class of a method with those derived from it."""

    def __init__(self, evaluator: Evaluator, cached_function: CachedFunction) -> None:
        self._evaluator = evaluator
        self._cached_function = cached_function
        self.path = cached_function.path
        self.owner = cached_function.owner

    @cached_property
    def modules(self) -> frozenset[str]:
        """The module of a function, those that have its name, and all that take every name from one of these."""
        if self.owner is not None:
            return frozenset()
        project, name = self._evaluator.project, self._cached_function.name
        facts = ((path, project.facts(path)) for path in files_mentioning(self._evaluator, self._cached_function))
        having = (path for path, each in facts if each is not None and name in each.body.bindings)
        return frozenset(reached((self.path, *having), partial(takers_of_all, self._evaluator)))

    @property
    def family(self) -> tuple[ClassId, ...]:
        """The classes of the project that have the method, or that its class derives from."""
        if self.owner is None:
            return ()
        classes = self._evaluator.classes
        return tuple(dict.fromkeys((*classes.ancestors(self.owner), *classes.subclasses(self.owner))))

    @property
    def beside(self) -> frozenset[ClassId | str]:
        """The classes that stand before or behind that of the function in one derived from it."""
        classes = self._evaluator.classes
        derived = () if self.owner is None else classes.subclasses(self.owner)
        return frozenset(of for each in derived for of in classes.mro(each))

    def near(self, others: Collection[str] = ()) -> tuple[str, ...]:
        """The files that may ask it for names, or have one of some other words."""
        own = dict.fromkeys((self.path, *self.modules, *(of.path for of in self.family)))
        names = {module_name(path) for path in (self.path, *self.modules)}
        if self.owner is not None:
            names.add(self._evaluator.project.class_name(self.owner))
        return near(self._evaluator, tuple(own), names, others)

    def has(self, atom: Atom, *, is_own: bool) -> bool:
        """Whether an object is known to be one in which the builder is found."""
        mro, owner = self._evaluator.classes.mro, self.owner
        match atom:
            case Module(path=path):
                return path in self.modules
            case ClassValue(of=of):
                return owner is not None and (of == owner if is_own else owner in mro(of))
            case Instance(of=ClassId() as of):
                return owner is not None and not is_own and (owner in mro(of) or (not atom.exact and of in mro(owner)))
            case Manager() | QuerySet():
                return owner is not None and not is_own and any(owner in mro(each) for each in atom.classes)
            case Super(receiver=receiver):
                return self.has(receiver, is_own=is_own)
            case _:
                return False
