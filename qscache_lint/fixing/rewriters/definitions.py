"""What both forms of a definition share: names, the call of the builder, its rows, annotations and docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.docstrings import with_note


@dataclass(frozen=True, slots=True)
class Names:
    """The names of both halves; `new` is the one that did not exist before."""

    builder: str
    cached: str
    new: str


@dataclass(frozen=True, slots=True)
class Style:
    """How the two halves are written: `rows` is `list` or `tuple`, `stop` a bound that all readers have in common."""

    cached_function: CachedFunction
    owner: str
    """The name of the class, for static methods."""

    newline: str = "\n"
    indent: str = "    "
    """The usual indentation of the file."""

    stop: int | None = None
    around: str = ""
    """The indentation of the function itself."""

    @property
    def rows(self) -> str:
        return self.cached_function.rows

    def rows_of(self, expression: cst.BaseExpression) -> cst.BaseExpression:
        """The expression that reads all rows of a QuerySet, or of an awaited one in an asynchronous function."""
        taken = self._bounded(expression)
        if not self.cached_function.facts.is_async:
            return _call(self.rows, taken)
        rows = cst.ListComp(
            cst.Name("row"),
            cst.CompFor(
                cst.Name("row"), taken, asynchronous=cst.Asynchronous(), whitespace_before=cst.SimpleWhitespace(" ")
            ),
        )
        return rows if self.rows == "list" else _call(self.rows, rows)

    def _bounded(self, expression: cst.BaseExpression) -> cst.BaseExpression:
        if self.stop is None:
            return expression
        part = cst.SubscriptElement(cst.Slice(lower=None, upper=cst.Integer(str(self.stop))))
        if isinstance(expression, cst.Await):
            expression = parenthesized(expression)
        return cst.Subscript(expression, [part])

    def builder_call(self, name: str, parameters: cst.Parameters) -> cst.BaseExpression:
        """The call of the builder with everything that the cached half was given."""
        forwarded = list(_forwarded(parameters))
        match self.cached_function.flavour:
            case Flavour.PROPERTY:
                return cst.parse_expression(f"{forwarded[0]}.{name}")
            case Flavour.METHOD | Flavour.CLASSMETHOD:
                receiver, arguments = forwarded[0], forwarded[1:]
                called = f"{receiver}.{name}({', '.join(arguments)})"
            case Flavour.STATICMETHOD:
                called = f"{self.owner}.{name}({', '.join(forwarded)})"
            case _:
                called = f"{name}({', '.join(forwarded)})"
        return cst.parse_expression(f"await {called}" if self.cached_function.facts.is_async else called)

    @property
    def gap(self) -> list[cst.EmptyLine]:
        """The empty lines between the halves."""
        return [cst.EmptyLine(indent=False)] * (1 if self.around else 2)

    def noted(self, node: cst.FunctionDef, note: str) -> cst.FunctionDef:
        """The function with a paragraph more in its docstring."""
        step = inner_indent(node) or self.indent
        return with_note(node, note, self.around + step, self.newline)

    def builder_note(self, names: Names) -> str:
        cached = self.cached_function.called(names.cached)
        return f"{self._verb} a QuerySet to refine; {cached} has its rows in a cache."

    def extracted_note(self, names: Names) -> str:
        return f"{self._verb} the QuerySet behind {self.cached_function.called(names.cached)}, to be refined."

    def cached_note(self, names: Names) -> str:
        part = "The first row" if self.stop == 1 else f"The first {self.stop} rows"
        rows = "The rows" if self.stop is None else part
        return f"{rows} of {self.cached_function.called(names.builder)}, cached; refine that one instead."

    @property
    def _verb(self) -> str:
        return "Is" if self.cached_function.flavour is Flavour.PROPERTY else "Returns"

    def annotation(self, annotation: cst.Annotation | None) -> cst.Annotation | None:
        """`QuerySet[Story]` becomes `list[Story]` or `tuple[Story, ...]`; what is no QuerySet is left out."""
        inner = None if annotation is None else self._annotated(annotation.annotation)
        return None if annotation is None or inner is None else annotation.with_changes(annotation=inner)

    def _annotated(self, written: cst.BaseExpression) -> cst.BaseExpression | None:
        match written:
            case cst.SimpleString(value=text):
                inner = self._annotated(cst.parse_expression(str(ast.literal_eval(text))))
                return None if inner is None else _quoted(written, inner)
            case cst.BinaryOperation(left=left, right=right):
                ends = self._alternative(left), self._alternative(right)
                return None if None in ends else written.with_changes(left=ends[0], right=ends[1])
            case cst.Subscript(value=cst.Name("Optional"), slice=[cst.SubscriptElement(cst.Index(one)) as element]):
                inner = self._annotated(one)
                index = None if inner is None else element.with_changes(slice=cst.Index(inner))
                return None if index is None else written.with_changes(slice=[index])
            case _:
                return self._of_rows(written)

    def _alternative(self, written: cst.BaseExpression) -> cst.BaseExpression | None:
        """One side of `QuerySet[Story] | None`."""
        is_none = isinstance(written, cst.Name) and written.value == "None"
        return written if is_none else self._annotated(written)

    def _of_rows(self, written: cst.BaseExpression) -> cst.BaseExpression | None:
        base = written.value if isinstance(written, cst.Subscript) else written
        last = base.attr.value if isinstance(base, cst.Attribute) else getattr(base, "value", "")
        if last in _TRUE_OF_ROWS:
            return written
        if not str(last).endswith(("QuerySet", "QuerySetAny")):
            return None
        if not isinstance(written, cst.Subscript):
            return cst.Name(self.rows)
        row = written.slice[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        ellipsis = [cst.SubscriptElement(cst.Index(cst.Ellipsis()))] if self.rows == "tuple" else []
        return cst.Subscript(cst.Name(self.rows), [row, *ellipsis])


_TRUE_OF_ROWS = frozenset({"Iterable", "Collection", "Sequence", "Reversible", "Sized", "Container", "Any", "object"})


def parenthesized(expression: cst.BaseExpression) -> cst.BaseExpression:
    """The expression in parentheses."""
    return expression.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _call(name: str, argument: cst.BaseExpression) -> cst.Call:
    """`name(argument)`; parentheses around the argument become those of the call."""
    if len(argument.lpar) != 1 or isinstance(argument, (cst.GeneratorExp, cst.Tuple)):
        return cst.Call(cst.Name(name), [cst.Arg(argument)])
    bare = argument.with_changes(lpar=argument.lpar[1:], rpar=argument.rpar[:-1])
    return cst.Call(
        cst.Name(name),
        [cst.Arg(bare, whitespace_after_arg=argument.rpar[-1].whitespace_before)],
        whitespace_before_args=argument.lpar[0].whitespace_after,
    )


def inner_indent(node: cst.FunctionDef) -> str | None:
    """The indentation of the body, where it is not the usual one of the file."""
    return node.body.indent if isinstance(node.body, cst.IndentedBlock) else None


def _quoted(written: cst.SimpleString, inner: cst.BaseExpression) -> cst.SimpleString:
    return written.with_changes(value=f"{written.quote}{cst.Module([]).code_for_node(inner)}{written.quote}")


def _forwarded(parameters: cst.Parameters) -> Iterator[str]:
    """The arguments that hand every parameter on."""
    for parameter in (*parameters.posonly_params, *parameters.params):
        yield parameter.name.value
    if isinstance(parameters.star_arg, cst.Param):
        yield f"*{parameters.star_arg.name.value}"
    for parameter in parameters.kwonly_params:
        yield f"{parameter.name.value}={parameter.name.value}"
    if parameters.star_kwarg is not None:
        yield f"**{parameters.star_kwarg.name.value}"


def without_comments_of(node: cst.Decorator) -> cst.Decorator:
    """A decorator of one half, where comments above it belong to the other one."""
    return node.with_changes(leading_lines=[])


def returning(expression: cst.BaseExpression) -> cst.SimpleStatementLine:
    """`return expression`."""
    return cst.SimpleStatementLine([cst.Return(expression)])


def is_docstring(statement: cst.BaseStatement) -> bool:
    """Whether a statement is a string by itself."""
    return m.matches(statement, m.SimpleStatementLine([m.Expr(m.SimpleString() | m.ConcatenatedString())]))


def docstring_line(note: str) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'"""{note}"""'))])
