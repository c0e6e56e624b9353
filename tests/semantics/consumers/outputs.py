"""Feeds, sitemaps, serializers, responses and assertions of tests."""

from __future__ import annotations

from typing import Any

from django.contrib.sitemaps.views import sitemap
from django.contrib.syndication.views import Feed
from django.test import RequestFactory

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.consumers.shapes import titles
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe

PLACE = {"SERVER_NAME": "newsroom.example"}


@probe("django.contrib.syndication.views.Feed", member=("items", "items()"))
def feed(given: Given) -> None:
    made = given.derive(title="News", link="/", description="All", item_link=lambda self, story: f"/{story.pk}/")
    assert issubclass(made, Feed)
    assert "Story 01" in made().get_feed(None, in_a_site()).writeString("utf-8")


def in_a_site() -> Any:
    return RequestFactory().get("/", **PLACE)


def mapped(section: Any) -> None:
    """Render the sitemap of one section."""
    response = sitemap(in_a_site(), {"stories": section})
    assert b"/1/" in response.render().content


def location(_: Any, story: Any) -> str:
    return f"/{story.pk}/"


@probe("django.contrib.sitemaps.Sitemap", member="items()")
def section(given: Given) -> None:
    mapped(given.derive(location=location))


@probe("django.contrib.sitemaps.GenericSitemap")
def generic_section(given: Given) -> None:
    made = type("Located", (given.target,), {"location": location})
    mapped(given.call(made))


@probe("django.contrib.sitemaps.GenericSitemap", member="queryset")
def generic_section_is_set(given: Given) -> None:
    made = type("Located", (given.target,), {"location": location})
    mapped(given.assign(made({"queryset": Story.objects.none()})))


@probe("django.core.serializers.serialize")
def serialize(given: Given) -> None:
    assert "Story 01" in given("json")


@probe("django.core.serializers.base.Serializer", "django.core.serializers.python.Serializer",
       "django.core.serializers.json.Serializer", "django.core.serializers.jsonl.Serializer",
       "django.core.serializers.xml_serializer.Serializer", member="serialize")  # fmt: skip
def serializer(given: Given) -> None:
    silent = dict.fromkeys(
        ["start_serialization", "end_serialization", "start_object", "end_object", "handle_field", "handle_fk_field",
         "handle_m2m_field"],
        lambda *_: None,
    )  # fmt: skip
    is_base = given.target.__module__.endswith(".base")
    given.method(type("Silent", (given.target,), silent)() if is_base else given.target())


@probe("django.http.HttpResponse", shape=titles)
def response(given: Given) -> None:
    assert b"Story 01" in given().content


@probe("django.http.StreamingHttpResponse", shape=titles)
def stream(given: Given) -> None:
    assert b"Story 01" in given().getvalue()


@probe("django.http.JsonResponse")
def json_response(given: Given) -> None:
    given(safe=False)


@probe("django.test.TransactionTestCase", "django.test.TestCase", member=("assertQuerySetEqual", "assertQuerysetEqual"))
def assertion(given: Given) -> None:
    stories = list(Story.objects.all())
    case = given.target()
    if given.use.kind == "keyword" and given.use.slot.keyword == "qs":
        given.method(case, values=stories, ordered=False)
    else:
        given.method(case, stories, ordered=False)
