"""Django REST framework: serializers, fields, validators, views, filters and pagination."""

from __future__ import annotations

from typing import Any

from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.filters import SearchFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import ListSerializer
from rest_framework.test import APIRequestFactory

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.consumers.shapes import records
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe


def of_stories(base: Any, *fields: str) -> Any:
    """A serializer class for these fields of a story."""
    return type("StorySerializer", (base,), {"Meta": type("Meta", (), {"model": Story, "fields": fields})})


StorySerializer = of_stories(serializers.ModelSerializer, "title")


def request(**query: str) -> Any:
    return Request(APIRequestFactory().get("/", query))


# -- serializers


@probe("rest_framework.serializers.BaseSerializer", "rest_framework.serializers.Serializer",
       "rest_framework.serializers.ModelSerializer", "rest_framework.serializers.HyperlinkedModelSerializer",
       "rest_framework.serializers.ListSerializer")  # fmt: skip
def serializer(given: Given) -> None:
    context = {"request": request()}
    if given.target is ListSerializer:
        made = given(child=StorySerializer())
    else:
        made = given.call(own_serializer(given.target), many=True, context=context)
    assert "Story 01" in str(made.data)


def own_serializer(base: Any) -> Any:
    """A serializer of stories with that base class."""
    match base.__name__:
        case "BaseSerializer":
            return type("OwnSerializer", (base,), {"to_representation": lambda self, story: story.title})
        case "Serializer":
            return type("OwnSerializer", (base,), {"title": serializers.CharField()})
        case "HyperlinkedModelSerializer":
            return of_stories(base, "url", "title")
    return of_stories(base, "title")


# -- fields that choose rows


RELATED = ("rest_framework.relations.RelatedField", "rest_framework.relations.PrimaryKeyRelatedField",
           "rest_framework.relations.SlugRelatedField", "rest_framework.relations.HyperlinkedRelatedField")  # fmt: skip
CHOSEN = {"RelatedField": 1, "PrimaryKeyRelatedField": 1, "SlugRelatedField": "Story 01",
          "HyperlinkedRelatedField": "/story/1/"}  # fmt: skip
OPTIONS: dict[str, dict[str, str]] = {
    "SlugRelatedField": {"slug_field": "title"},
    "HyperlinkedRelatedField": {"view_name": "story-detail"},
}


def own_field(base: Any, **members: Any) -> Any:
    """The class of a related field; the abstract one learns how to find a row."""
    if base.__name__ == "RelatedField":
        members = {"to_internal_value": lambda self, chosen: self.get_queryset().get(pk=chosen), **members}
    return type(base.__name__, (base,), members)


def chosen(given: Given, field: Any) -> None:
    """Validate the choice of a row."""
    form = type("OwnSerializer", (serializers.Serializer,), {"story": field})
    assert form(data={"story": CHOSEN[given.target.__name__]}).is_valid(raise_exception=True)


@probe(*RELATED)
def related(given: Given) -> None:
    chosen(given, given.call(own_field(given.target), **OPTIONS.get(given.target.__name__, {})))


@probe(*RELATED, member="queryset")
def related_attribute(given: Given) -> None:
    chosen(given, own_field(given.target, queryset=given.queryset)(**OPTIONS.get(given.target.__name__, {})))


@probe(*RELATED, member="get_queryset()")
def related_method(given: Given) -> None:
    field = own_field(given.target, get_queryset=lambda self: given.queryset)
    chosen(given, field(queryset=Story.objects.none(), **OPTIONS.get(given.target.__name__, {})))


# -- validators


@probe("rest_framework.validators.UniqueValidator")
def unique(given: Given) -> None:
    validated({"title": serializers.CharField(validators=[given()])}, title="Fresh")


@probe("rest_framework.validators.UniqueTogetherValidator")
def unique_together(given: Given) -> None:
    fields = {"title": serializers.CharField(), "kind": serializers.CharField()}
    validated(with_validator(fields, given(fields=["title", "kind"])), title="Fresh", kind="news")


@probe("rest_framework.validators.UniqueForDateValidator", "rest_framework.validators.UniqueForMonthValidator",
       "rest_framework.validators.UniqueForYearValidator")  # fmt: skip
def unique_for(given: Given) -> None:
    fields = {"title": serializers.CharField(), "published": serializers.DateField()}
    validator = given(field="title", date_field="published")
    validated(with_validator(fields, validator), title="Fresh", published="2020-01-01")


def with_validator(fields: dict[str, Any], validator: Any) -> dict[str, Any]:
    return {**fields, "Meta": type("Meta", (), {"validators": [validator]})}


def validated(members: dict[str, Any], **data: str) -> None:
    form = type("OwnSerializer", (serializers.Serializer,), members)
    assert form(data=data).is_valid(raise_exception=True)


# -- views

LIST = ("rest_framework.generics.ListAPIView", "rest_framework.generics.ListCreateAPIView")
SINGLE = ("rest_framework.generics.RetrieveAPIView", "rest_framework.generics.UpdateAPIView",
          "rest_framework.generics.DestroyAPIView", "rest_framework.generics.RetrieveUpdateAPIView",
          "rest_framework.generics.RetrieveDestroyAPIView",
          "rest_framework.generics.RetrieveUpdateDestroyAPIView")  # fmt: skip
