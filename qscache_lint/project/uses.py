"""Uses: every place of a module where something is done with a cached QuerySet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import lru_cache, partial

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import (
    Argument,
    Attribute,
    AttributeStore,
    Binary,
    Call,
    Constant,
    Container,
    Item,
    NameStore,
    Ref,
    Slice,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Consumer, Effect, Operation, State, Store
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    External,
    Frame,
    Function,
    Method,
    Partial,
    QuerySet,
    Value,
    cached,
)
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.flow import Embedding, Flow, embedding
from qscache_lint.project.handmade import Place, Places
from qscache_lint.values import Confidence, Span, Step


class UseKind(Enum):
    """What is done with the cached QuerySet; the second digit of a `QSC2..` code."""

    REFINED = 0
    PART = 1
    PASSED_ON = 2


class Use(msgspec.Struct, frozen=True):
    """One use. `operation` is how users write it (`.filter()`), `span` the place that a finding names.

    `refused_after` says what has been done to the QuerySet, where Django refuses the operation for that. `embedding`:
    how what the operation gives is a part of another query; None when it is queried by itself.
    """

    kind: UseKind
    queryset: QuerySet
    operation: str
    path: str
    function: int
    span: Span
    trail: tuple[Step, ...]
    refused_after: State | None = None
    embedding: Embedding | None = None

    @property
    def store(self) -> Store:
        """What kind of cache handed the value out."""
        return self.queryset.kept.store


def uses(evaluator: Evaluator, path: str) -> Iterator[Use]:
    """The uses in a module, in the order of its functions; a use has one entry for each store it may come from."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    reader = _Reader(evaluator, path, facts)
    for index, _ in evaluator.project.using.functions(path, facts):
        yield from reader.function(index)
    for index in range(len(facts.classes)):
        yield from reader.class_body(index)


class _Handed(msgspec.Struct, frozen=True):
    """A value that a call is given: an argument, or the `entry` of a container that is one."""

    position: int
    keyword: str | None
    entry: str
    value: Ref
    span: Span


