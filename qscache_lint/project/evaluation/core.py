"""What the parts of the evaluation share: the context that they get, and the registers of what they can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, TypeVar

import msgspec

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Argument, Call, Ref
from qscache_lint.knowledge.tables import Knowledge
from qscache_lint.project.abstract import Atom, ClassValue, External, Frame, Function, Literal, Unknown, Value
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.project import Project
from qscache_lint.project.questions import Answer, Question, Reading
from qscache_lint.values import Step

if TYPE_CHECKING:
    from qscache_lint.project.classes import ClassIndex
    from qscache_lint.project.demands import Demands
    from qscache_lint.project.evaluation.consumers import Consumers

TOO_DEEP = "too deep to follow"


class Passed(msgspec.Struct, frozen=True):
    """One argument of a call, which is evaluated when it is looked at: most calls leave theirs alone."""

    argument: Argument
    ask: Callable[[], Value]

    @property
    def value(self) -> Value:
        return self.ask()

    @staticmethod
    def known(argument: Argument, value: Value) -> Passed:
        """An argument whose value is known already."""
        return Passed(argument, lambda: value)


class Site(msgspec.Struct, frozen=True):
    """Where something is evaluated: the module, the term, and the activation it belongs to.

    `inside` are the functions whose decorators are being called on the way there: they may make them of themselves.
    """

    path: str
    ref: Ref
    frame: Frame | None
    inside: tuple[Function, ...] = ()


class Context(Protocol):
    """The evaluation, as its parts see it: each part is functions over it, and asks others through it."""

    project: Project
    knowledge: Knowledge
    classes: ClassIndex
    consumers: Consumers
    demands: Demands
    activations: dict[tuple[FunctionId, bool], dict[Frame, Frame]]
    """The activations of each function so far, which are counted: those that get a cached QuerySet by themselves.

    Each stands for those that are equal to it.
    """

    def ask(self, question: Question[Answer]) -> Answer:
        """The answer to a question, which is kept in the table with what it rests on."""

    def value(self, path: str, ref: Ref, frame: Frame | None = None) -> Value:
        """What a term may come to."""

    def module(self, path: str) -> ModuleFacts | None:
        """The facts of a module; None for one that cannot be read."""

    def facts(self, path: str) -> ModuleFacts:
        """The facts of a module that has been read. Raises LookupError for one that cannot be."""

    def full_names(self, identity: FunctionId | ClassId) -> tuple[str, ...]:
        """The full names of a function or class of the project, by which rows of the tables may call it."""

    def step(self, path: str, ref: Ref, message: str) -> Step:
        """A place on the trail: where a term stands."""

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give; `passed` is None when the arguments are unknown."""

    def makes_property(self, decorator: Atom) -> bool:
        """Whether a memoizing decorator makes a property of the method."""

    def decorated(self, bare: Function) -> Value:
        """What the decorators of a function make of it, innermost first."""

    def activation(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """The activation of a function that a call with these arguments makes."""

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The arguments of a call."""

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""


Evaluates: TypeAlias = Callable[[Context, Any, Site], Value]
Answers: TypeAlias = Callable[[Context, Any], Any]

EVALUATORS: dict[type[Any], Evaluates] = {}
"""The function that evaluates each kind of term."""

ANSWERERS: dict[type[Question[Any]], Answers] = {}
"""The function that answers each kind of question."""

Evaluating = TypeVar("Evaluating", bound=Evaluates)
Answering = TypeVar("Answering", bound=Answers)


def evaluates(kind: type[Any]) -> Callable[[Evaluating], Evaluating]:
    """Register a function as the one that evaluates a kind of term."""

    def register(function: Evaluating) -> Evaluating:
        EVALUATORS[kind] = function
        return function

    return register


def answers(kind: type[Question[Any]]) -> Callable[[Answering], Answering]:
    """Register a function as the one that answers a kind of question."""

    def register(function: Answering) -> Answering:
        ANSWERERS[kind] = function
        return function

    return register


class ValueQuestion(Question[Value], frozen=True):
    """A question that a value answers."""

    bottom: ClassVar[Value] = ()

    @property
    def cut(self) -> Value:
        """Nothing is known for sure."""
        return (Unknown(TOO_DEEP),)


class ValueOf(ValueQuestion, frozen=True):
    """What term `ref` of a module may come to, in an activation."""

    path: ModulePath
    ref: Ref
    frame: Frame | None


class UnitReading(Reading[Answer], frozen=True):
    """An input that follows from the units chosen in one file."""

    path: ModulePath


class Candidates(Reading[tuple[ModulePath, ...]], frozen=True):
    """The files with units that may define a cached value."""


@answers(Candidates)
def _candidates(context: Context, _: Candidates) -> tuple[ModulePath, ...]:
    return context.project.candidates


class NamesReading(Reading[Answer], frozen=True):
    """An input that follows from the names that are looked for."""


class ReachesCaches(NamesReading[bool], frozen=True):
    """Whether a term may come to a cache, as far as the names tell that lead to one."""

    path: ModulePath
    ref: Ref


@answers(ReachesCaches)
def _reaches(context: Context, asked: ReachesCaches) -> bool:
    return context.module(asked.path) is not None and context.project.to_caches.has(asked.path, asked.ref)


def reaches_caches(context: Context, path: ModulePath, ref: Ref) -> bool:
    """Whether a term may come to a cache."""
    return context.ask(ReachesCaches(path, ref))


class LeadsToCached(NamesReading[bool], frozen=True):
    """Whether cached QuerySets are reached by an attribute of a name, as far as that is known by now."""

    name: str


@answers(LeadsToCached)
def _leads(context: Context, asked: LeadsToCached) -> bool:
    return asked.name in context.project.use_names.attributes


class LeadingNames(Reading[frozenset[str]], frozen=True):
    """All names by an attribute of which cached QuerySets are reached, as far as that is known by now."""


@answers(LeadingNames)
def _leading(context: Context, _: LeadingNames) -> frozenset[str]:
    return frozenset(context.project.use_names.attributes)


def leads_to_cached(context: Context, name: str) -> bool:
    """Whether cached QuerySets are reached by an attribute of a name."""
    return context.ask(LeadsToCached(name))


class FilesDeclaring(Reading[tuple[ModulePath, ...]], frozen=True):
    """The files that declare, call or mention something of a name (see `name_index`)."""

    kind: str
    name: str


@answers(FilesDeclaring)
def _files(context: Context, asked: FilesDeclaring) -> tuple[ModulePath, ...]:
    index = context.project.name_index
    search = {
        "class": index.files_with_class,
        "related": index.files_with_related,
        "call": index.files_calling,
        "method call": index.files_calling_method,
        "given": index.files_giving,
        "made": index.files_with_made,
        "given to request": index.files_giving_to_request,
        "method": index.files_defining,
        "base": index.files_with_base,
        "setting": index.files_with_setting,
    }[asked.kind]
    return search(asked.name)


def files_declaring(context: Context, kind: str, name: str) -> tuple[ModulePath, ...]:
    """The files that may declare or call (`kind`) something of a name, as the name index tells."""
    return context.ask(FilesDeclaring(kind, name))


def definers(context: Context, name: str) -> Iterator[ClassId]:
    """The classes of the project that define a method of this name."""
    for path in files_declaring(context, "method", name):
        facts = context.module(path)
        for _, function in () if facts is None else facts.methods:
            if function.name == name and function.owner is not None:
                yield ClassId(path, function.owner)


def outside(knowledge: Knowledge, dotted: str) -> Atom:
    """What a name outside the project stands for: a constant that the tables know, or itself."""
    return Literal(knowledge.constants[dotted]) if dotted in knowledge.constants else External(dotted)


def gone_on(dotted: str, step: str) -> str:
    """The name of what one more step leads to outside the project: `.parent`, a call `()`.

    It stays as it is where the way goes round: a function that calls itself with what it has got would have no end.
    """
    is_round = dotted.endswith(2 * step) if step == CALLED else _times_in(dotted, step) >= limits.SAME_STEPS
    return dotted if is_round else f"{dotted}{step}"


def _times_in(dotted: str, step: str) -> int:
    """How often an attribute stands in a name: `.parent`, `.parent()`, but not `.parents`."""
    return f"{dotted}.".count(f"{step}.") + dotted.count(f"{step}(")


CALLED = "()"
"""The step to what calling something gives."""


def first_constant(passed: Sequence[Passed]) -> bool | int | str | None:
    """The first argument where it is one constant, else None."""
    if passed and len(passed[0].value) == 1 and isinstance(passed[0].value[0], Literal):
        return passed[0].value[0].value
    return None


def class_arguments(passed: Sequence[Passed]) -> tuple[ClassId, ...]:
    """The classes of the project among the arguments."""
    return tuple(atom.of for each in passed for atom in each.value if isinstance(atom, ClassValue))
