"""Mentions of a cached function that are no reference we know: a repair that cannot follow them must not be made."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import libcst as cst
import libcst.matchers as m

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Import, Ref
from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.dotted_paths import may_lead_to
from qscache_lint.fixing.mentioning_files import modules_mentioning
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.own_files import is_own_file
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.plain_text import is_plain_text
from qscache_lint.fixing.references import References
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import Function
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.reasons import reason
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.text import name_in_source
from qscache_lint.source.tree import read_mentions
from qscache_lint.values import Position

BY_NAME = frozenset(
    {"getattr", "hasattr", "setattr", "delattr", "object", "attrgetter", "methodcaller", "import_string"}
)
"""What takes the name of an attribute as a string; `object` is that of `mock.patch.object`."""

_NAMESPACE = m.Attribute(attr=m.Name("__dict__")) | m.Call(m.Name("vars") | m.Name("globals") | m.Name("locals"))
_MULTIPLE = m.Attribute(attr=m.Name("multiple"))
"""`mock.patch.multiple(module, name=fake)`."""


def refuse_mentions(evaluator: Evaluator, cached_function: CachedFunction, references: References) -> None:
    """Raises Refused when a file uses the name other than by importing, defining or calling it.

    `partial(name, 0)` and `map(name, …)` call it out of sight, so that the uses of the value are not known.
    """
    for path, _ in modules_mentioning(evaluator, cached_function):
        names = {cached_function.name, *(site.bound for site in references.imports if site.path == path)}
        known = {place.token for place in references.places if place.path == path}
        known.update(place for where, place in references.written if where == path)
        parsed = Parsed.read(evaluator.project.tree.read(path))
        mentions = _Mentions(evaluator, parsed.tree, cached_function, path, names)
        parsed.module.visit(mentions)
        for place in mentions.asked:
            raise Refused(reason("namespace-lookup", path, place.row, name=cached_function.name))
        for place in mentions.found:
            if place not in known:
                using, name = _using(cached_function), cached_function.name
                raise Refused(reason("other-mention", path, place.row, name=name, using=using))


def _using(cached_function: CachedFunction) -> str:
    return "reading" if cached_function.flavour is Flavour.PROPERTY else "calling"


class _Mentions(cst.CSTVisitor):
    """Where the names of a function stand in a file, imports, definitions and other variables left out."""

    def __init__(
        self,
        evaluator: Evaluator,
        tree: SyntaxTree,
        cached_function: CachedFunction,
        path: str,
        names: Collection[str],
    ) -> None:
        super().__init__()
        self._evaluator, self._path = evaluator, path
        self._tree = tree
        self._rows = tree.rows_with(names)
        self._positions = tree.positions
        self._facts = facts = evaluator.facts(path)
        self._cached_function = cached_function
        self._names = names
        self._functions = {function.span.start: index for index, function in enumerate(facts.functions) if index}
        self._around: list[int] = [0]
        owner = cached_function.facts.owner if cached_function.path == path else None
        self._owner = None if owner is None else facts.classes[owner].span.start
        self._classes: list[bool] = [False]
        self.found: list[Position] = []
        self.asked: list[Position] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        return self._tree.stands_on(node, self._rows) and super().on_visit(node)

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        if node.attr.value == self._cached_function.name:
            self.found.append(self._positions.span(node.attr).start)
        node.value.visit(self)
        return False

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self._note_asked(node, node.value, node.slice[0].slice)

    def visit_Call(self, node: cst.Call) -> None:
        given = [each.value for each in node.args]
        if given and isinstance(node.func, cst.Attribute):
            self._note_asked(node, node.func.value, given[0])
        keywords = {each.keyword.value for each in node.args if each.keyword is not None}
        if self._cached_function.name in keywords and m.matches(node.func, _MULTIPLE):
            self.asked.append(self._positions.span(node).start)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        for each in node.comparisons:
            self._note_asked(node, each.comparator, node.left)

    def _note_asked(self, node: cst.CSTNode, namespace: cst.BaseExpression, key: cst.CSTNode) -> None:
        """Note `vars(shop)["name"]` and its kin."""
        string = key.value if isinstance(key, cst.Index) else key
        named = isinstance(string, cst.SimpleString) and string.evaluated_value == self._cached_function.name
        if named and m.matches(namespace, _NAMESPACE):
            self.asked.append(self._positions.span(node).start)

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Param(self, node: cst.Param) -> bool:
        for part in (node.annotation, node.default):
            if part is not None:
                part.visit(self)
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        for decorator in node.decorators:
            decorator.visit(self)
        if node.returns is not None:
            node.returns.visit(self)
        node.params.visit(self)
        self._around.append(self._functions.get(self._positions.span(node.name).start, 0))
        self._classes.append(False)
        node.body.visit(self)
        self._classes.pop()
        self._around.pop()
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        for part in (*node.decorators, *node.bases, *node.keywords):
            part.visit(self)
        self._classes.append(self._positions.span(node.name).start == self._owner)
        node.body.visit(self)
        self._classes.pop()
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in self._names and self._means_it(node.value):
            self.found.append(self._positions.span(node).start)

    def _means_it(self, name: str) -> bool:
        """Whether a bare name may be the function: for a method, only in the body of its class."""
        if self._cached_function.is_member:
            return self._classes[-1]
        index: int | None = self._around[-1]
        while index:
            function = self._facts.functions[index]
            if any(parameter.name == name for parameter in function.parameters):
                return False
            if name in function.bindings:
                bound = function.bindings[name]
                return any(self._is_import(each.value) and not self._is_another(each.value) for each in bound)
            index = function.parent
        bound = self._facts.body.bindings.get(name, ())
        return bool(self._facts.stars) or any(not self._is_another(each.value) for each in bound)

    def _is_import(self, ref: Ref) -> bool:
        return isinstance(self._facts.terms[ref], Import)

    def _is_another(self, ref: Ref) -> bool:
        """Whether a name is bound to another function, for all that is known."""
        value = self._evaluator.value(self._path, ref)
        others = (isinstance(atom, Function) and atom.of != self._cached_function.identity for atom in value)
        return bool(value) and all(others)


def refuse_strings(evaluator: Evaluator, cached_function: CachedFunction) -> None:
    """Raises Refused for a string that names the function: `"app.queries.name"`, `getattr(queries, "name")`.

    It is a patch target, a setting or a URL, and a rename would not reach it.
    """
    for path, facts in modules_mentioning(evaluator, cached_function):
        for ref in _dotted(facts, cached_function.name):
            text = _text(facts, ref)
            if may_lead_to(evaluator, cached_function, path, text):
                raise Refused(reason("named-in-string", path, facts.spans[ref].start.row, text=text))
        for ref, consumer in _asked_for(facts, cached_function.name):
            raise Refused(reason("named-in-call", path, facts.spans[ref].start.row, called=consumer))
    tree = evaluator.project.tree
    for path in tree.related_files.settings:
        source = read_mentions(tree.root / path, limits.SETTINGS_FILE)
        if source is None:
            raise Refused(reason("settings-unreadable", path))
        for text in _dotted_mentions(source, name_in_source(cached_function.name)):
            if may_lead_to(evaluator, cached_function, path, text) and not is_own_file(source):
                raise Refused(reason("named-in-settings", path, text=text))


def _dotted_mentions(source: bytes, name: bytes) -> Iterator[str]:
    """A name behind a dot or a colon, with what stands before that, wherever it is."""
    pattern = in_source(rb"\w[\w.]*[.:]" + re.escape(name) + rb"\b")
    for behind in in_source(rb"[.:]" + re.escape(name) + rb"\b").finditer(source):
        found = pattern.search(source[max(0, behind.start() - limits.MENTION) : behind.end() + limits.MENTION])
        if found is not None:
            yield found[0].decode(errors="replace")


def _dotted(facts: ModuleFacts, name: str) -> Iterator[Ref]:
    pattern = re.compile(rf"\S*[.:]{re.escape(name)}(\.\w+)*")
    for ref, term in facts.every(Constant):
        if isinstance(term.value, str) and pattern.fullmatch(term.value.strip()):
            yield ref


def _text(facts: ModuleFacts, ref: Ref) -> str:
    return str(getattr(facts.terms[ref], "value", "")).strip()


def _asked_for(facts: ModuleFacts, name: str) -> Iterator[tuple[Ref, str]]:
    """The calls that are given the name as a string, and what is called."""
    for ref, call in facts.every(Call):
        is_given = any(facts.terms[argument.value] == Constant(name) for argument in call.arguments)
        if is_given and _last_name(facts, call.function) in BY_NAME:
            yield ref, written_call(facts, call.function)


def written_call(facts: ModuleFacts, function: Ref) -> str:
    """What is called, by its name and that of the object or module before it: `patch.object`, `timezone.now`."""
    term = facts.terms[function]
    if isinstance(term, Attribute):
        base = facts.terms[term.base]
        name = getattr(base, "name", None) or getattr(base, "module", None)
        return f"{name}.{term.name}" if name else term.name
    return str(getattr(term, "name", None) or "a call")


def _last_name(facts: ModuleFacts, ref: Ref) -> str:
    return str(getattr(facts.terms[ref], "name", ""))


def bare_strings(evaluator: Evaluator, cached_function: CachedFunction) -> Sequence[tuple[str, int]]:
    """Where a string begins with the name of a member, and may mean it.

    `list_display = ["lines"]` and `source="lines.count"` do; a key, a translated text or a log entry does not.
    """
    pattern = re.compile(rf"{re.escape(cached_function.name)}(\.\w+)*")
    return [
        (path, facts.spans[ref].start.row)
        for path, facts in modules_mentioning(evaluator, cached_function)
        for ref, term in facts.every(Constant)
        if isinstance(term.value, str) and pattern.fullmatch(term.value)
        and not is_plain_text(evaluator, path, facts, ref)
    ]


def refuse_overrides(evaluator: Evaluator, cached_function: CachedFunction) -> None:
    """Raises Refused when a class above or below the owner has a member of the same name."""
    owner = cached_function.owner
    if owner is None:
        return
    mro = evaluator.classes.mro
    for path, facts in modules_mentioning(evaluator, cached_function):
        for index, opened in enumerate(facts.classes):
            other = ClassId(path, index)
            if other == owner or cached_function.name not in opened.members:
                continue
            if owner in mro(other):
                raise Refused(reason("overridden", path, other=opened.qualname, name=cached_function.name))
            if other in mro(owner):
                raise Refused(reason("overrides", path, other=opened.qualname, function=cached_function.facts.qualname))
    consumer = evaluator.consumers.calls(owner, cached_function.name)
    if consumer is not None:
        caller = consumer.names[0].rpartition(".")[2]
        raise Refused(reason("called-by-framework", caller=caller, name=cached_function.name))


def refuse_templates(templates: Templates, cached_function: CachedFunction) -> None:
    """Raises Refused when a template may use the method or property."""
    mention = templates.attribute_mention(cached_function.name) if cached_function.is_member else None
    if mention is not None:
        raise Refused(mention)


def is_bound_twice(evaluator: Evaluator, cached_function: CachedFunction) -> bool:
    """Whether the module or class gives the name to something else too: a second `def`, an import beside `else`."""
    facts = evaluator.facts(cached_function.path)
    owner = cached_function.facts.owner
    bound = facts.body.bindings if owner is None else facts.classes[owner].members
    return len(bound.get(cached_function.name, ())) > 1