class _Reader:
    def __init__(self, evaluator: Evaluator, path: str, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._knowledge = evaluator.knowledge
        self._places = Places(facts, evaluator.knowledge.functions.handmade.requests)
        self._path = path
        self._facts = facts
        self._using = evaluator.project.using
        self._reachability = evaluator.project.to_cached
        self._flow = lru_cache(maxsize=None)(partial(Flow, evaluator, path))
        self._held_in = lru_cache(maxsize=None)(self._find_held)
        self._filled = lru_cache(maxsize=None)(self._find_filled)
        self._written = lru_cache(maxsize=None)(self._find_written)

    def function(self, index: int) -> Iterator[Use]:
        """The uses in one function, in the order of the code."""
        function = self._facts.functions[index]
        for ref in self._using.refs(self._path, self._facts, index):
            yield from self._uses_of(ref, index)
        for event in function.events:
            if isinstance(event, AttributeStore) and self._may_be_cached(event.value, index, event.value_span):
                consumer = self._evaluator.consumers.by_attribute(self._path, event.base, event.name)
                yield from self._given(consumer, event.value, event.value_span, f".{event.name} =", index)
        if function.owner is not None:
            consumer = self._evaluator.consumers.by_return(ClassId(self._path, function.owner), function.name)
            for returned in function.returns if consumer is not None else ():
                yield from self._given(consumer, returned.value, returned.span, f"{function.name}()", index)

    def class_body(self, index: int) -> Iterator[Use]:
        """The uses of what a class body binds to a name that the framework reads: `queryset = …`."""
        opened = self._facts.classes[index]
        for name, bindings in opened.members.items():
            consumer = self._evaluator.consumers.by_class(ClassId(self._path, index), name)
            for binding in bindings if consumer is not None else ():
                yield from self._given(consumer, binding.value, binding.value_span, f"{name} =", opened.function)

    def _given(self, consumer: Consumer | None, value: Ref, at: Span, operation: str, index: int) -> Iterator[Use]:
        """A value that a framework takes without a call."""
        if consumer is None:
            return
        for queryset in self._cached(value, index, at):
            effect = _effect_of(consumer, queryset)
            if effect.queries_again:
                yield self._use(UseKind.PASSED_ON, queryset, operation, at, index, value)
            elif effect is Effect.PART:
                yield from self._part(queryset, operation, at, index, value)

    def _uses_of(self, ref: Ref, index: int) -> Iterator[Use]:
        match self._facts.terms[ref]:
            case Call() as call:
                yield from self._called(ref, call, index)
                yield from self._passed(ref, call, index)
            case Item(base=base, at=at):
                for queryset in self._cached(base, index, at):
                    yield from self._part(queryset, "[…]", at, index, base)
            case Slice(base=base, at=at):
                for queryset in self._cached(base, index, at):
                    for use in self._part(queryset, "[:]", at, index, base):
                        yield self._placed(use, ref, index)
            case Binary(operator=operator, left=left, right=right, at=at) if operator in self._knowledge.combining:
                for queryset, base in self._operands(left, right, index, at):
                    if self._is_written_back(ref, base, index):
                        continue
                    yield self._placed(self._use(UseKind.REFINED, queryset, operator, at, index, base), ref, index)

    def _placed(self, use: Use, ref: Ref, index: int) -> Use:
        """A use that gives the term `ref`, with what becomes of that."""
        return replace(use, embedding=self._flow(index).embedding(ref))

    def _operands(self, left: Ref, right: Ref, index: int, at: Span) -> Iterator[tuple[QuerySet, Ref]]:
        found = [(queryset, left) for queryset in self._cached(left, index, at)]
        yield from found or [(queryset, right) for queryset in self._cached(right, index, at)]

    def _may_be_cached(self, ref: Ref, index: int, at: Span) -> bool:
        """Whether a look at what a term may be is worth the while."""
        return self._reachability.has(self._path, ref) or bool(
            self._evaluator.kept_from(self._path, index, ref, at.start)
        )

    def _cached(self, ref: Ref, index: int, at: Span) -> tuple[QuerySet, ...]:
        """The cached QuerySets that a term may be by the time it is used, one for each store."""
        by_store: dict[Store, QuerySet] = {}
        kept = self._evaluator.kept_from(self._path, index, ref, at.start)
        value = self._evaluator.value(self._path, ref) if self._reachability.has(self._path, ref) else ()
        for queryset in cached((*kept, *value)):
            known = by_store.get(queryset.kept.store)
            if known is None or _says_more(queryset, known):
                by_store[queryset.kept.store] = queryset
        return tuple(by_store.values())

    # -- methods

    def _called(self, ref: Ref, call: Call, index: int) -> Iterator[Use]:
        method = self._facts.terms[call.function]
        if not isinstance(method, Attribute):
            return
        if self._is_written_back(ref, method.base, index):
            return
        for queryset in self._cached(method.base, index, method.at):
            atoms = self._evaluator.attribute(queryset, method.name, Site(self._path, call.function, None))
            for use in self._method(queryset, method, atoms, index, call):
                yield self._placed(use, ref, index) if self._may_be_lazy(method.name) else use

    def _may_be_lazy(self, name: str) -> bool:
        """Whether what a method gives may be a QuerySet that nobody has read; of a method of the project it may."""
        row = self._knowledge.operations.get(name)
        return row is None or row.is_lazy()

    def _is_written_back(self, ref: Ref, base: Ref, index: int) -> bool:
        """Whether a refinement ends up in the place that it was read from: `self.rows = self.rows.filter(…)`."""
        written = self._written(index).get(ref, set())
        return any(place in written for place in (self._places.of(base), *self._filled(index).get(base, ())))

    def _find_filled(self, index: int) -> dict[Ref, list[Place]]:
        """The attributes and globals that a function fills, by the term that it puts there."""
        found: dict[Ref, list[Place]] = {}
        for event in self._facts.functions[index].events:
            place = self._places.assigned(event) if isinstance(event, (AttributeStore, NameStore)) else None
            if isinstance(event, (AttributeStore, NameStore)) and place is not None:
                found.setdefault(event.value, []).append(place)
        return found

    def _find_written(self, index: int) -> dict[Ref, set[Place]]:
        """The places that a function fills, by each step on the way: `rows.filter(…)` of `rows.filter(…).all()`."""
        found: dict[Ref, set[Place]] = {}
        for value, places in self._filled(index).items():
            step: Ref | None = value
            while step is not None and not found.get(step, set()).issuperset(places):
                found.setdefault(step, set()).update(places)
                step = self._step_before(step)
        return found

    def _step_before(self, ref: Ref) -> Ref | None:
        """What a method is called on to give a term; None for any other term."""
        match self._facts.terms[ref]:
            case Call(function=function) if isinstance(method := self._facts.terms[function], Attribute):
                return method.base
            case _:
                return None

    def _method(self, queryset: QuerySet, method: Attribute, atoms: Value, index: int, call: Call) -> Iterator[Use]:
        operation = f".{method.name}()"
        if self._is_shared(method):
            return
        if any(isinstance(atom, Function) and self._refines_receiver(atom, call) for atom in atoms):
            yield self._use(UseKind.REFINED, queryset, operation, method.at, index, method.base)
            return
        row = self._knowledge.operations.get(method.name)
        if row is None or not any(isinstance(atom, Method) for atom in atoms):
            return
        effect = row.effect_on(queryset.ordering.known)
        if effect.queries_again:
            refused = _refused_after(row, queryset, is_empty=not call.arguments)
            yield self._use(UseKind.REFINED, queryset, operation, method.at, index, method.base, refused)
        elif effect is Effect.PART:
            yield from self._part(queryset, operation, method.at, index, method.base)

    def _is_shared(self, method: Attribute) -> bool:
        """Whether the receiver may be rows in a list as well, and lists have a method of this name."""
        if method.name not in self._knowledge.querysets.rows.methods:
            return False
        return any(isinstance(atom, Collection) for atom in self._evaluator.value(self._path, method.base))

    def _refines_receiver(self, function: Function, call: Call) -> bool:
        facts = self._evaluator.project.function(function.of)
        if facts is None or not facts.parameters:
            return False
        return self._evaluator.refines_parameter(function.of, facts.parameters[0].name, self._frame(function, call))

    def _frame(self, function: Function, call: Call) -> Frame:
        """The activation of a function that a call makes."""
        return self._evaluator.activation(function, self._evaluator.passed(call, Site(self._path, call.function, None)))

    # -- arguments

    def _passed(self, ref: Ref, call: Call, index: int) -> Iterator[Use]:
        handed = [
            (each, queryset)
            for each in self._handed_over(call)
            for queryset in self._cached(each.value, index, each.span)
        ]
        atoms = self._evaluator.value(self._path, call.function) if handed else ()
        for each, queryset in handed:
            operation = self._taken_by(call, atoms, each, queryset)
            if operation is None:
                continue
            if operation[1] is Effect.PART:
                yield from self._part(queryset, operation[0], each.span, index, each.value)
            else:
                use = self._use(UseKind.PASSED_ON, queryset, operation[0], each.span, index, each.value)
                made = embedding(self._evaluator, atoms, each.position, each.keyword, each.entry)
                yield replace(use, embedding=made)

    def _handed_over(self, call: Call) -> Iterator[_Handed]:
        """The arguments of a call, and what stands in a list or dict among them."""
        position: int | None = 0
        for argument in call.arguments:
            if argument.star:
                spread = list(self._spread(argument, position))
                yield from spread
                position = None if argument.star == "*" and not spread else (position or 0) + len(spread)
                continue
            if position is None and argument.keyword is None:
                continue
            yield _Handed(position or 0, argument.keyword, "", argument.value, argument.span)
            yield from self._members(argument, position or 0)
            if argument.keyword is None and position is not None:
                position += 1

    def _spread(self, argument: Argument, position: int | None) -> Iterator[_Handed]:
        """The members of a tuple or dict that is written behind a star."""
        container = self._facts.terms[argument.value]
        for offset, entry in enumerate(container.entries if isinstance(container, Container) else ()):
            key = None if entry.key is None else self._constant(entry.key)
            if not entry.star and position is not None:
                yield _Handed(position + offset, key, "", entry.value, entry.span)

    def _members(self, argument: Argument, position: int) -> Iterator[_Handed]:
        """What stands in a list or dict that is an argument."""
        container = self._facts.terms[argument.value]
        for entry in container.entries if isinstance(container, Container) else ():
            key = "[]" if entry.key is None else self._constant(entry.key)
            if key:
                yield _Handed(position, argument.keyword, key, entry.value, entry.span)

    def _constant(self, ref: Ref) -> str:
        term = self._facts.terms[ref]
        return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""

    def _taken_by(self, call: Call, atoms: Value, handed: _Handed, queryset: QuerySet) -> tuple[str, Effect] | None:
        """How the callee takes the argument, when it does not just read the rows."""
        name = self._callee(call)
        lookups = self._knowledge.consumer_table.lookups.refining
        if handed.keyword is not None and handed.keyword.endswith(lookups) and not handed.entry:
            return f"{handed.keyword}=", Effect.REFINES
        for atom in atoms:
            consumer = self._evaluator.consumers.by_call(atom, handed.position, handed.keyword, handed.entry)
            match atom:
                case _ if consumer is not None:
                    effect = _effect_of(consumer, queryset)
                    if effect is Effect.PART or effect.queries_again:
                        return f"{name}()", effect
                case Method(name=method) if not handed.entry:
                    row = self._knowledge.operations.get(method)
                    if row is not None and row.refines_arguments and handed.keyword is None:
                        return f".{method}()", Effect.REFINES
                case Function() | Partial() if not handed.entry and self._refines_argument(atom, call, handed):
                    return f"{name}()", Effect.REFINES
        return None

    def _refines_argument(self, atom: Function | Partial, call: Call, handed: _Handed) -> bool:
        """Whether a function of the project refines an argument in this very call."""
        position = handed.position
        inner: Atom = atom
        while isinstance(inner, Partial):
            position += sum(keyword is None for keyword, _ in inner.arguments)
            inner = inner.inner
        if not isinstance(inner, Function):
            return False
        parameter = self._evaluator.parameter_for(inner, position, handed.keyword)
        frame = self._frame(inner, call) if atom is inner else None
        return parameter is not None and self._evaluator.refines_parameter(inner.of, parameter, frame)

    def _callee(self, call: Call) -> str:
        term = self._facts.terms[call.function]
        if isinstance(term, Attribute):
            return f".{term.name}"
        for atom in self._evaluator.value(self._path, call.function):
            match atom:
                case External(dotted=dotted):
                    return dotted.rpartition(".")[2]
                case ClassValue(of=identity):
                    return self._evaluator.project.class_name(identity)
                case Function(of=identity):
                    function = self._evaluator.project.function(identity)
                    return function.name if function is not None else "function"
        return "function"

    # -- making uses

    def _part(self, queryset: QuerySet, operation: str, at: Span, index: int, base: Ref) -> Iterator[Use]:
        """A part is a use only where nobody reads the rows of the same value, and nobody else gets it."""
        if queryset.origin is None or queryset.origin.store is Store.SCOPED:
            return
        if queryset.origin.store is Store.PICKLED and queryset.bound.limited:
            return
        if not self._flow(index).is_read_or_escapes(base, queryset.origin.store):
            yield self._use(UseKind.PART, queryset, operation, at, index, base)

    def _use(
        self,
        kind: UseKind,
        queryset: QuerySet,
        operation: str,
        span: Span,
        index: int,
        base: Ref,
        refused_after: State | None = None,
    ) -> Use:
        origin = queryset.kept
        steps = [step for step in (origin.built, origin.site, origin.stored) if step is not None]
        steps.extend(queryset.hops)
        steps.extend(self._held_in(index).get(base, ()))
        return Use(kind, queryset, operation, self._path, index, span, tuple(steps), refused_after)

    def _find_held(self, index: int) -> dict[Ref, list[Step]]:
        """The variables of a function, by the term that they hold."""
        found: dict[Ref, list[Step]] = {}
        for name, bindings in self._facts.functions[index].bindings.items():
            for binding in bindings:
                found.setdefault(binding.value, []).append(Step(self._path, binding.span, f"held in {name}"))
        return found


def _says_more(one: QuerySet, other: QuerySet) -> bool:
    """Whether `one` is the better witness for a finding: surer, and with nothing that limits its rows."""
    if one.confidence is not other.confidence:
        return one.confidence is Confidence.HIGH
    return other.bound.limited and not one.bound.limited


def _effect_of(consumer: Consumer, queryset: QuerySet) -> Effect:
    """What a consumer does with a QuerySet. It leaves alone what only shows it, and what a total order may spare."""
    known = queryset.ordering.known
    if consumer.shows or (known == "yes" and consumer.effect_on("totally") is not consumer.effect_on(known)):
        return Effect.NONE
    return consumer.effect_on(known)


def _refused_after(row: Operation, queryset: QuerySet, *, is_empty: bool) -> State | None:
    """What has been done to a QuerySet after which Django refuses the operation; None when it does not."""
    refusing = row.raises_on(queryset.ordering.known)
    allowed = row.allows_empty if is_empty else ()
    return next((state for state in refusing if state in queryset.states and state not in allowed), None)
