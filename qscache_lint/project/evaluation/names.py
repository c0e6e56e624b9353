"""What names, imports, parameters and free variables stand for."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.facts.model import Binding, Choice, Free, FunctionTerm, Import, Parameter
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import (
    ClassId,
    ClassValue,
    Collection,
    External,
    Frame,
    Function,
    FunctionId,
    Module,
    Unknown,
    Value,
    cached,
    join,
)
from qscache_lint.project.evaluation.annotations import Annotations
from qscache_lint.project.evaluation.branches import Branches
from qscache_lint.project.evaluation.core import Core, Site, outside
from qscache_lint.project.evaluation.exports import Exports
from qscache_lint.project.evaluation.memos import Memos
from qscache_lint.project.evaluation.subjects import Subjects
from qscache_lint.values import Position


class Names:
    """What names, imports, parameters and free variables stand for."""

    def __init__(
        self, core: Core, annotations: Annotations, branches: Branches, memos: Memos, subjects: Subjects
    ) -> None:
        self._core = core
        self._subjects = subjects
        self._annotations = annotations
        self._branches = branches
        self._exports = Exports(core)
        self._memos = memos
        self._brought: dict[tuple[str, str], Value] = {}
        """What star imports bring, by the module and the name: they form chains and rings."""

    def global_name(self, path: str, name: str) -> Value:
        """What a global name of a module may be; a builtin when the module does not bind it."""
        facts = self._core.project.facts(path)
        if facts is None:
            return (Unknown("the module cannot be read"),)
        return self._global(path, name) or (External(name),)

    def _global(self, path: str, name: str) -> Value:
        """What the statements of a module, its star imports and hand-made memos leave in a global name."""
        kept = self._memos.kept_in_global(path, name) if name in self._core.facts(path).body.bindings else ()
        return join([kept, self.bound_globally(path, name)])

    def bound_globally(self, path: str, name: str) -> Value:
        """What the statements of a module, star imports included, may leave in a global name.

        A statement outside of all blocks runs in any case, so what was bound before it is gone. What stands in a branch
        that never runs (`if TYPE_CHECKING:`) counts where nothing else gives the name.
        """
        declared = self._declared_cache(path, name)
        if declared is not None:
            return (declared,)
        facts = self._core.facts(path)
        steps = sorted((*facts.body.bindings.get(name, ()), *facts.stars), key=lambda each: _when(facts, each))
        running = [step for step in steps if self._runs(path, step)]
        return self._left_by(path, name, running) or self._left_by(path, name, steps)

    def _runs(self, path: str, binding: Binding) -> bool:
        """Whether no test on the way to a statement is known to come out otherwise."""
        return self._branches.excluded(Choice(binding.value, binding.guards), Site(path, binding.value, None)) is None

    def _left_by(self, path: str, name: str, steps: Sequence[Binding]) -> Value:
        """What the last of some bindings and star imports that surely gives a name leaves in it, or any after it."""
        stars = self._core.facts(path).stars
        found: list[Value] = []
        for step in reversed(steps):
            is_star = step in stars
            value = self._starred(path, step, name) if is_star else self._core.value(path, step.value)
            found.append(value)
            if step.certain and (value or not is_star):
                break
        return join(reversed(found))

    def bound(self, path: str, bindings: Sequence[Binding], frame: Frame | None = None) -> Value:
        """What any of some bindings may have left in a name."""
        return join(self._core.value(path, binding.value, frame) for binding in bindings)

    def _starred(self, path: str, star: Binding, name: str) -> Value:
        """What a star import brings under a name; nothing when the module has no such name, or hides it."""
        term = self._core.facts(path).terms[star.value]
        if not isinstance(term, Import):
            return ()
        target = self._core.project.modules.resolve(path, term.module, term.level)
        if target is None or target.endswith("/") or target == path or self._core.project.facts(target) is None:
            return ()
        if self._exports.hides(target, name):
            return ()
        return self._core.settle((target, name), self._brought, lambda: self._global(target, name))

    def imported(self, term: Import, path: str) -> Value:
        """What an import statement binds: a module of the project, something in one, or something outside."""
        target = self._core.project.modules.resolve(path, term.module, term.level)
        if target is None:
            if term.level:
                return (Unknown(f"no module {'.' * term.level}{term.module}"),)
            dotted = term.module if term.name is None else f"{term.module}.{term.name}"
            return (outside(self._core.knowledge, dotted),)
        module = Module(term.module, target)
        return (module,) if term.name is None else self.module_attribute(module, term.name)

    def module_attribute(self, module: Module, name: str) -> Value:
        """A global of a module, else a submodule of a package."""
        if not module.path.endswith("/"):
            facts = self._core.project.facts(module.path)
            if facts is None:
                return (Unknown(f"{module.dotted} cannot be read"),)
            own = self._global(module.path, name)
            if own and own != (Module(f"{module.dotted}.{name}", module.path),):
                return own
        target = self._core.project.modules.submodule(module.path, name, module.dotted)
        if target is not None:
            return (Module(f"{module.dotted}.{name}", target),)
        return (Unknown(f"{module.dotted} has no {name}"),)

    def parameter(self, term: Parameter, site: Site) -> Value:
        """What a parameter holds: what this activation was given, else what its place or annotation says."""
        identity = FunctionId(site.path, term.function)
        frame = site.frame
        while frame is not None and frame.of != identity:
            frame = frame.outer
        passed = None if frame is None else frame.argument(term.name)
        if passed is not None and (not passed or not all(isinstance(atom, Unknown) for atom in passed)):
            return passed
        return (
            self._receiver(identity, term.name)
            or self._handed_by_framework(identity, term.name, site)
            or self._declared(identity, term.name, None if site.frame is None else site.frame.outer)
        )

    def _handed_by_framework(self, identity: FunctionId, name: str, site: Site) -> Value:
        """What a framework hands to a method of a class derived from one of its own."""
        function = self._core.facts(identity.path).functions[identity.index]
        if function.owner is None:
            return ()
        owner = ClassId(identity.path, function.owner)
        return join(
            self._subjects.argument(owner, function.name, position, site)
            for position, parameter in enumerate(function.parameters)
            if parameter.name == name
        )

    def _declared(self, identity: FunctionId, name: str, outer: Frame | None) -> Value:
        """What the annotation of a parameter says, or the cached QuerySet that it gets when nobody passes any."""
        parameters = self._core.facts(identity.path).functions[identity.index].parameters
        for parameter in parameters:
            if parameter.name == name and parameter.annotation is not None:
                declared = self._annotations.declared(identity.path, parameter.annotation)
                kind = _SEVERAL.get(parameter.kind)
                return declared if kind is None else (Collection(kind, rest=declared),)
            if parameter.name == name and parameter.default is not None:
                default = self._core.value(identity.path, parameter.default, outer)
                return (*cached(default), Unknown(f"parameter {name}"))
        return (Unknown(f"parameter {name}"),)

    def _receiver(self, identity: FunctionId, name: str) -> Value:
        """What `self` or `cls` is in a method, whoever calls it."""
        facts = self._core.facts(identity.path)
        function = facts.functions[identity.index]
        if function.owner is None or not function.parameters or function.parameters[0].name != name:
            return ()
        owner = ClassId(identity.path, function.owner)
        flavour = self.flavour(identity)
        if flavour == "static":
            return ()
        if flavour == "class":
            return (ClassValue(owner),)
        return (self._annotations.instance(owner),)

    def flavour(self, identity: FunctionId) -> str:
        """"static", "class", "property" or "plain", told from the decorators."""
        function = self._core.facts(identity.path).functions[identity.index]
        if function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return "class"
        for decorator in function.decorators:
            for atom in self._core.value(identity.path, decorator.value):
                flavour = self._core.knowledge.flavours.get(atom.dotted) if isinstance(atom, External) else None
                if flavour is not None:
                    return flavour
                if self._core.makes_property(atom):
                    return "property"
        return "plain"

    def free(self, term: Free, site: Site) -> Value:
        """A variable of an enclosing function: any value that it has there."""
        identity = FunctionId(site.path, term.function)
        frame = site.frame
        while frame is not None and frame.of != identity:
            frame = frame.outer
        function = self._core.facts(site.path).functions[term.function]
        bindings = function.bindings.get(term.name, ())
        values = [self.bound(site.path, bindings, frame)] if bindings else []
        if any(parameter.name == term.name for parameter in function.parameters):
            values.append(self.parameter(Parameter(term.function, term.name), Site(site.path, site.ref, frame)))
        return join(values)

    def function_term(self, term: FunctionTerm, site: Site) -> Value:
        """A function of the project; a nested one remembers the activation around it."""
        parent = self._core.facts(site.path).functions[term.index].parent
        return (Function(FunctionId(site.path, term.index), frame=site.frame if parent else None),)

    def _declared_cache(self, path: str, name: str) -> External | None:
        """What the project's own rows call a cache is known by its name only, like one from outside."""
        declared = self._core.knowledge.declared
        names = (f"{module}.{name}" for module in self._core.project.modules.names(path)) if declared else ()
        return next((External(dotted) for dotted in names if dotted in declared), None)


def _when(facts: ModuleFacts, binding: Binding) -> tuple[bool, Position]:
    """When a statement runs: those of functions after the module's own, which are in the order of the code."""
    return binding.value >= facts.body.last, binding.span.start


_SEVERAL = {"*": "tuple", "**": "dict"}
"""Parameters that hold several values of the annotated type, by the container that they are."""
