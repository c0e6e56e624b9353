"""Evaluation: what a term comes to, followed on demand through names, classes, models and functions.

The evaluator is an abstract interpreter. It asks only for what it needs, remembers what it has found, and bounds its
own work: a recursion is settled by taking what is known so far, and anything too deep or too long is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from qscache_lint.facts.model import (
    Argument,
    Attribute,
    AttributeStore,
    Awaited,
    Binary,
    Binding,
    Call,
    Choice,
    ClassTerm,
    Compare,
    Constant,
    Container,
    Element,
    Free,
    FunctionTerm,
    Guard,
    Import,
    Item,
    ItemStore,
    Join,
    Member,
    ModuleFacts,
    Name,
    NameStore,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Term,
    Text,
    Updated,
    operands,
)
from qscache_lint.knowledge import Effect, Store, StoreCall
from qscache_lint.project.abstract import (
    Atom,
    Bound,
    ClassId,
    ClassValue,
    Collection,
    Data,
    External,
    Frame,
    FromQuerySet,
    Function,
    FunctionId,
    Instance,
    Literal,
    Manager,
    ManagerClass,
    Memoized,
    Method,
    Model,
    Module,
    Ordering,
    Origin,
    QuerySet,
    Super,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.classes import ClassIndex
from qscache_lint.project.handmade import is_attribute_memo, is_global_memo, item_memo
from qscache_lint.project.keys import Key, key_of
from qscache_lint.project.memoizers import Memo, recognise_class, recognise_decorator
from qscache_lint.project.project import Project
from qscache_lint.values import Step

DEEPEST = 60
"""Terms and calls inside one another. Real code needs about 20; what is deeper is unknown."""

MOST_WORK = 200_000
"""Evaluation steps spent on one question. Beyond it the answer is unknown."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One evaluated argument of a call."""

    argument: Argument
    value: Value


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is evaluated: the module, the term, and the activation it belongs to."""

    path: str
    ref: Ref
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A store call of a cache API: the entry that it fills, and the call."""

    key: Key
    dotted: str
    call: Call
    site: Site


