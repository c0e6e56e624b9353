"""Every row about what renders which template is executed: the template gets the very QuerySet that the context has."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from qscache_lint.knowledge.template_rows import Renderer, TemplateView
from tests.semantics.django_project import prepare
from tests.semantics.operations.observe import has_rows
from tests.semantics.operations.states import ORDERS, TABLES, Kind, unread

PAGE = "page.html"
LOOP = "{% for each in value %}{{ each.title }}{% endfor %}"
RENDERERS = [
    name
    for name, row in TABLES.templates.renderers.items()
    if not row.on_receiver and not row.decorates and not row.attribute
]
RECEIVERS = [name for name, row in TABLES.templates.renderers.items() if row.on_receiver]
DECORATORS = [name for name, row in TABLES.templates.renderers.items() if row.decorates]
VIEWS = list(TABLES.templates.views)
LISTS = [name for name, row in TABLES.templates.views.items() if row.rows]
MODELLED = [name for name, row in TABLES.templates.views.items() if row.suffix]


@pytest.fixture(autouse=True)
def _templates() -> Iterator[None]:
    prepare()
    from django.test.utils import override_settings

    named = {PAGE: LOOP}
    named.update({f"newsroom/report{TABLES.templates.views[name].suffix}.html": LOOP for name in MODELLED})
    loaders = [("django.template.loaders.locmem.Loader", named)]
    backend = {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": loaders}}
    with override_settings(TEMPLATES=[backend]):
        yield


def _find(dotted: str) -> Any:
    """What a name of the table stands for; None where this Django does not have it."""
    module, *rest = dotted.split(".")
    found: Any = import_module(module)
    for name in rest:
        module = f"{module}.{name}"
        if not hasattr(found, name):
            try:
                import_module(module)
            except ImportError:
                return None
        found = getattr(found, name)
    return found


def _queryset() -> Any:
    return unread(Kind("plain", ORDERS[0]))


def _request() -> Any:
    from django.test import RequestFactory

    return RequestFactory().get("/")


def _render(response: Any) -> None:
    if hasattr(response, "render"):
        response.render()


@pytest.mark.parametrize("name", RENDERERS)
def test_a_renderer_hands_over_the_context(name: str) -> None:
    found, row = _find(name), TABLES.templates.renderers[name]
    if found is None:
        assert name == "django.shortcuts.render_to_response", "it was there before Django 3"
        return
    for by_keyword in (False, True):
        queryset = _queryset()
        _render(_call(found, row, {"value": queryset}, by_keyword=by_keyword))
        assert has_rows(queryset)


def _call(found: Any, row: Renderer, context: dict[str, Any], *, by_keyword: bool) -> Any:
    given = {row.template: PAGE, row.context: context}
    before = [_request()] * min(slot.index for slot in given)
    if by_keyword:
        return found(*before, **{str(slot.keyword): value for slot, value in given.items()})
    return found(*before, *(given[slot] for slot in sorted(given, key=lambda slot: slot.index)))


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_template_renders_its_context(name: str) -> None:
    loading, method = name.replace("()", "").rsplit(".", 1)
    load = _find(loading)
    template = load([PAGE] if "select" in loading else PAGE)
    queryset = _queryset()
    getattr(template, method)({"value": queryset})
    assert has_rows(queryset)


@pytest.mark.parametrize("name", DECORATORS)
def test_an_inclusion_tag_renders_what_its_function_returns(name: str) -> None:
    from django.template import Context, Engine

    made, method = name.rsplit(".", 1)
    register = _find(made.removesuffix("()"))()
    queryset = _queryset()
    decorate = getattr(register, method)

    @decorate(PAGE)  # type: ignore[untyped-decorator]
    def report_list() -> dict[str, Any]:
        return {"value": queryset}

    engine = Engine.get_default()
    engine.template_libraries["reports"] = register
    engine.from_string("{% load reports %}{% report_list %}").render(Context())
    assert has_rows(queryset)


@pytest.mark.parametrize("name", TABLES.templates.tag_functions)
def test_a_tag_gives_a_name_to_what_its_function_returns(name: str) -> None:
    from django.template import Context, Engine

    made, method = name.rsplit(".", 1)
    register, named = _find(made.removesuffix("()"))(), TABLES.templates.tag_functions[name].named
    first, second = _queryset(), _queryset()
    getattr(register, method)(lambda: first, **{named: "first"})

    @getattr(register, method)  # type: ignore[untyped-decorator]
    def second_list(count: int) -> Any:
        return second

    engine = Engine.get_default()
    engine.template_libraries["reports"] = register
    text = f"{{% load reports %}}{{% first as value %}}{LOOP}{{% second_list 5 as value %}}{LOOP}"
    engine.from_string(text).render(Context())
    assert has_rows(first)
    assert has_rows(second)


if find_spec("rest_framework") is not None:

    @pytest.mark.parametrize("is_named", [True, False])
    def test_a_response_is_rendered_by_its_template_or_that_of_the_view(*, is_named: bool) -> None:
        from rest_framework.renderers import TemplateHTMLRenderer
        from rest_framework.response import Response
        from rest_framework.views import APIView

        row, queryset = TABLES.templates.renderers["rest_framework.response.Response"], _queryset()
        given = {str(row.context.keyword): {"value": queryset}}
        named = {str(row.template.keyword): PAGE}

        def get(view: APIView, request: Any) -> Response:
            return Response(**given, **(named if is_named else {}))

        members: dict[str, Any] = {"get": get, "renderer_classes": [TemplateHTMLRenderer]}
        if not is_named:
            members[row.attribute] = PAGE
        page: type[APIView] = type("Page", (APIView,), members)
        page.as_view()(_request()).render()
        assert has_rows(queryset)


def _view(name: str, **members: Any) -> Any:
    """A view of a class of the table, with what it needs to be shown."""
    from django.forms import Form
    from django.http import HttpRequest
    from django.views.generic import FormView
    from django.views.generic.base import ContextMixin, View

    from tests.semantics.newsroom.models import Report

    base = _find(name)
    bases = (base,) if issubclass(base, View) else (base, ContextMixin, View)
    shown = {"object": None, "object_list": Report.objects.none()}
    common = {"model": Report, "fields": ["title"], "success_url": "/", **shown}
    if issubclass(base, FormView):
        common["form_class"] = Form
    view = type("Page", bases, {**common, "named": name, **members})()
    view.setup(_request())
    assert isinstance(view.request, HttpRequest)
    return view


def _show(view: Any, **context: Any) -> None:
    row = TABLES.templates.views[view.named]
    _render(getattr(view, row.renders)(view.get_context_data(**context)))


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_renders_what_its_methods_and_attributes_give(name: str) -> None:
    row: TemplateView = TABLES.templates.views[name]
    made, extra, given = _queryset(), _queryset(), _queryset()
    _show(_view(name, **{row.template: PAGE, row.extra: {"value": extra}}))
    _show(_view(name, **{row.templates: lambda view: [PAGE]}), value=given)
    view = _view(name, **{row.template: PAGE, row.context: lambda view, **kwargs: {"value": made}})
    _show(view)
    assert [has_rows(each) for each in (made, extra, given)] == [True, True, True]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_stands_in_its_context(name: str) -> None:
    view = _view(name, template_name=PAGE)
    assert view.get_context_data()[TABLES.templates.views[name].itself] is view


@pytest.mark.parametrize("name", [name for name in VIEWS if TABLES.templates.views[name].object_as])
def test_an_object_stands_in_the_context_of_its_view(name: str) -> None:
    from tests.semantics.newsroom.models import Report

    row, shown = TABLES.templates.views[name], Report()
    found = _view(name, template_name=PAGE, object=shown).get_context_data()
    assert all(found[each] is shown for each in (*row.object_as, "report"))
    assert _view(name, template_name=PAGE, object=shown, **{row.named: "chosen"}).get_context_data()["chosen"] is shown
    assert callable(getattr(_find(name), row.names_object))
    assert callable(getattr(_find(name), row.gets))


def test_a_view_can_be_made_with_more_for_its_context() -> None:
    from django.views.generic import TemplateView

    for row in (TABLES.templates.views["django.views.generic.TemplateView"],):
        queryset = _queryset()
        make = getattr(TemplateView, row.made_by)
        _render(make(**{row.template: PAGE, row.extra: {"value": queryset}})(_request()))
        assert has_rows(queryset)


def test_a_processor_puts_something_into_every_context_of_a_request() -> None:
    from django.shortcuts import render
    from django.test.utils import override_settings

    queryset = _queryset()
    setting = TABLES.templates.table.processors.settings[0]
    loaders = [("django.template.loaders.locmem.Loader", {PAGE: LOOP})]
    options = {"loaders": loaders, setting: [f"{__name__}.everywhere"]}
    backend = {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": options}
    _SHOWN["value"] = queryset
    with override_settings(TEMPLATES=[backend]):
        render(_request(), PAGE)
        other = _queryset()
        render(_request(), PAGE, {"value": other})
    assert has_rows(queryset)
    assert has_rows(other), "what the view gives comes first"


_SHOWN: dict[str, Any] = {}


def everywhere(request: Any) -> dict[str, Any]:
    """A context processor."""
    return _SHOWN


@pytest.mark.parametrize("name", MODELLED)
def test_a_view_without_a_template_has_that_of_its_model(name: str) -> None:
    from tests.semantics.newsroom.models import Report

    queryset = _queryset()
    _show(_view(name, object=Report()), value=queryset)
    assert has_rows(queryset)


@pytest.mark.parametrize("name", LISTS)
def test_a_view_of_rows_shows_them_under_its_names(name: str) -> None:
    row = TABLES.templates.views[name]
    if not hasattr(_find(name), row.rows):
        return  # its rows come from another base
    for shown in (*row.rows_as, "value"):
        queryset = _queryset()
        view = _view(name, **{row.rows: lambda view, found=queryset: found, row.named: "value"})
        view.object_list = view.get_queryset()
        context = view.get_context_data()
        assert context[shown] is queryset
    page = _view(name, **{row.rows: lambda view: queryset, "paginate_by": 1})
    page.object_list = queryset
    assert page.get_context_data()["object_list"] is not queryset


@pytest.mark.parametrize("name", [name for name in RENDERERS if TABLES.templates.renderers[name].is_late])
def test_a_response_is_rendered_with_what_its_context_gets(name: str) -> None:
    found, row = _find(name), TABLES.templates.renderers[name]
    queryset = _queryset()
    response = _call(found, row, {}, by_keyword=False)
    getattr(response, TABLES.templates.table.responses.filled)["value"] = queryset
    response.render()
    assert has_rows(queryset)
