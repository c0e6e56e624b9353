"""Rows of the table of templates: what they do with a QuerySet, and what gives which template its context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

from qscache_lint.knowledge.model import Effect, Gives, Row, Slot, Version, Versioned


class TemplateUse(Versioned, frozen=True, kw_only=True):
    """Template filters and tags that do the same with a QuerySet: `filters` as `|name`, `tags` as `{% name %}`.

    `{{ }}` among the tags is what prints a value. `operators` are those of `{% if %}`, the QuerySet on either side.
    `place` says where a tag takes it: behind `in` (`for`), as its "first" argument, "bound" to another name (`with`,
    which hands the very QuerySet on), or at "any" place. `gives` is what a filter hands on. `tests`: it only asks for
    the truth. `shows`: a text for people is made of the QuerySet itself. `forwards`: an argument that counts from the
    end is refused, and the filter gives what it got.
    """

    filters: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    effect: Effect
    place: Literal["any", "in", "first", "bound"] = "any"
    gives: Gives = "data"
    tests: bool = False
    shows: bool = False
    forwards: bool = False

    @property
    def takes_rows(self) -> bool:
        """Whether it does the same with a list of the rows."""
        return self.effect in (Effect.ROWS, Effect.PART) and not self.shows


class Renderer(Row, frozen=True):
    """Functions, classes and decorators that give a context to a template.

    `template` and `context` are the arguments that say so. `on_receiver`: the template is an argument of the call that
    has made the object (`get_template("x.html").render(context)`). `decorates`: the context is what the decorated
    function returns. `is_late`: the template is rendered when the response is sent, changed or not. Where the call
    names no template, the class around may, by an `attribute`.
    """

    names: tuple[str, ...]
    template: Slot
    context: Slot = Slot()
    on_receiver: bool = False
    decorates: bool = False
    is_late: bool = False
    attribute: str = ""
    package: str = ""


class TagFunction(Row, frozen=True):
    """Decorators of functions whose value a tag can give a name; the tag is called like the function, or `named`."""

    names: tuple[str, ...]
    named: str


class TemplateView(Row, frozen=True):
    """Views that render a template, by their classes.

    `template` is the attribute and `templates` the method that name it; without them it is named after the model, with
    `suffix`. `context` is the method that makes the context, `extra` the attribute with more of it; the view `itself`
    stands there, too. `rows` is the method that gives what stands there as one of the `rows_as`, and under the name
    that the attribute `named` or the method `names_rows` gives, else under that of the model with the `suffix`, unless
    the view sets one of `unless`, by which it shows a page of them. An object of its model stands there as one of the
    `object_as`, and under the name that `named` or the method `names_object` gives, else under that of the model,
    unless the method `gets` is its own. The attributes `queryset` and `model` name that model, the first before the
    second. `renders` is the method that is called with a context, `made_by` the one that makes the view of a class with
    other attributes.
    """

    names: tuple[str, ...]
    template: str
    templates: str
    context: str
    extra: str
    renders: str
    made_by: str
    itself: str
    suffix: str = ""
    model: str = ""
    queryset: str = ""
    rows: str = ""
    rows_as: tuple[str, ...] = ()
    named: str = ""
    names_rows: str = ""
    object_as: tuple[str, ...] = ()
    names_object: str = ""
    gets: str = ""
    unless: tuple[str, ...] = ()


class Steps(Row, frozen=True):
    """What a template does behind a dot: it calls methods without arguments.

    `called` are the methods that do then what they do in Python; all others are refused, or give nothing, quietly.
    """

    called: tuple[str, ...]


class Processors(Row, frozen=True):
    """The settings in which the functions are named that put something into every context."""

    settings: tuple[str, ...]


class ContextMethods(Row, frozen=True):
    """What leaves alone the names of a dict that becomes a context: methods of it, and `readers` that get it."""

    leaves: tuple[str, ...]
    readers: tuple[str, ...]


class Responses(Row, frozen=True):
    """Responses that are rendered late.

    `leaves` are members, and `readers` functions that get a response, which change neither its context nor its
    template; these are what it `carries`. The dict that is `filled` may get more before the template is rendered.
    """

    leaves: tuple[str, ...]
    readers: tuple[str, ...]
    carries: tuple[str, ...]
    filled: str


class Directories(Row, frozen=True):
    """Where settings name directories of templates: in `entries` of dicts, or in `settings` of their own.

    Of a dict whose entry `backend` is one of `jinja`, they are Jinja's, and of one in `jinja_by_ending` those files
    that end as the option `ending` says.
    """

    entries: tuple[str, ...]
    settings: tuple[str, ...]
    backend: str
    jinja: tuple[str, ...]
    jinja_by_ending: tuple[str, ...]
    ending: str


class TemplateTable(Row, frozen=True):
    """The whole of templates.toml."""

    use: tuple[TemplateUse, ...]
    jinja: tuple[TemplateUse, ...]
    steps: Steps
    renderer: tuple[Renderer, ...]
    tag: tuple[TagFunction, ...]
    view: tuple[TemplateView, ...]
    processors: Processors
    contexts: ContextMethods
    responses: Responses
    directories: Directories


class LanguageRows:
    """What filters, tags and operators of one language do, by their names."""

    def __init__(self, rows: Iterable[TemplateUse]) -> None:
        rows = tuple(rows)
        self.filters = {name: row for row in rows for name in row.filters}
        self.tags = {name: row for row in rows for name in row.tags}
        self.operators = {name: row for row in rows for name in row.operators}


class TemplateKnowledge:
    """The table as it holds for one Django version, by the names that templates and code use."""

    def __init__(self, table: TemplateTable, django: Version) -> None:
        self.use = tuple(row for row in table.use if row.holds_in(django))
        self.called = frozenset(table.steps.called)
        """The methods that templates call as Python does."""
        self.table = table

    def of(self, language: str) -> LanguageRows:
        """The rows of a language."""
        return self._languages[language]

    @cached_property
    def _languages(self) -> Mapping[str, LanguageRows]:
        return {"django": LanguageRows(self.use), "jinja": LanguageRows(self.table.jinja)}

    @cached_property
    def rows_as(self) -> frozenset[str]:
        """The names that views give their rows, in the context and as an attribute."""
        return frozenset(name for row in self.table.view for name in row.rows_as)

    @cached_property
    def renderers(self) -> Mapping[str, Renderer]:
        """By the full name of what is called."""
        return {name: row for row in self.table.renderer for name in row.names}

    @cached_property
    def tag_functions(self) -> Mapping[str, TagFunction]:
        """By the full name of the decorator."""
        return {name: row for row in self.table.tag for name in row.names}

    @cached_property
    def called_renderers(self) -> frozenset[str]:
        """The last names of what is called to render."""
        named = {name.rpartition(".")[2] for name, row in self.renderers.items() if not row.decorates}
        return frozenset(named.union(*((row.renders, row.made_by) for row in self.views.values())))

    @cached_property
    def giving(self) -> frozenset[str]:
        """The members by which views give something to a template."""
        return frozenset(name for row in self.table.view for name in (row.context, row.extra, row.rows) if name)

    @cached_property
    def models(self) -> frozenset[str]:
        """The attributes by which views name the model of the object that they show."""
        rows = (row for row in self.views.values() if row.object_as)
        return frozenset(name for row in rows for name in (row.queryset, row.model) if name)

    @cached_property
    def object_views(self) -> tuple[str, ...]:
        """The last names of the views in whose contexts an object of their model stands."""
        return tuple(sorted({name.rpartition(".")[2] for name, row in self.views.items() if row.object_as}))

    @cached_property
    def views(self) -> Mapping[str, TemplateView]:
        """By the full name of their class."""
        return {name: row for row in self.table.view for name in row.names}