class Evaluator:
    """Evaluates terms of one project. Not for use by several threads at once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.knowledge = project.knowledge
        self.classes = ClassIndex(project, self.value)
        self._known: dict[tuple[str, Ref, Frame | None], Value] = {}
        self._results: dict[tuple[FunctionId, Frame], Value] = {}
        self._refining: dict[tuple[FunctionId, str], Value] = {}
        self._open: dict[object, int] = {}
        self._lowest_cycle = DEEPEST + 1
        self._depth = 0
        self._work = 0
        self._memos: dict[object, Memo | None] = {}
        self._handlers: Mapping[type[Any], Callable[[Any, Site], Value]] = {
            Constant: lambda term, site: (Literal(term.value),),
            Name: lambda term, site: self.global_name(site.path, term.name),
            Import: lambda term, site: self._import(term, site.path),
            Parameter: self._parameter,
            Free: self._free,
            FunctionTerm: self._function_term,
            ClassTerm: lambda term, site: (ClassValue(ClassId(site.path, term.index)),),
            Attribute: self._attribute_term,
            Call: self._call_term,
            Item: self._item,
            Slice: self._slice,
            Binary: self._binary,
            Compare: self._compare,
            Not: self._not,
            Element: self._element,
            Member: self._member,
            Awaited: lambda term, site: self.value(site.path, term.base, site.frame),
            Join: self._join,
            Container: self._container,
            Updated: self._updated,
            Text: lambda term, site: (Data("text"),),
            Opaque: lambda term, site: (Unknown(term.reason),),
        }

    # -- the question everybody asks

    def value(self, path: str, ref: Ref, frame: Frame | None = None) -> Value:
        """What term `ref` of the module in `path` may come to, in the activation `frame`."""
        key = (path, ref, frame)
        known = self._known.get(key)
        if known is not None:
            return known
        facts = self.project.facts(path)
        if facts is None:
            return (Unknown("the module cannot be read"),)
        term = facts.terms[ref]
        handler = self._handlers.get(type(term))
        if handler is None:
            return (Unknown(type(term).__name__),)
        return self._settle(key, self._known, lambda: handler(term, Site(path, ref, frame)))

    def _settle(self, key: Any, memory: dict[Any, Value], compute: Callable[[], Value]) -> Value:
        """Compute and remember, unless the answer rests on one that is still being computed."""
        entered = self._open.get(key)
        if entered is not None:
            self._lowest_cycle = min(self._lowest_cycle, entered)
            return ()
        if self._depth >= DEEPEST or self._work > MOST_WORK:
            return (Unknown("too deep to follow"),)
        if self._depth == 0:
            self._work = 0
        self._work += 1
        self._open[key] = self._depth
        self._depth += 1
        try:
            value = compute()
        finally:
            self._depth -= 1
            del self._open[key]
        if self._lowest_cycle >= self._depth:
            self._lowest_cycle = DEEPEST + 1
            memory[key] = value
        return value

    def _facts(self, path: str) -> ModuleFacts:
        facts = self.project.facts(path)
        assert facts is not None, path
        return facts

    def step(self, path: str, ref: Ref, message: str) -> Step:
        """A place on the trail: where term `ref` stands."""
        return Step(path, self._facts(path).spans[ref], message)

    # -- names

    def global_name(self, path: str, name: str, seen: tuple[str, ...] = ()) -> Value:
        """What a global name of a module may be; a builtin when the module does not bind it."""
        facts = self.project.facts(path)
        if facts is None:
            return (Unknown("the module cannot be read"),)
        bindings = facts.body.bindings.get(name)
        if bindings:
            return join([self._global_memos(path, name), self._bound(path, bindings)])
        return self._starred(path, facts, name, seen) or (External(name),)

    def _bound(self, path: str, bindings: Sequence[Binding], frame: Frame | None = None) -> Value:
        return join(self.value(path, binding.value, frame) for binding in bindings)

    def _starred(self, path: str, facts: ModuleFacts, name: str, seen: tuple[str, ...]) -> Value:
        if path in seen:
            return ()
        for star in facts.stars:
            target = self.project.modules.resolve(path, star.module, star.level)
            if target is None or target.endswith("/") or target == path:
                continue
            found = self._exported(target, name, (*seen, path))
            if found:
                return found
        return ()

    def _exported(self, path: str, name: str, seen: tuple[str, ...]) -> Value:
        facts = self.project.facts(path)
        if facts is None:
            return ()
        if facts.exports is None and name.startswith("_") or facts.exports is not None and name not in facts.exports:
            return ()
        if name in facts.body.bindings:
            return self._bound(path, facts.body.bindings[name])
        return self._starred(path, facts, name, seen)

    def _import(self, term: Import, path: str) -> Value:
        target = self.project.modules.resolve(path, term.module, term.level)
        if target is None:
            if term.level:
                return (Unknown(f"no module {'.' * term.level}{term.module}"),)
            dotted = term.module if term.name is None else f"{term.module}.{term.name}"
            return (External(dotted),)
        module = Module(term.module, target)
        return (module,) if term.name is None else self._module_attribute(module, term.name)

    def _module_attribute(self, module: Module, name: str) -> Value:
        if not module.path.endswith("/"):
            facts = self.project.facts(module.path)
            if facts is None:
                return (Unknown(f"{module.dotted} cannot be read"),)
            if name in facts.body.bindings:
                own = self._bound(module.path, facts.body.bindings[name])
                if own != (Module(f"{module.dotted}.{name}", module.path),):
                    return own
            starred = self._starred(module.path, facts, name, ())
            if starred:
                return starred
        target = self.project.modules.submodule(module.path, name)
        if target is not None:
            return (Module(f"{module.dotted}.{name}", target),)
        return (Unknown(f"{module.dotted} has no {name}"),)

    # -- parameters and closures

    def _parameter(self, term: Parameter, site: Site) -> Value:
        frame = site.frame
        while frame is not None:
            if frame.of == FunctionId(site.path, term.function):
                passed = frame.argument(term.name)
                if passed is not None:
                    return passed
                break
            frame = frame.outer
        return self._receiver(FunctionId(site.path, term.function), term.name) or (Unknown(f"parameter {term.name}"),)

    def _receiver(self, identity: FunctionId, name: str) -> Value:
        """What `self` or `cls` is in a method, whoever calls it."""
        facts = self._facts(identity.path)
        function = facts.functions[identity.index]
        if function.owner is None or not function.parameters or function.parameters[0].name != name:
            return ()
        owner = ClassId(identity.path, function.owner)
        flavour = self.flavour(identity)
        if flavour == "static":
            return ()
        if flavour == "class":
            return (ClassValue(owner),)
        match self.classes.kind(owner):
            case "manager":
                return (Manager(None, (owner,)),)
            case "queryset":
                return (QuerySet(classes=(owner,)),)
            case _:
                return (Instance(owner),)

    def flavour(self, identity: FunctionId) -> str:
        """"static", "class", "property" or "plain", told from the decorators."""
        function = self._facts(identity.path).functions[identity.index]
        if function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return "class"
        for decorator in function.decorators:
            for atom in self.value(identity.path, decorator.value):
                if not isinstance(atom, External):
                    continue
                if atom.dotted in _FLAVOURS:
                    return _FLAVOURS[atom.dotted]
                row = self.knowledge.memoizers.get(atom.dotted.removesuffix("()"))
                if row is not None and row.property:
                    return "property"
        return "plain"

    def _free(self, term: Free, site: Site) -> Value:
        identity = FunctionId(site.path, term.function)
        frame = site.frame
        while frame is not None and frame.of != identity:
            frame = frame.outer
        function = self._facts(site.path).functions[term.function]
        bindings = function.bindings.get(term.name, ())
        values = [self._bound(site.path, bindings, frame)] if bindings else []
        if any(parameter.name == term.name for parameter in function.parameters):
            values.append(self._parameter(Parameter(term.function, term.name), Site(site.path, site.ref, frame)))
        return join(values)

    def _function_term(self, term: FunctionTerm, site: Site) -> Value:
        parent = self._facts(site.path).functions[term.index].parent
        return (Function(FunctionId(site.path, term.index), frame=site.frame if parent else None),)

    # -- joins, guards and conditions

    def _join(self, term: Join, site: Site) -> Value:
        kept: list[Value] = []
        reasons: list[str] = []
        for choice in term.choices:
            decided = self._excluded(choice, site)
            if decided is None:
                kept.append(self.value(site.path, choice.value, site.frame))
            elif self._is_limited(choice.value, site):
                reasons.append(self._why(decided, choice.value, site))
        return _explain(join(kept), reasons)

    def _excluded(self, choice: Choice, site: Site) -> Guard | None:
        """The guard that rules a choice out here, if one does."""
        for guard in choice.guards:
            truth = self.truth(site.path, guard.test, site.frame)
            if truth is not None and truth != guard.outcome:
                return guard
        return None

    def _is_limited(self, ref: Ref, site: Site) -> bool:
        value = self.value(site.path, ref, site.frame)
        return any(isinstance(atom, QuerySet) and atom.bound.limited for atom in value)

    def _why(self, guard: Guard, ref: Ref, site: Site) -> str:
        row = self._facts(site.path).spans[ref].start.row
        return f"{self._describe(guard.test, site)} skips the slice on line {row}"

    def _describe(self, ref: Ref, site: Site) -> str:
        """The parameter that decides a test, with the value it has here: `num=0`."""
        facts = self._facts(site.path)
        pending = [ref]
        while pending:
            current = pending.pop()
            term = facts.terms[current]
            if isinstance(term, (Parameter, Free)):
                for atom in self.value(site.path, current, site.frame):
                    if isinstance(atom, Literal):
                        return f"{term.name}={atom.value!r}"
            pending.extend(operands(term))
        return "this call"

    def truth(self, path: str, ref: Ref, frame: Frame | None) -> bool | None:
        """Whether a test comes out true; None when it may be either."""
        value = self.value(path, ref, frame)
        if not value or not all(isinstance(atom, Literal) for atom in value):
            return None
        outcomes = {bool(atom.value) for atom in value if isinstance(atom, Literal)}
        return outcomes.pop() if len(outcomes) == 1 else None

    def _not(self, term: Not, site: Site) -> Value:
        truth = self.truth(site.path, term.operand, site.frame)
        return (Data("truth"),) if truth is None else (Literal(not truth),)

    def _compare(self, term: Compare, site: Site) -> Value:
        left = self.value(site.path, term.left, site.frame)
        right = self.value(site.path, term.right, site.frame)
        if len(left) == len(right) == 1 and isinstance(left[0], Literal) and isinstance(right[0], Literal):
            outcome = _compared(term.operator, left[0].value, right[0].value)
            if outcome is not None:
                return (Literal(outcome),)
        return (Data("truth"),)

    # -- containers

    def _container(self, term: Container, site: Site) -> Value:
        if term.kind == "generator":
            return (Data("generator"),)
        members: list[tuple[bool | int | str | None, Value]] = []
        rest: list[Value] = []
        for position, entry in enumerate(term.entries):
            value = self.value(site.path, entry.value, site.frame)
            key = position if entry.key is None else self._constant(entry.key, site)
            if entry.star or key is None or rest and term.kind != "dict":
                rest.append(() if entry.star else value)
                continue
            members.append((key, value))
        return (Collection(term.kind, tuple(members), join(rest)),)

    def _constant(self, ref: Ref, site: Site) -> bool | int | str | None:
        """The one constant that a term comes to; None when there is none."""
        value = self.value(site.path, ref, site.frame)
        if len(value) == 1 and isinstance(value[0], Literal):
            return value[0].value
        return None

    def _updated(self, term: Updated, site: Site) -> Value:
        key = self._constant(term.key, site)
        value = self.value(site.path, term.value, site.frame)
        found: list[Atom] = []
        for atom in self.value(site.path, term.base, site.frame):
            if not isinstance(atom, Collection):
                found.append(atom)
            elif key is None:
                found.append(replace(atom, rest=join([atom.rest, value])))
            else:
                others = tuple(member for member in atom.members if member[0] != key)
                found.append(replace(atom, members=(*others, (key, value))))
        return tuple(dict.fromkeys(found))

    def _item(self, term: Item, site: Site) -> Value:
        key = self._constant(term.key, site)
        base = self._facts(site.path).terms[term.base]
        kept = self._dict_memos(site.path, base.name) if isinstance(base, Name) else ()
        return join(
            [kept, *(self._item_of(atom, key) for atom in self.value(site.path, term.base, site.frame))]
        )

    def _item_of(self, atom: Atom, key: bool | int | str | None) -> Value:
        match atom:
            case Collection():
                return _pick(atom, key)
            case QuerySet(model=model, plain=plain):
                return (self._instance(model) if plain else Data("row"),)
            case External(dotted=dotted):
                return (External(f"{dotted}[]"),)
            case Data():
                return (Unknown("an item of data"),)
            case _:
                return (Unknown("an item"),)

    def _instance(self, model: Model | None) -> Atom:
        return Unknown("an instance of an unknown model") if model is None else Instance(model.identity)

    def _member(self, term: Member, site: Site) -> Value:
        return join(
            _pick(atom, term.position) if isinstance(atom, Collection) else self._element_of(atom)
            for atom in self.value(site.path, term.base, site.frame)
        )

    def _element(self, term: Element, site: Site) -> Value:
        return join(self._element_of(atom) for atom in self.value(site.path, term.base, site.frame))

    def _element_of(self, atom: Atom) -> Value:
        match atom:
            case Collection(kind="dict"):
                return (Data("key"),)
            case Collection(members=members, rest=rest):
                return join([*(value for _, value in members), rest]) or (Unknown("an element"),)
            case QuerySet(model=model, plain=True):
                return (self._instance(model),)
            case _:
                return (Unknown("an element"),)

    # -- QuerySets: slices and operators

    def _slice(self, term: Slice, site: Site) -> Value:
        found: list[Atom] = []
        for atom in self.value(site.path, term.base, site.frame):
            if not isinstance(atom, QuerySet):
                found.append(Data("rows") if isinstance(atom, (Collection, Data)) else Unknown("a slice"))
                continue
            bound = self._bound_after(term, atom.bound, site)
            built = atom.built if atom.origin is None else None
            found.append(replace(atom, bound=bound, built=built, origin=None, hops=()))
        return tuple(dict.fromkeys(found))

    def _bound_after(self, term: Slice, before: Bound, site: Site) -> Bound:
        if term.stop is None:
            return replace(before, sliced=True)
        stop = self.value(site.path, term.stop, site.frame)
        if stop and all(isinstance(atom, Literal) and atom.value is None for atom in stop):
            row = self._facts(site.path).spans[site.ref].start.row
            reason = f"{self._describe(term.stop, site)} leaves the slice on line {row} without a stop"
            return replace(before, sliced=True, reason=reason)
        return Bound(limited=True, sliced=True)

    def _binary(self, term: Binary, site: Site) -> Value:
        row = self.knowledge.operators.get(term.operator)
        left = self.value(site.path, term.left, site.frame)
        if row is None:
            return self._arithmetic(left, self.value(site.path, term.right, site.frame))
        found: list[Atom] = []
        for atom in left:
            if isinstance(atom, QuerySet):
                built = self.step(site.path, site.ref, "the QuerySet is built here")
                found.append(
                    replace(atom, bound=Bound(), ordering=Ordering.NO, built=built, origin=None, hops=())
                )
            else:
                found.append(Unknown(f"operator {term.operator}"))
        return tuple(dict.fromkeys(found))

    def _arithmetic(self, left: Value, right: Value) -> Value:
        if all(isinstance(atom, (Literal, Data)) for atom in (*left, *right)):
            return (Data("data"),)
        return (Unknown("an operator"),)

    # -- attributes

    def _attribute_term(self, term: Attribute, site: Site) -> Value:
        base = self.value(site.path, term.base, site.frame)
        return join(self.attribute(atom, term.name, site) for atom in base)

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""
        match atom:
            case Module():
                return self._module_attribute(atom, name)
            case External(dotted=dotted):
                return self._external_attribute(dotted, name)
            case Instance(of=str() as dotted):
                return (Unknown(f"{dotted}.{name}"),)
            case Instance(of=ClassId() as identity):
                return self._instance_attribute(identity, name, atom, site)
            case ClassValue(of=identity):
                return self._class_attribute(identity, name, atom, site)
            case Super(start=start, after=after, receiver=receiver):
                return self._super_attribute(start, after, receiver, name, site)
            case QuerySet() | Manager():
                return self._query_attribute(atom, name, site)
            case ManagerClass(classes=classes) if name == "from_queryset":
                return (FromQuerySet(classes),)
            case Function() | Memoized() if name == "__wrapped__":
                return (replace(atom, bare=True),) if isinstance(atom, Function) else (atom.inner,)
            case Data():
                return (Data(),)
            case Collection(kind="dict"):
                return (External(f"dict.{name}"),) if name != "get" else (atom,)
            case _:
                return (Unknown(f"attribute {name}"),)

    def _external_attribute(self, dotted: str, name: str) -> Value:
        if name in self.knowledge.querysets.managers.names and _may_be_model(dotted):
            return (Manager(Model(dotted)),)
        return (External(f"{dotted}.{name}"),)

    def _query_attribute(self, atom: QuerySet | Manager, name: str, site: Site) -> Value:
        for identity in atom.classes:
            found = self.classes.member(identity, name)
            if found is not None:
                owner, bindings = found
                return join(
                    self._descriptor(owner, value, atom, site)
                    for value in (self.value(owner.path, binding.value) for binding in bindings)
                )
        if name in self.knowledge.operations or name in ("get_queryset", "iterator"):
            return (Method(atom, name),)
        if name == "model":
            return self._model_value(atom.model)
        if name == "query":
            return (Data("query"),)
        return (Unknown(f"method {name}"),)

    def _model_value(self, model: Model | None) -> Value:
        if model is None:
            return (Unknown("the model"),)
        return (ClassValue(model.identity) if isinstance(model.identity, ClassId) else External(model.identity),)

    def _class_attribute(self, identity: ClassId, name: str, atom: Atom, site: Site) -> Value:
        found = self.classes.member(identity, name)
        if found is not None:
            owner, bindings = found
            return self._members(owner, bindings, atom, identity, site)
        kind = self.classes.kind(identity)
        if name in self.knowledge.querysets.managers.names and (
            kind == "model" or kind == "other" and self.classes.is_open(identity)
        ):
            return (self._default_manager(identity, name),)
        if kind == "queryset" and name == "as_manager":
            return (ManagerClass((identity,)),)
        if kind == "manager" and name == "from_queryset":
            return (FromQuerySet((identity,)),)
        return (Unknown(f"attribute {name}"),)

    def _default_manager(self, identity: ClassId, name: str) -> Manager:
        """`objects`, or the first manager that the model declares for `_default_manager`."""
        if name == "_default_manager":
            for owner in self.classes.ancestors(identity):
                facts = self._facts(owner.path)
                for bindings in facts.classes[owner.index].members.values():
                    for atom in self._bound(owner.path, bindings):
                        if isinstance(atom, Manager):
                            return replace(atom, model=Model(identity))
        return Manager(Model(identity))

    def _members(
        self, owner: ClassId, bindings: Sequence[Binding], atom: Atom, identity: ClassId, site: Site
    ) -> Value:
        found: list[Value] = []
        for binding in bindings:
            related = self._relation(owner, binding.value, atom)
            if related:
                found.append(related)
                continue
            value = self.value(owner.path, binding.value)
            managed = tuple(
                replace(each, model=Model(identity)) if isinstance(each, Manager) and each.model is None else each
                for each in value
            )
            found.append(self._descriptor(owner, managed, atom, site))
        return join(found)

    def _descriptor(self, owner: ClassId, value: Value, receiver: Atom, site: Site) -> Value:
        """What a member of a class gives when it is read through `receiver`."""
        found: list[Value] = []
        for atom in value:
            if not isinstance(atom, Function) or atom.receiver is not None:
                found.append((atom,))
                continue
            flavour = self.flavour(atom.of)
            on_class = isinstance(receiver, ClassValue)
            if flavour == "static":
                found.append((atom,))
            elif flavour == "class":
                through = receiver if on_class else ClassValue(receiver.of if _is_own(receiver) else owner)  # type: ignore[union-attr,arg-type]
                found.append((replace(atom, receiver=through),))
            elif flavour == "property":
                found.append(
                    (Unknown("a property of the class"),)
                    if on_class
                    else self.call(replace(atom, receiver=receiver), (), site)
                )
            else:
                found.append((atom,) if on_class else (replace(atom, receiver=receiver),))
        return join(found)

    def _super_attribute(self, start: ClassId, after: ClassId, receiver: Atom, name: str, site: Site) -> Value:
        found = self.classes.member(start, name, after)
        if found is not None:
            owner, bindings = found
            return self._members(owner, bindings, receiver, start, site)
        if isinstance(receiver, (Manager, QuerySet)) and (
            name in self.knowledge.operations or name == "get_queryset"
        ):
            return (Method(replace(receiver, classes=()) if name == "get_queryset" else receiver, name),)
        return (Unknown(f"super().{name}"),)

    def _instance_attribute(self, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
        found = self.classes.member(identity, name)
        kept = self._kept_on_self(identity, name)
        if found is not None:
            owner, bindings = found
            return join([self._members(owner, bindings, atom, identity, site), kept])
        if kept:
            return kept
        if name == "__class__":
            return (ClassValue(identity),)
        return self._reverse_relation(identity, name) or (Unknown(f"attribute {name}"),)

    def _kept_on_self(self, identity: ClassId, name: str) -> Value:
        """What methods of the class and its ancestors store as `self.name`."""
        return join(
            self._stored(path, index, event)
            for ancestor in self.classes.ancestors(identity)
            for path, index, event in self.classes.stores(ancestor)
            if event.name == name
        )

    def _stored(self, path: str, function: int, event: AttributeStore) -> Value:
        return self.kept_by_hand(path, function, event) or self.value(path, event.value)

    def kept_by_hand(self, path: str, function: int, event: AttributeStore | ItemStore | NameStore) -> Value:
        """What a hand-made memo hands out again; nothing when the assignment is no memo."""
        facts = self._facts(path)
        match event:
            case AttributeStore(name=name) if is_attribute_memo(facts, event):
                owner = facts.functions[function].owner
                store, name = self._attribute_store(path, owner, event), f".{name}"
            case NameStore(name=name) if is_global_memo(facts, event):
                store = Store.MEMO
            case ItemStore() if (name := item_memo(facts, event) or "") != "":
                store, name = Store.MEMO, f"{name}[…]"
            case _:
                return ()
        site = Step(path, event.span, "cached here by hand")
        value = self.value(path, event.value)
        return tuple(self.store(atom, store, name, "a hand-made memo", site) for atom in value)

    def _attribute_store(self, path: str, owner: int | None, event: AttributeStore) -> Store:
        """An attribute lives as long as what has it: the class (the process), or an instance or request."""
        for atom in self.value(path, event.base):
            if isinstance(atom, (ClassValue, Module, Function)):
                return Store.MEMO
        return Store.SCOPED

    def _global_memos(self, path: str, name: str) -> Value:
        """What hand-made memos keep in the global `name` itself."""
        facts = self._facts(path)
        return join(
            self.kept_by_hand(path, index, event)
            for index, function in enumerate(facts.functions)
            for event in function.events
            if isinstance(event, NameStore) and event.name == name
        )

    def _dict_memos(self, path: str, name: str) -> Value:
        """What hand-made memos keep in entries of the global dict `name`."""
        facts = self._facts(path)
        return join(
            self.kept_by_hand(path, index, event)
            for index, function in enumerate(facts.functions)
            for event in function.events
            if isinstance(event, ItemStore) and facts.terms[event.base] == Name(name)
        )

    # -- relations between models

    def _relation(self, owner: ClassId, ref: Ref, atom: Atom) -> Value:
        """What a relation field gives on an instance; nothing when the member is no relation."""
        if not isinstance(atom, Instance):
            return ()
        target = self.relation_target(owner, ref)
        if target is None:
            return ()
        many, model = target
        if many:
            return (Manager(model, self._manager_classes(model), related=True),)
        return (self._instance(model),)

    def relation_target(self, owner: ClassId, ref: Ref) -> tuple[bool, Model] | None:
        """Whether a field points at many, and at which model; None when it is no relation."""
        term = self._facts(owner.path).terms[ref]
        if not isinstance(term, Call):
            return None
        relations = self.knowledge.querysets.relations
        names = [atom.dotted for atom in self.value(owner.path, term.function) if isinstance(atom, External)]
        to_one = any(name in relations.to_one for name in names)
        if not to_one and not any(name in relations.to_many for name in names):
            return None
        target = next(
            (argument.value for argument in term.arguments if argument.keyword in (None, "to")), None
        )
        model = None if target is None else self._target_model(owner, target)
        return None if model is None else (not to_one, model)

    def _target_model(self, owner: ClassId, ref: Ref) -> Model | None:
        for atom in self.value(owner.path, ref):
            match atom:
                case ClassValue(of=identity):
                    return Model(identity)
                case External(dotted=dotted):
                    return Model(dotted)
                case Literal(value="self"):
                    return Model(owner)
                case Literal(value=str() as name):
                    found = self.global_name(owner.path, name.rpartition(".")[2])
                    return next((Model(each.of) for each in found if isinstance(each, ClassValue)), None)
        return None

    def _manager_classes(self, model: Model) -> tuple[ClassId, ...]:
        if not isinstance(model.identity, ClassId):
            return ()
        return self._default_manager(model.identity, "_default_manager").classes

    def _reverse_relation(self, identity: ClassId, name: str) -> Value:
        """The manager that another model's relation puts on this one, under `related_name` or `<model>_set`."""
        if self.classes.kind(identity) != "model":
            return ()
        ancestors = set(self.classes.ancestors(identity))
        words = (name.encode(),) if not name.endswith("_set") else (b"ForeignKey", b"ManyToManyField")
        found: list[Atom] = []
        for path in self._files_with(words):
            facts = self.project.facts(path)
            if facts is None or not self.project.modules.sees(identity.path, path):
                continue
            for index, opened in enumerate(facts.classes):
                owner = ClassId(path, index)
                for bindings in opened.members.values():
                    for binding in bindings:
                        if self._reverse_name(owner, binding.value) != name:
                            continue
                        target = self.relation_target(owner, binding.value)
                        if target is not None and target[1].identity in ancestors:
                            found.append(Manager(Model(owner), self._manager_classes(Model(owner)), related=True))
        return tuple(dict.fromkeys(found))

    def _files_with(self, words: Sequence[bytes]) -> tuple[str, ...]:
        """Files that declare a relation and contain one of `words`."""
        found: list[str] = []
        for path in self.project.tree.files:
            try:
                source = self.project.tree.read(path)
            except OSError:
                continue
            has_relation = b"ForeignKey" in source or b"ManyToManyField" in source
            if has_relation and any(word in source for word in words):
                found.append(path)
        return tuple(found)

    def _reverse_name(self, owner: ClassId, ref: Ref) -> str | None:
        facts = self._facts(owner.path)
        term = facts.terms[ref]
        if not isinstance(term, Call):
            return None
        for argument in term.arguments:
            if argument.keyword == "related_name":
                value = facts.terms[argument.value]
                if isinstance(value, Constant) and isinstance(value.value, str):
                    name = facts.classes[owner.index].name.lower()
                    return value.value.replace("%(class)s", name)
                return None
        return f"{facts.classes[owner.index].name.lower()}_set"

    # -- calls

    def _call_term(self, term: Call, site: Site) -> Value:
        passed = self.passed(term, site)
        if not term.arguments and self._is_super(term, site):
            return self._super(site)
        functions = self.value(site.path, term.function, site.frame)
        return join(self.call(atom, passed, site) for atom in functions)

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The evaluated arguments of a call."""
        return tuple(
            Passed(argument, self.value(site.path, argument.value, site.frame)) for argument in term.arguments
        )

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give; `passed` is None when nobody knows the arguments."""
        match atom:
            case Function():
                return self._call_function(atom, passed, site)
            case Memoized():
                return self._call_memoized(atom, passed, site)
        return self._call_other(atom, passed or (), site)

    def _call_other(self, atom: Atom, passed: tuple[Passed, ...], site: Site) -> Value:
        match atom:
            case Method():
                return self._call_method(atom, passed, site)
            case ClassValue(of=identity):
                return self._construct(identity, passed)
            case ManagerClass(classes=classes):
                return (Manager(None, classes),)
            case FromQuerySet(classes=classes):
                return (ManagerClass((*classes, *_class_arguments(passed))),)
            case External(dotted=dotted):
                return self._call_external(dotted, passed, site)
            case Instance(of=ClassId()):
                return join(
                    self.call(found, passed, site)
                    for found in self.attribute(atom, "__call__", site)
                    if isinstance(found, Function)
                ) or (Unknown("a call of an instance"),)
            case Collection(kind="dict"):
                return _pick(atom, _first_constant(passed))
            case Data():
                return (Data(),)
            case _:
                return (Unknown("a call of something unknown"),)

    def _is_super(self, term: Call, site: Site) -> bool:
        return self._facts(site.path).terms[term.function] == Name("super")

    def _super(self, site: Site) -> Value:
        frame = site.frame
        facts = self._facts(site.path)
        owner_index = next(
            (
                index
                for index, function in enumerate(facts.functions)
                if function.first <= site.ref < function.last and index
            ),
            None,
        )
        if owner_index is None or facts.functions[owner_index].owner is None:
            return (Unknown("super()"),)
        function = facts.functions[owner_index]
        after = ClassId(site.path, function.owner or 0)
        receivers = self._parameter(
            Parameter(owner_index, function.parameters[0].name if function.parameters else ""),
            Site(site.path, site.ref, frame),
        )
        found: list[Atom] = []
        for receiver in receivers:
            start = after
            if isinstance(receiver, (Instance, ClassValue)) and isinstance(receiver.of, ClassId):
                start = receiver.of
            elif isinstance(receiver, (Manager, QuerySet)):
                lines = (each for each in receiver.classes if after in self.classes.ancestors(each))
                start = next(lines, after)
            found.append(Super(start, after, receiver))
        return tuple(found)

    def _construct(self, identity: ClassId, passed: tuple[Passed, ...]) -> Value:
        match self.classes.kind(identity):
            case "manager":
                return (Manager(None, (identity,)),)
            case "queryset":
                models = [
                    Model(atom.of)
                    for each in passed
                    for atom in each.value
                    if isinstance(atom, ClassValue) and self.classes.kind(atom.of) == "model"
                ]
                return (QuerySet(models[0] if models else None, classes=(identity,)),)
            case _:
                return (Instance(identity),)

    def _call_function(self, function: Function, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        facts = self._facts(function.of.path).functions[function.of.index]
        if not function.bare and facts.decorators:
            bare = replace(function, bare=True)
            return join(self.call(atom, passed, site) for atom in self.decorated(bare, site))
        frame = Frame(function.of, (), function.frame) if passed is None else self._frame(function, passed)
        value = self.result(function.of, frame)
        if passed is None or not any(isinstance(atom, QuerySet) and atom.origin is not None for atom in value):
            return value
        returned = self.step(site.path, site.ref, f"returned by {facts.name}()")
        return tuple(atom.hop(returned) if isinstance(atom, QuerySet) else atom for atom in value)

    def decorated(self, bare: Function, site: Site) -> Value:
        """What the decorators of a function make of it, innermost first."""
        facts = self._facts(bare.of.path).functions[bare.of.index]
        value: Value = (bare,)
        for index in reversed(range(len(facts.decorators))):
            value = join(self._decorate(bare, index, atom, site) for atom in value)
        return value

    def _decorate(self, bare: Function, index: int, inner: Atom, site: Site) -> Value:
        decorator = self._facts(bare.of.path).functions[bare.of.index].decorators[index]
        found: list[Value] = []
        for atom in self.value(bare.of.path, decorator.value, bare.frame):
            memo = self.memo_of(atom)
            if memo is not None:
                found.append((self._memoized(bare, index, inner, memo),))
            elif isinstance(atom, External):
                known = atom.dotted in self.knowledge.transparent or f"{atom.dotted}()" in self.knowledge.transparent
                known = known or atom.dotted.endswith((".setter", ".getter", ".register", ".register()"))
                found.append((inner,) if known else (Unknown(f"decorator {atom.dotted}"),))
            elif isinstance(atom, (Function, ClassValue)):
                found.append(self._apply(atom, inner, decorator.value, site))
            else:
                found.append((Unknown("a decorator"),))
        return join(found)

    def _apply(self, decorator: Function | ClassValue, inner: Atom, ref: Ref, site: Site) -> Value:
        """A decorator of the project that does not memoize: call it with the function."""
        if isinstance(decorator, ClassValue):
            return (Unknown("a class as decorator"),)
        facts = self._facts(decorator.of.path).functions[decorator.of.index]
        if not facts.parameters:
            return (Unknown("a decorator without parameters"),)
        bound = facts.parameters[1 if decorator.receiver is not None and len(facts.parameters) > 1 else 0].name
        frame = Frame(decorator.of, ((bound, (inner,)),), decorator.frame)
        return self.result(decorator.of, frame)

    def _memoized(self, bare: Function, index: int, inner: Atom, memo: Memo) -> Memoized:
        facts = self._facts(bare.of.path)
        function = facts.functions[bare.of.index]
        decorator = function.decorators[index]
        how = f"@{' '.join(decorator.text.split())}"
        called = function.name if self.flavour(bare.of) == "property" else f"{function.name}()"
        return Memoized(
            inner=inner,
            store=memo.store,
            how=how,
            site=Step(bare.of.path, decorator.span, f"cached here by {how}"),
            name=called,
            materialised=memo.materialised,
        )

    def memo_of(self, decorator: Atom) -> Memo | None:
        """How a decorator keeps what the function returns; None when it does not, or nobody knows."""
        if isinstance(decorator, External):
            row = self.knowledge.memoizers.get(decorator.dotted.removesuffix("()"))
            return None if row is None else Memo(row.store)
        if not isinstance(decorator, (Function, ClassValue, Instance)):
            return None
        key = decorator.of
        if key not in self._memos:
            self._memos[key] = None
            self._memos[key] = self._recognise(decorator)
        return self._memos[key]

    def _recognise(self, decorator: Function | ClassValue | Instance) -> Memo | None:
        identity = decorator.of
        if isinstance(identity, str):
            return None
        facts = self.project.facts(identity.path)
        if facts is None:
            return None

        def resolve(ref: Ref) -> tuple[str, ...]:
            return tuple(atom.dotted for atom in self.value(identity.path, ref) if isinstance(atom, External))

        def store_of(dotted: str) -> Store | None:
            row = self.knowledge.stores.get(dotted)
            return None if row is None else row.store

        if isinstance(identity, FunctionId):
            return recognise_decorator(facts, identity.index, resolve, store_of)
        return recognise_class(facts, identity.index, resolve, store_of)

    def _call_memoized(self, memoized: Memoized, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        value = self.call(memoized.inner, passed, site)
        if memoized.materialised:
            return tuple(Data("rows") if isinstance(atom, QuerySet) else atom for atom in value)
        inner = memoized.inner
        function = inner.of if isinstance(inner, Function) else None
        return tuple(
            dict.fromkeys(
                self.store(atom, memoized.store, memoized.name, memoized.how, memoized.site, function)
                for atom in value
            )
        )

    def store(
        self, atom: Atom, store: Store, name: str, how: str, site: Step, function: FunctionId | None = None
    ) -> Atom:
        """`atom` as a cache hands it out."""
        match atom:
            case QuerySet():
                origin = Origin(store, name, how, site, atom.built, function)
                return replace(atom, origin=origin, hops=())
            case Collection():
                members = tuple(
                    (key, tuple(self.store(each, store, name, how, site, function) for each in value))
                    for key, value in atom.members
                )
                rest = tuple(self.store(each, store, name, how, site, function) for each in atom.rest)
                return replace(atom, members=members, rest=rest)
            case _:
                return atom

    # -- activations

    def _frame(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """Bind the arguments of a call to the parameters, as Python would."""
        facts = self._facts(function.of.path).functions[function.of.index]
        positional = [each.value for each in passed if each.argument.keyword is None and not each.argument.star]
        keywords = {each.argument.keyword: each.value for each in passed if each.argument.keyword is not None}
        has_star = any(each.argument.star for each in passed)
        if function.receiver is not None:
            positional.insert(0, (function.receiver,))
        arguments: list[tuple[str, Value]] = []
        for parameter in facts.parameters:
            value: Value | None = None
            if parameter.kind == "positional" and positional:
                value = positional.pop(0)
            elif parameter.kind in ("positional", "keyword") and parameter.name in keywords:
                value = keywords[parameter.name]
            elif parameter.kind == "*":
                value = (Collection("tuple", tuple(enumerate(positional))),) if not has_star else None
                positional = []
            elif parameter.default is not None and not has_star:
                value = self.value(function.of.path, parameter.default, function.frame)
            if value is not None:
                arguments.append((parameter.name, _named(value, parameter.name)))
        return Frame(function.of, tuple(arguments), function.frame)

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""
        return self._settle((identity, frame), self._results, lambda: self._returned(identity, frame))

    def _returned(self, identity: FunctionId, frame: Frame) -> Value:
        function = self._facts(identity.path).functions[identity.index]
        if function.is_generator:
            return (Data("generator"),)
        site = Site(identity.path, 0, frame)
        kept: list[Value] = []
        reasons: list[str] = []
        for returned in function.returns:
            choice = Choice(returned.value, returned.guards)
            decided = self._excluded(choice, site)
            if decided is None:
                kept.append(self.value(identity.path, returned.value, frame))
            elif self._is_limited(returned.value, site):
                reasons.append(self._why(decided, returned.value, site))
        return _explain(join(kept), reasons) or (Literal(None),)

    # -- Django's own methods, and everything outside the project

    def _call_method(self, method: Method, passed: tuple[Passed, ...], site: Site) -> Value:
        receiver = method.receiver
        if isinstance(receiver, Manager):
            if method.name == "get_queryset":
                return (self._fresh(receiver, site),)
            queries = self.manager_querysets(receiver, site)
            return join(
                self._query(each, method.name, passed, site) if isinstance(each, QuerySet) else (each,)
                for each in queries
            )
        return self._query(receiver, method.name, passed, site)

    def _fresh(self, manager: Manager, site: Site) -> QuerySet:
        ordering = Ordering.UNKNOWN
        if manager.model is not None and isinstance(manager.model.identity, ClassId):
            ordering = self.classes.ordering(manager.model.identity)
        return QuerySet(
            manager.model,
            ordering=ordering,
            classes=manager.classes,
            built=self.step(site.path, site.ref, "the QuerySet is built here"),
        )

    def manager_querysets(self, manager: Manager, site: Site) -> Value:
        """What the manager's `get_queryset` gives: its own one if it has one, else a plain QuerySet."""
        for identity in manager.classes:
            found = self.classes.member(identity, "get_queryset")
            if found is None:
                continue
            owner, bindings = found
            value = join(
                self.call(replace(atom, receiver=manager), (), site)
                for binding in bindings
                for atom in self.value(owner.path, binding.value)
                if isinstance(atom, Function)
            )
            known = tuple(
                replace(each, model=each.model or manager.model, classes=each.classes or manager.classes)
                for each in value
                if isinstance(each, QuerySet)
            )
            return known or (self._fresh(manager, site),)
        return (self._fresh(manager, site),)

    def _query(self, queryset: QuerySet, name: str, passed: tuple[Passed, ...], site: Site) -> Value:
        row = self.knowledge.operations.get(name)
        if row is None:
            return (Unknown(f"method {name}"),)
        if row.gives == "instance":
            return (self._instance(queryset.model) if queryset.plain else Data("row"),)
        if row.gives in ("rows", "data"):
            return (Data(row.gives),)
        ordering = queryset.ordering
        if row.orders == "yes" or row.orders == "unless_empty" and passed:
            ordering = Ordering.YES
        elif row.orders in ("no", "unless_empty"):
            ordering = Ordering.NO
        return (
            replace(
                queryset,
                ordering=ordering,
                plain=queryset.plain and row.gives == "queryset",
                built=self.step(site.path, site.ref, "the QuerySet is built here"),
                origin=None,
                hops=(),
            ),
        )

    def _call_external(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        store = self.knowledge.stores.get(dotted)
        term = self._facts(site.path).terms[site.ref]
        if store is not None and store.hands_out and isinstance(term, Call):
            return self.kept_by(store, dotted, term, site) or (Unknown(dotted),)
        if dotted in self.knowledge.reads:
            return self._read_back(dotted, passed, site)
        consumer = self.knowledge.consumers.get(dotted)
        if consumer is not None:
            return self._consumed(consumer.gives, passed)
        if dotted == "type" and len(passed) == 1:
            return tuple(
                ClassValue(atom.of) if isinstance(atom, Instance) and isinstance(atom.of, ClassId) else Unknown("type()")
                for atom in passed[0].value
            )
        if dotted == "getattr" and len(passed) >= 2:
            return self._getattr(passed, site)
        base, _, last = dotted.rpartition(".")
        if last == "from_queryset" and base in self.knowledge.querysets.classes.manager:
            return (ManagerClass(_class_arguments(passed)),)
        if dotted in self.knowledge.querysets.classes.manager:
            return (Manager(None),)
        if dotted in self.knowledge.querysets.classes.queryset:
            return (QuerySet(),)
        return (External(f"{dotted}()"),)

    def _getattr(self, passed: tuple[Passed, ...], site: Site) -> Value:
        name = _first_constant(passed[1:])
        if not isinstance(name, str):
            return (Unknown("getattr()"),)
        found = [self.attribute(atom, name, site) for atom in passed[0].value]
        return join([*found, *(each.value for each in passed[2:])])

    def _consumed(self, gives: str, passed: tuple[Passed, ...]) -> Value:
        if gives == "queryset" and passed:
            return tuple(replace(atom, origin=None) if isinstance(atom, QuerySet) else atom for atom in passed[0].value)
        if gives != "instance" or not passed:
            return (Data(gives),)
        found: list[Atom] = []
        for atom in passed[0].value:
            match atom:
                case ClassValue(of=identity):
                    found.append(Instance(identity))
                case QuerySet(model=model) | Manager(model=model):
                    found.append(self._instance(model))
                case External(dotted=dotted):
                    found.append(Instance(dotted))
                case _:
                    found.append(Unknown("an instance"))
        return tuple(found)

    def kept_by(self, row: StoreCall, dotted: str, call: Call, site: Site) -> Value:
        """What a store call of a cache API keeps, as the cache hands it out."""
        given = slot(self.passed(call, site), row.value.index, row.value.keyword)
        if given is None:
            return ()
        value = self.stored_value(given.value, row.calls_value, site)
        how = f"{dotted.removeprefix('django.core.cache.').replace('[]', '[…]')}()"
        cached_at = self.step(site.path, site.ref, f"cached here by {how}")
        return tuple(self.store(atom, row.store, how, how, cached_at) for atom in value)

    def _read_back(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        """`cache.get(key)`: what the project stores under that key, or the default."""
        row = self.knowledge.reads[dotted]
        call = self._facts(site.path).terms[site.ref]
        default = slot(passed, 1, "default")
        missing: Value = (Literal(None),) if default is None else default.value
        key = slot(passed, row.key.index, row.key.keyword)
        if key is None or not isinstance(call, Call):
            return (Unknown(dotted),)
        wanted = self._key(site.path, call.function, key.argument.value)
        kept = [
            self.kept_by(self.knowledge.stores[stored.dotted], stored.dotted, stored.call, stored.site)
            for stored in self.store_calls
            if stored.key == wanted and self.project.modules.sees(site.path, stored.site.path)
        ]
        return join([*kept, missing, (Unknown("an entry of a cache"),)])

    def _key(self, path: str, function: Ref, key: Ref) -> Key:
        return key_of(self._facts(path), path, function, key, lambda ref: self.value(path, ref))

    @cached_property
    def store_calls(self) -> tuple[StoredCall, ...]:
        """Every store call with a key in the files that may have one."""
        found: list[StoredCall] = []
        for path in self.project.candidates:
            facts = self.project.facts(path)
            for ref, term in enumerate(facts.terms if facts is not None else ()):
                if isinstance(term, Call):
                    found.extend(self._as_store_call(path, ref, term))
        return tuple(found)

    def _as_store_call(self, path: str, ref: Ref, call: Call) -> Iterator[StoredCall]:
        called = self._facts(path).terms[call.function]
        if not isinstance(called, Attribute) or called.name not in self.knowledge.store_methods:
            return
        for atom in self.value(path, call.function):
            row = self.knowledge.stores.get(atom.dotted) if isinstance(atom, External) else None
            if row is None or row.key is None or not isinstance(atom, External):
                continue
            keys = [argument.value for argument in call.arguments if argument.keyword == row.key.keyword]
            plain = [argument.value for argument in call.arguments if argument.keyword is None and not argument.star]
            keys += plain[row.key.index : row.key.index + 1]
            if keys:
                key = self._key(path, call.function, keys[0])
                yield StoredCall(key, atom.dotted, call, Site(path, ref, None))

    def stored_value(self, value: Value, calls: bool, site: Site) -> Value:
        """What a store call keeps: the value, or what it returns when it is callable and the store calls it."""
        if not calls:
            return value
        return join(
            self.call(atom, (), site) if isinstance(atom, (Function, Method, Memoized)) else (atom,) for atom in value
        )


    # -- what functions do with their parameters

    def refines_parameter(self, identity: FunctionId, parameter: str) -> bool:
        """Whether a function of the project refines the QuerySet that it is given as `parameter`."""
        return bool(self._settle((identity, parameter), self._refining, lambda: self._refining_of(identity, parameter)))

    def _refining_of(self, identity: FunctionId, parameter: str) -> Value:
        facts = self._facts(identity.path)
        function = facts.functions[identity.index]
        given = next(
            (ref for ref in range(function.first, function.last)
             if facts.terms[ref] == Parameter(identity.index, parameter)),
            None,
        )
        if given is None or function.is_generator:
            return ()
        same = {given}
        for ref in range(function.first, function.last):
            term = facts.terms[ref]
            if isinstance(term, Join) and same.intersection(choice.value for choice in term.choices):
                same.add(ref)
            elif self._refines_one_of(identity.path, term, same):
                return (Literal(True),)
        return ()

    def _refines_one_of(self, path: str, term: Term, same: set[Ref]) -> bool:
        facts = self._facts(path)
        match term:
            case Binary(operator=operator, left=left, right=right):
                return operator in self.knowledge.operators and bool(same & {left, right})
            case Call(function=function, arguments=arguments):
                called = facts.terms[function]
                if isinstance(called, Attribute) and called.base in same:
                    row = self.knowledge.operations.get(called.name)
                    return row is not None and row.effect is Effect.REFINES
                return any(
                    self._argument_is_refined(path, term, position)
                    for position, argument in enumerate(arguments)
                    if argument.value in same
                )
        return False

    def _argument_is_refined(self, path: str, call: Call, position: int) -> bool:
        argument = call.arguments[position]
        if argument.keyword is not None and argument.keyword.endswith(self.knowledge.consumer_table.lookups.refining):
            return True
        for atom in self.value(path, call.function):
            if isinstance(atom, External):
                row = self.knowledge.consumers.get(atom.dotted)
                if row is not None and row.effect is Effect.REFINES and row.takes(position, argument.keyword):
                    return True
            elif isinstance(atom, Function):
                name = self.parameter_for(atom, call, position)
                if name is not None and self.refines_parameter(atom.of, name):
                    return True
        return False

    def parameter_for(self, function: Function, call: Call, position: int) -> str | None:
        """The parameter that argument number `position` of a call fills; None behind a star."""
        facts = self._facts(function.of.path).functions[function.of.index]
        argument = call.arguments[position]
        if argument.star:
            return None
        if argument.keyword is not None:
            return argument.keyword
        shift = 1 if function.receiver is not None else 0
        positional = [parameter.name for parameter in facts.parameters if parameter.kind == "positional"]
        return positional[position + shift] if position + shift < len(positional) else None


_FLAVOURS: Mapping[str, str] = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "functools.cached_property": "property",
    "abc.abstractproperty": "property",
}


def slot(passed: Sequence[Passed], index: int, keyword: str | None) -> Passed | None:
    """The argument at a position, or with a keyword; None when it is not given or hidden behind a star."""
    if keyword is not None:
        for each in passed:
            if each.argument.keyword == keyword:
                return each
    positional = [each for each in passed if each.argument.keyword is None]
    if any(each.argument.star for each in positional[: index + 1]) or index >= len(positional):
        return None
    return positional[index]


def _explain(value: Value, reasons: Sequence[str]) -> Value:
    """Give QuerySets without a limit the reason why nothing limits them here."""
    if not reasons:
        return value
    return tuple(
        replace(atom, bound=replace(atom.bound, reason=reasons[0]))
        if isinstance(atom, QuerySet) and not atom.bound.limited and not atom.bound.reason
        else atom
        for atom in value
    )


def _named(value: Value, parameter: str) -> Value:
    """Remember the parameter that a constant came through, for messages."""
    return tuple(replace(atom, source=parameter) if isinstance(atom, Literal) else atom for atom in value)


def _pick(collection: Collection, key: bool | int | str | None) -> Value:
    """The member of a container at a key; every member when the key is unknown."""
    if key is not None:
        for known, value in collection.members:
            if known == key and type(known) is type(key):
                return value
        return collection.rest or (Unknown("a missing member"),)
    return join([*(value for _, value in collection.members), collection.rest]) + (Unknown("an unknown key"),)


def _compared(operator: str, left: object, right: object) -> bool | None:
    """The outcome of comparing two constants; None for operators that constants do not decide."""
    match operator:
        case "is":
            return left is right if left is None or right is None or isinstance(left, bool) else None
        case "is not":
            return left is not right if left is None or right is None or isinstance(left, bool) else None
        case "==":
            return left == right
        case "!=":
            return left != right
    if isinstance(left, int) and isinstance(right, int):
        match operator:
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case ">=":
                return left >= right
    return None


def _first_constant(passed: Sequence[Passed]) -> bool | int | str | None:
    if passed and len(passed[0].value) == 1 and isinstance(passed[0].value[0], Literal):
        return passed[0].value[0].value
    return None


def _class_arguments(passed: Sequence[Passed]) -> tuple[ClassId, ...]:
    return tuple(atom.of for each in passed for atom in each.value if isinstance(atom, ClassValue))


def _is_own(atom: Atom) -> bool:
    return isinstance(atom, Instance) and isinstance(atom.of, ClassId)


def _may_be_model(dotted: str) -> bool:
    """Whether an outside name may be a model: a class by its spelling, or a call that gives one."""
    if dotted.split(".")[0] in _OTHER_MAPPERS:
        return False
    last = dotted.rpartition(".")[2]
    return last[:1].isupper() and not last.endswith(("()", "[]")) or last in ("get_user_model()", "get_model()")


_OTHER_MAPPERS = frozenset({"mongoengine", "peewee", "tortoise", "ormar", "piccolo"})
