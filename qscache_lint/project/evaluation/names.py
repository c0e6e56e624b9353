"""What names, imports, parameters and free variables stand for."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.facts.model import Binding
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Choice, ClassTerm, Free, FunctionTerm, Import, Name, Parameter
from qscache_lint.project.abstract import (
    ClassValue,
    Collection,
    External,
    Frame,
    Function,
    Module,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.annotations import declared, instance
from qscache_lint.project.evaluation.branches import excluded
from qscache_lint.project.evaluation.callsites import given_to
from qscache_lint.project.evaluation.core import Context, Site, ValueQuestion, answers, evaluates, outside
from qscache_lint.project.evaluation.exports import hides
from qscache_lint.project.evaluation.handed import handed_argument
from qscache_lint.project.evaluation.memos import kept_in_global
from qscache_lint.project.evaluation.subjects import subject_argument
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Position


class GlobalName(ValueQuestion, frozen=True):
    """What the statements of a module, its star imports and hand-made memos leave in a global name."""

    path: ModulePath
    name: str


@evaluates(Name)
def named(context: Context, term: Name, site: Site) -> Value:
    """What a name at the top of a module, or one that no function binds, may be."""
    return global_name(context, site.path, term.name)


def global_name(context: Context, path: str, name: str) -> Value:
    """What a global name of a module may be; a builtin when the module does not bind it."""
    facts = context.module(path)
    if facts is None:
        return (Unknown("a name in a module that cannot be read"),)
    return context.ask(GlobalName(path, name)) or (External(name),)


@answers(GlobalName)
def _global(context: Context, asked: GlobalName) -> Value:
    is_bound = asked.name in context.facts(asked.path).body.bindings
    kept = kept_in_global(context, asked.path, asked.name) if is_bound else ()
    return join([kept, _bound_globally(context, asked.path, asked.name)])


def _bound_globally(context: Context, path: str, name: str) -> Value:
    """What the statements of a module, star imports included, may leave in a global name.

    A statement outside of all blocks runs in any case, so what was bound before it is gone. What stands in a branch
    that never runs (`if TYPE_CHECKING:`) counts where nothing else gives the name.
    """
    own_cache = _declared_cache(context, path, name)
    if own_cache is not None:
        return (own_cache,)
    facts = context.facts(path)
    steps = sorted((*facts.body.bindings.get(name, ()), *facts.stars), key=lambda each: _when(facts, each))
    running = [step for step in steps if _runs(context, path, step)]
    return _left_by(context, path, name, running) or _left_by(context, path, name, steps)


def _runs(context: Context, path: str, binding: Binding) -> bool:
    """Whether no test on the way to a statement is known to come out otherwise."""
    return excluded(context, Choice(binding.value, binding.guards), Site(path, binding.value, None)) is None


def _left_by(context: Context, path: str, name: str, steps: Sequence[Binding]) -> Value:
    """What the last of some bindings and star imports that surely gives a name leaves in it, or any after it."""
    stars = context.facts(path).stars
    found: list[Value] = []
    for step in reversed(steps):
        is_star = step in stars
        value = _starred(context, path, step, name) if is_star else context.value(path, step.value)
        found.append(value)
        if step.certain and (value or not is_star):
            break
    return join(reversed(found))


def bound(context: Context, path: str, bindings: Sequence[Binding], frame: Frame | None = None) -> Value:
    """What any of some bindings may have left in a name."""
    return join(context.value(path, binding.value, frame) for binding in bindings)


def _starred(context: Context, path: str, star: Binding, name: str) -> Value:
    """What a star import brings under a name; nothing when the module has no such name, or hides it."""
    term = context.facts(path).terms[star.value]
    if not isinstance(term, Import):
        return ()
    target = context.project.modules.resolve(path, term.module, term.level)
    if target is None or target.endswith("/") or target == path or context.module(target) is None:
        return ()
    if hides(context, target, name) or _is_taken_from(context, path, target, name):
        return ()
    return context.ask(GlobalName(target, name))


def _is_taken_from(context: Context, path: str, taker: str, name: str) -> bool:
    """Whether a module has a name only because it imports it from the module in `path`, which has it from elsewhere."""
    facts = context.facts(taker)
    terms = [facts.terms[binding.value] for binding in facts.body.bindings.get(name, ())]
    resolve = context.project.modules.resolve
    return bool(terms) and all(
        isinstance(term, Import) and term.name == name and resolve(taker, term.module, term.level) == path
        for term in terms
    )


@evaluates(Import)
def imported(context: Context, term: Import, site: Site) -> Value:
    """What an import statement binds: a module of the project, something in one, or something outside."""
    target = context.project.modules.resolve(site.path, term.module, term.level)
    if target is None:
        if term.level:
            return (Unknown(f"the module {'.' * term.level}{term.module}, which does not exist"),)
        dotted = term.module if term.name is None else f"{term.module}.{term.name}"
        return (outside(context.knowledge, dotted),)
    module = Module(term.module, target)
    return (module,) if term.name is None else module_attribute(context, module, term.name)


def module_attribute(context: Context, module: Module, name: str) -> Value:
    """A global of a module, else a submodule of a package."""
    if not module.path.endswith("/"):
        facts = context.module(module.path)
        if facts is None:
            return (Unknown(f"{name} in {module.dotted}, which cannot be read"),)
        own = context.ask(GlobalName(module.path, name))
        if own and own != (Module(f"{module.dotted}.{name}", module.path),):
            return own
    target = context.project.modules.submodule(module.path, name, module.dotted)
    if target is not None:
        return (Module(f"{module.dotted}.{name}", target),)
    return (Unknown(f"{name}, which {module.dotted} does not define"),)


@evaluates(Parameter)
def parameter(context: Context, term: Parameter, site: Site) -> Value:
    """What a parameter holds: what this activation was given, else what its place or annotation says."""
    identity = FunctionId(site.path, term.function)
    frame = site.frame
    while frame is not None and frame.of != identity:
        frame = frame.outer
    passed = None if frame is None else frame.argument(term.name)
    if passed is not None and (not passed or not all(isinstance(atom, Unknown) for atom in passed)):
        return passed
    known = _receiver(context, identity, term.name) or _handed_by_framework(context, identity, term.name, site)
    if known:
        return known
    stated = _declared(context, identity, term.name, None if site.frame is None else site.frame.outer)
    is_left_out = passed is None and frame is not None and frame.is_open
    is_open = is_left_out and all(isinstance(atom, Unknown) for atom in stated)
    return (given_to(context, identity, term.name) if is_open else ()) or stated


def _handed_by_framework(context: Context, identity: FunctionId, name: str, site: Site) -> Value:
    """What a framework hands to a method of a class derived from one of its own."""
    function = context.facts(identity.path).functions[identity.index]
    if function.owner is None:
        return ()
    owner = ClassId(identity.path, function.owner)
    handed = handed_argument(context, owner, function, name)
    return handed or join(
        subject_argument(context, owner, function.name, position, name, site)
        for position, parameter in enumerate(function.parameters)
        if parameter.name == name
    )


def _declared(context: Context, identity: FunctionId, name: str, outer: Frame | None) -> Value:
    """What the annotation of a parameter says, or the cached QuerySet that it gets when none is passed."""
    parameters = context.facts(identity.path).functions[identity.index].parameters
    for parameter in parameters:
        if parameter.name == name and parameter.annotation is not None:
            value = declared(context, identity.path, parameter.annotation)
            kind = _SEVERAL.get(parameter.kind)
            return value if kind is None else (Collection(kind, rest=value),)
        if parameter.name == name and parameter.default is not None:
            default = context.value(identity.path, parameter.default, outer)
            return (*cached(default), Unknown(f"the parameter {name}"))
    return (Unknown(f"the parameter {name}"),)


def _receiver(context: Context, identity: FunctionId, name: str) -> Value:
    """What `self` or `cls` is in a method, whatever calls it."""
    facts = context.facts(identity.path)
    function = facts.functions[identity.index]
    if function.owner is None or not function.parameters or function.parameters[0].name != name:
        return ()
    owner = ClassId(identity.path, function.owner)
    flavour = flavour_of(context, identity)
    if flavour == "static":
        return ()
    if flavour == "class":
        return (ClassValue(owner),)
    return (instance(context, owner),)


def flavour_of(context: Context, identity: FunctionId) -> str:
    """ "static", "class", "property" or "plain", told from the decorators."""
    function = context.facts(identity.path).functions[identity.index]
    if function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        return "class"
    for decorator in function.decorators:
        for atom in context.value(identity.path, decorator.value):
            flavour = context.knowledge.flavours.get(atom.dotted) if isinstance(atom, External) else None
            if flavour is not None:
                return flavour
            if context.makes_property(atom):
                return "property"
    return "plain"


@evaluates(Free)
def free(context: Context, term: Free, site: Site) -> Value:
    """A variable of an enclosing function: any value that it has there."""
    identity = FunctionId(site.path, term.function)
    frame = site.frame
    while frame is not None and frame.of != identity:
        frame = frame.outer
    function = context.facts(site.path).functions[term.function]
    bindings = function.bindings.get(term.name, ())
    values = [bound(context, site.path, bindings, frame)] if bindings else []
    if any(parameter.name == term.name for parameter in function.parameters):
        values.append(parameter(context, Parameter(term.function, term.name), Site(site.path, site.ref, frame)))
    return join(values)


@evaluates(FunctionTerm)
def function_term(context: Context, term: FunctionTerm, site: Site) -> Value:
    """A function of the project; a nested one remembers the activation around it."""
    parent = context.facts(site.path).functions[term.index].parent
    return (Function(FunctionId(site.path, term.index), frame=site.frame if parent else None),)


@evaluates(ClassTerm)
def class_term(context: Context, term: ClassTerm, site: Site) -> Value:
    """A class of the project."""
    return (ClassValue(ClassId(site.path, term.index)),)


def _declared_cache(context: Context, path: str, name: str) -> External | None:
    """What the project's own rows call a cache is known by its name only, like one from outside."""
    declared = context.knowledge.declared
    names = (f"{module}.{name}" for module in context.project.modules.names(path)) if declared else ()
    return next((External(dotted) for dotted in names if dotted in declared), None)


def _when(facts: ModuleFacts, binding: Binding) -> tuple[bool, Position]:
    """When a statement runs: those of functions after the module's own, which are in the order of the code."""
    return binding.value >= facts.body.last, binding.span.start


_SEVERAL = {"*": "tuple", "**": "dict"}
"""Parameters that hold several values of the annotated type, by the container that they are."""