SETS = ("rest_framework.viewsets.ReadOnlyModelViewSet", "rest_framework.viewsets.ModelViewSet")
MIXINS = ("rest_framework.mixins.RetrieveModelMixin", "rest_framework.mixins.UpdateModelMixin",
          "rest_framework.mixins.DestroyModelMixin")  # fmt: skip


def answered(view: Any, method: str = "get", **arguments: object) -> None:
    """Let a view answer and render it."""
    sent = getattr(APIRequestFactory(), method)("/", {"title": "Fresh"} if method in ("put", "post") else None)
    response = view(sent, **arguments)
    assert response.status_code in (200, 201, 204)
    response.render()


@probe(*LIST, member=("queryset", "get_queryset()"))
def listed(given: Given) -> None:
    answered(given.derive(serializer_class=StorySerializer).as_view())


@probe(*LIST, member="get_queryset()", where="pagination_class")
def listed_in_pages(given: Given) -> None:
    answered(given.derive(serializer_class=StorySerializer, pagination_class=PageNumberPagination).as_view())


@probe(*LIST, member="get_queryset()", where="filter_backends")
def listed_and_searched(given: Given) -> None:
    members = {"filter_backends": [SearchFilter], "search_fields": ["title"], "serializer_class": StorySerializer}
    found = given.derive(**members).as_view()(APIRequestFactory().get("/", {"search": "01"}))
    assert [story["title"] for story in found.data] == ["Story 01"]


@probe(*SINGLE, member=("queryset", "get_queryset()"))
def single(given: Given) -> None:
    view = given.derive(serializer_class=StorySerializer)
    for method in ("get", "put", "delete"):
        if hasattr(view, method):
            answered(view.as_view(), method, pk=1)


@probe(*SETS, member=("queryset", "get_queryset()"))
def sets(given: Given) -> None:
    view = given.derive(serializer_class=StorySerializer)
    answered(view.as_view({"get": "retrieve"}), pk=1)


@probe("rest_framework.generics.GenericAPIView", member="queryset")
def view_with_one(given: Given) -> None:
    mixin = mixins.RetrieveModelMixin
    answered(given.derive(mixin, serializer_class=StorySerializer, get=mixin.retrieve).as_view(), pk=1)


@probe("rest_framework.viewsets.GenericViewSet", member="queryset")
def set_with_list(given: Given) -> None:
    view = given.derive(mixins.ListModelMixin, serializer_class=StorySerializer)
    answered(view.as_view({"get": "list"}))


@probe(*MIXINS, member="get_queryset()")
def mixed_in(given: Given) -> None:
    kind: Any = type("OwnSet", (given.derive(), viewsets.GenericViewSet), {"serializer_class": StorySerializer})
    actions = {"RetrieveModelMixin": ("get", "retrieve"), "UpdateModelMixin": ("put", "update")}
    method, action = actions.get(given.target.__name__, ("delete", "destroy"))
    answered(kind.as_view({method: action}), method, pk=1)


@probe("rest_framework.generics.CreateAPIView", member=("queryset", "get_queryset()"))
def create(given: Given) -> None:
    saved = {"save": lambda self: None}
    serializer = type("Unsaved", (StorySerializer,), saved)
    answered(given.derive(serializer_class=serializer).as_view(), "post")


@probe("rest_framework.generics.get_object_or_404")
def get_object(given: Given) -> None:
    given(pk=1)


@probe("rest_framework.response.Response", shape=records)
def response(given: Given) -> None:
    made = given()
    made.accepted_renderer, made.accepted_media_type, made.renderer_context = JSONRenderer(), "application/json", {}
    assert b"Story 01" in made.render().content


# -- filters and pages


def view_of(**members: Any) -> Any:
    made = type("OwnView", (generics.ListAPIView,), {"serializer_class": StorySerializer, **members})()
    made.request = request()
    made.format_kwarg = None
    return made


@probe("rest_framework.filters.SearchFilter", member="filter_queryset")
def search(given: Given) -> None:
    view = view_of(search_fields=["title"])
    assert len(given.method(given.target(), request(search="01"), view=view)) == 1


@probe("rest_framework.filters.OrderingFilter", member="filter_queryset")
def order(given: Given) -> None:
    view = view_of(ordering_fields=["title"])
    found = given.method(given.target(), request(ordering="-title"), view=view)
    assert [story.title for story in found][:2] == ["Story 11", "Story 10"]


@probe("rest_framework.pagination.PageNumberPagination", "rest_framework.pagination.LimitOffsetPagination",
       "rest_framework.pagination.CursorPagination", member="paginate_queryset")  # fmt: skip
def paginate(given: Given) -> None:
    made = given.target()
    made.page_size = made.default_limit = 5
    made.ordering = "title"
    assert len(given.method(made, request=request())) == 5


@probe("rest_framework.generics.GenericAPIView", *LIST, "rest_framework.viewsets.GenericViewSet", *SETS,
       member="paginate_queryset")  # fmt: skip
def paginate_in_view(given: Given) -> None:
    made = type("OwnView", (given.target,), {"pagination_class": PageNumberPagination})()
    made.request = request()
    assert len(given.method(made)) == 5
