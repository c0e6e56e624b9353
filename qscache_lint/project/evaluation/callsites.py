"""Call sites: what a function is called with, wherever that can be seen.

An *open* activation of a function leaves nothing of that out: its parameters are what the calls of the project give
them, and so on through the activations of the callers. This is asked only where an unknown object stands before a name
by which cached QuerySets are reached: looking for the callers of a function means a search through the whole project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import FunctionFacts, ParameterFacts
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import Call, Parameter, Ref, same_object
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Frame,
    Function,
    Instance,
    Partial,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.binding import callees
from qscache_lint.project.evaluation.core import Context, Site, ValueQuestion, answers, files_declaring
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath

_CONSTRUCTOR = "__init__"


def open_around(context: Context, path: ModulePath, ref: Ref) -> Frame | None:
    """The open activation of the function around a term; None at the top of a module."""
    facts = context.facts(path)
    return open_activation(facts, FunctionId(path, facts.around(ref)))


def open_activation(facts: ModuleFacts, identity: FunctionId) -> Frame | None:
    """The open activation of a function, within those of the functions around it; None for the body of a module."""
    if not identity.index:
        return None
    around = FunctionId(identity.path, facts.functions[identity.index].parent or 0)
    return Frame(identity, outer=open_activation(facts, around), is_open=True)


class GivenTo(ValueQuestion, frozen=True):
    """What the calls that are seen give to a parameter of a function, or to its `**kwargs` under a `key`."""

    function: FunctionId
    parameter: str
    key: str = ""


def given_to(context: Context, identity: FunctionId, name: str) -> Value:
    """What the calls that are seen give to a parameter of a function; nothing where no call is seen."""
    kind = _parameter(context.facts(identity.path), identity.index, name).kind
    return () if kind in ("*", "**") else context.ask(GivenTo(identity, name))


def given_under(context: Context, path: ModulePath, ref: Ref, key: str, frame: Frame | None) -> Value:
    """What the calls that are seen give under a key, where a term is the `**kwargs` of an open activation."""
    facts = context.facts(path)
    while (same := same_object(facts.terms[ref])) is not None:
        ref = same
    term = facts.terms[ref]
    if frame is None or not frame.is_open or not isinstance(term, Parameter) or frame.argument(term.name) is not None:
        return ()
    if _parameter(facts, term.function, term.name).kind != "**":
        return ()
    return context.ask(GivenTo(FunctionId(path, term.function), term.name, key))


def _parameter(facts: ModuleFacts, function: int, name: str) -> ParameterFacts:
    return next(each for each in facts.functions[function].parameters if each.name == name)


@answers(GivenTo)
def _given(context: Context, asked: GivenTo) -> Value:
    facts = context.facts(asked.function.path)
    wanted = _parameter(facts, asked.function.index, asked.parameter)
    place = facts.functions[asked.function.index].parameters.index(wanted) if wanted.kind == "positional" else None
    keyword = asked.key or wanted.name
    called = _callable(context, asked.function)
    files = _files(context, called)
    if len(files) > limits.FILES_WITH_CALLERS:
        callers = f"which more than {limits.FILES_WITH_CALLERS} files call"
        return (Unknown(f"an argument of {called.facts.qualname}(), {callers}"),)
    given = [
        _argument(context, site, call, None if place is None else place - is_bound, keyword)
        for site, call, is_bound in _calls(context, called, files)
    ]
    return join([*given, *_made(context, called, keyword)])


def _argument(context: Context, site: Site, call: Call, wanted: int | None, keyword: str) -> Value:
    """What a call gives to the parameter at a place, or of a name."""
    found: list[Value] = []
    for place, argument in enumerate(call.arguments):
        if argument.star == "**":
            found.append(_entry(context, site.path, argument.value, keyword, site.frame))
        elif argument.star:
            wanted = None  # what follows has no place that is known
        elif argument.keyword == keyword or (argument.keyword is None and place == wanted):
            return context.value(site.path, argument.value, site.frame)
    return join(found)


def _entry(context: Context, path: ModulePath, ref: Ref, key: str, frame: Frame | None) -> Value:
    """What stands in a dict under a key."""
    return given_under(context, path, ref, key, frame) or _entries(context.value(path, ref, frame), key)


def _entries(value: Value, key: str) -> Value:
    dicts = (atom for atom in value if isinstance(atom, Collection) and atom.kind == "dict")
    return join(dict(each.members).get(key, ()) for each in dicts)


def _calls(context: Context, called: _Callable, files: Iterable[ModulePath]) -> Iterator[tuple[Site, Call, bool]]:
    """The calls of a function in these files, in open activations, and whether it is bound to a receiver there."""
    for path in files:
        facts = context.module(path)
        if facts is None or not context.project.modules.sees(path, called.identity.path):
            continue
        for ref in facts.calling(called.names):
            term = facts.terms[ref]
            if isinstance(term, Call) and called_name(facts.terms[term.function]):
                site = Site(path, ref, open_around(context, path, ref))
                yield from ((site, term, is_bound) for is_bound in _runs(context, site, term, called.identity))


def _runs(context: Context, site: Site, call: Call, identity: FunctionId) -> Iterator[bool]:
    """For each way in which a call runs a function: whether a receiver is bound to it."""
    functions = context.value(site.path, call.function)
    if all(isinstance(atom, Unknown) for atom in functions):
        functions = context.value(site.path, call.function, site.frame)
    for atom in functions:
        for function, _ in () if isinstance(atom, Partial) else callees(context, atom, (), site):
            if function.of == identity or _is_overridden_by(context, function.of, identity):
                yield function.receiver is not None


def _is_overridden_by(context: Context, called: FunctionId, identity: FunctionId) -> bool:
    """Whether a method of a derived class may run where the one of its base is called."""
    base, derived = (context.facts(each.path).functions[each.index] for each in (called, identity))
    if base.owner is None or derived.owner is None or base.name != derived.name or base.name == _CONSTRUCTOR:
        return False
    return ClassId(called.path, base.owner) in context.classes.ancestors(ClassId(identity.path, derived.owner))


def _made(context: Context, called: _Callable, key: str) -> Iterator[Value]:
    """What views give to a constructor that name its class and make it themselves: `form_class = StandForm`."""
    for path in dict.fromkeys(_files_with(context, "made", called.class_names)) if called.is_constructor else ():
        facts = context.module(path)
        for index, opened in enumerate(() if facts is None else facts.classes):
            for row in context.knowledge.querysets.handing:
                for binding in opened.members.get(row.to[0], ()) if not row.attribute else ():
                    if any(_constructs(context, atom, called.identity) for atom in context.value(path, binding.value)):
                        yield _entries(_called_on(context, ClassId(path, index), row.method, binding.value), key)


def _constructs(context: Context, atom: Atom, identity: FunctionId) -> bool:
    if not isinstance(atom, ClassValue):
        return False
    return any(function.of == identity for function, _ in callees(context, atom, (), Site(identity.path, 0, None)))


def _called_on(context: Context, view: ClassId, method: str, named: Ref) -> Value:
    """What calling a method of an instance without arguments gives, in the open."""
    site = Site(view.path, named, Frame(FunctionId(view.path, 0), is_open=True))
    bound = context.attribute(Instance(view), method, site)
    return join(context.call(atom, (), site) for atom in bound if isinstance(atom, Function))


class _Callable(msgspec.Struct, frozen=True):
    """A function as others call it: by its own name, or a constructor by those of `classes` (see `_callable`)."""

    identity: FunctionId
    facts: FunctionFacts
    classes: tuple[ClassId, ...]
    class_names: tuple[str, ...]

    @property
    def is_constructor(self) -> bool:
        return self.facts.name == _CONSTRUCTOR and bool(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        return (_CONSTRUCTOR, *self.class_names) if self.is_constructor else (self.facts.name,)


def _callable(context: Context, identity: FunctionId) -> _Callable:
    """A function with the class that has it, and those derived from it."""
    function = context.facts(identity.path).functions[identity.index]
    if function.owner is None:
        return _Callable(identity, function, (), ())
    owner = ClassId(identity.path, function.owner)
    classes = (owner, *context.classes.subclasses(owner))
    names = dict.fromkeys(context.facts(each.path).classes[each.index].name for each in classes)
    return _Callable(identity, function, classes, tuple(names))


def _files(context: Context, called: _Callable) -> tuple[ModulePath, ...]:
    """The files that may call a function, with those first that have its class."""
    near = dict.fromkeys(each.path for each in called.classes)
    if called.is_constructor:
        return tuple(near | dict.fromkeys(_files_with(context, "call", called.class_names)))
    if not called.classes:
        return tuple(dict.fromkeys(_files_with(context, "call", called.names)))
    files = tuple(dict.fromkeys(_files_with(context, "method call", called.names)))
    if len(files) <= limits.FILES_WITH_CALLERS:
        return files
    naming = {*near, *_files_with(context, "call", called.class_names)}
    return tuple(path for path in files if path in naming)


def _files_with(context: Context, kind: str, names: tuple[str, ...]) -> Iterator[ModulePath]:
    return (path for name in names for path in files_declaring(context, kind, name))
