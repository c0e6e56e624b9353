"""The generic views of Django: dispatched and rendered, or asked for their object."""

from __future__ import annotations

from typing import Any

from django.test import RequestFactory
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin
from django.views.generic.list import MultipleObjectMixin

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe

PAGE = "newsroom/page.html"
BOTH = ("queryset", "get_queryset()")


def show(view: Any, **arguments: Any) -> Any:
    """Dispatch a view class and render what it answers."""
    response = view.as_view()(RequestFactory().get("/"), **arguments)
    assert response.status_code == 200
    return response.render()


class ListPage(TemplateResponseMixin, View):
    """Makes a view of a mixin that only knows lists."""

    template_name = PAGE

    def get(self: Any, request: Any) -> Any:
        self.object_list = self.get_queryset()
        return self.render_to_response(self.get_context_data())


class ObjectPage(TemplateResponseMixin, View):
    """Makes a view of a mixin that only knows one object."""

    template_name = PAGE

    def get(self: Any, request: Any, **_: Any) -> Any:
        self.object = self.get_object()
        return self.render_to_response(self.get_context_data())


def response_for(given: Given) -> list[Any]:
    """The base class that a view still needs to answer with a template."""
    return [] if issubclass(given.target, TemplateResponseMixin) else [TemplateResponseMixin]


# -- lists


def list_view(given: Given, **members: Any) -> None:
    bases = [ListPage] if given.target is MultipleObjectMixin else response_for(given)
    response = show(given.derive(*bases, template_name=PAGE, **members))
    assert b"Story 01" in response.content


LISTS = ("django.views.generic.list.MultipleObjectMixin", "django.views.generic.list.BaseListView",
         "django.views.generic.ListView")  # fmt: skip


@probe(*LISTS, member="queryset")
def list_attribute(given: Given) -> None:
    list_view(given)


@probe(*LISTS, member="get_queryset()")
def list_method(given: Given) -> None:
    list_view(given)


@probe(*LISTS, member="get_queryset()", where="paginate_by")
def list_in_pages(given: Given) -> None:
    list_view(given, paginate_by=5)


@probe(*LISTS, member="paginate_queryset")
def paginate(given: Given) -> None:
    view = given.target()
    view.kwargs, view.request = {}, RequestFactory().get("/")
    page = given.method(view, page_size=5)[1]
    assert len(list(page.object_list)) == 5


# -- one object


SINGLE = "django.views.generic.detail.SingleObjectMixin"
FORM_MIXIN = "django.views.generic.edit.ModelFormMixin"
DETAIL = ("django.views.generic.detail.BaseDetailView", "django.views.generic.DetailView",
          "django.views.generic.edit.BaseDeleteView", "django.views.generic.DeleteView")  # fmt: skip
UPDATE = ("django.views.generic.edit.BaseUpdateView", "django.views.generic.UpdateView")
DATED_DETAIL = ("django.views.generic.dates.BaseDateDetailView", "django.views.generic.DateDetailView")


@probe(SINGLE, *DETAIL, *UPDATE, FORM_MIXIN, member=BOTH)
def detail(given: Given) -> None:
    show(object_view(given), pk=1)


def object_view(given: Given) -> Any:
    members = {"template_name": PAGE, "fields": ["title"], "success_url": "/"}
    if not issubclass(given.target, View):
        return given.derive(ObjectPage, **members)
    return given.derive(*response_for(given), **members)


@probe(*DATED_DETAIL, member=BOTH)
def dated_detail(given: Given) -> None:
    view = given.derive(*response_for(given), template_name=PAGE, date_field="published", month_format="%m")
    show(view, pk=1, year=2020, month=1, day=1)


@probe(SINGLE, *DETAIL, *UPDATE, member="get_object")
def get_object(given: Given) -> None:
    view = given.target()
    view.kwargs = {"pk": 1}
    given.method(view)


@probe(*DATED_DETAIL, member="get_object")
def get_dated_object(given: Given) -> None:
    view = type("OwnView", (given.target,), {"model": Story, "date_field": "published", "month_format": "%m"})()
    view.kwargs = {"pk": 1, "year": 2020, "month": 1, "day": 1}
    given.method(view)


# -- a view that creates


@probe("django.views.generic.edit.BaseCreateView", "django.views.generic.CreateView", member=BOTH)
def create(given: Given) -> None:
    show(object_view(given))
    view = object_view(given)
    request = RequestFactory().post("/", {"title": "Fresh"})
    fresh: Any = type("WithAuthor", (view,), {"form_valid": lambda self, form: form.instance})
    assert fresh.as_view()(request).title == "Fresh"


# -- archives by date


@probe("django.views.generic.dates.BaseDateListView", member=BOTH)
def dated(given: Given) -> None:
    def items(self: Any) -> Any:
        found = self.get_dated_queryset()
        return self.get_date_list(found), found, {}

    view = given.derive(TemplateResponseMixin, template_name=PAGE, date_field="published", get_dated_items=items)
    assert b"Story 01" in show(view).content


@probe("django.views.generic.dates.BaseArchiveIndexView", "django.views.generic.ArchiveIndexView",
       "django.views.generic.dates.BaseYearArchiveView", "django.views.generic.YearArchiveView",
       "django.views.generic.dates.BaseMonthArchiveView", "django.views.generic.MonthArchiveView",
       "django.views.generic.dates.BaseWeekArchiveView", "django.views.generic.WeekArchiveView",
       "django.views.generic.dates.BaseDayArchiveView", "django.views.generic.DayArchiveView",
       member=BOTH)  # fmt: skip
def archive(given: Given) -> None:
    view = archive_view(given)
    assert b"Story 0" in show(view, year=2020, month=1, week=1, day=2).content


@probe("django.views.generic.dates.BaseTodayArchiveView", "django.views.generic.TodayArchiveView", member=BOTH)
def today(given: Given) -> None:
    view = archive_view(given)
    assert show(type("EmptyToday", (view,), {"allow_empty": True})).status_code == 200


def archive_view(given: Given) -> Any:
    return given.derive(
        *response_for(given),
        template_name=PAGE,
        date_field="published",
        month_format="%m",
        make_object_list=True,
        allow_future=True,
    )


@probe("django.views.generic.dates.BaseDateListView", "django.views.generic.ArchiveIndexView",
       "django.views.generic.YearArchiveView", "django.views.generic.MonthArchiveView",
       member="get_date_list")  # fmt: skip
def date_list(given: Given) -> None:
    view = given.target()
    view.date_field, view.model = "published", Story
    assert list(given.method(view, date_type="day"))
