"""What is harmless: each probe shows that no QuerySet that was kept is handed out, or that the call is refused."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from importlib import import_module
from io import StringIO
from typing import Any, TypeAlias

import pytest

from tests.semantics.caches.families import work
from tests.semantics.caches.observe import Rows, news
from tests.semantics.caches.running import Stage
from tests.semantics.django_project import metered

Probe: TypeAlias = Callable[[Stage], None]


class Counter:
    """A function that is counted."""

    def __init__(self, give: Callable[..., Any]) -> None:
        self.runs = 0
        self._give = give

    def __call__(self, *arguments: Any) -> Any:
        self.runs += 1
        return self._give(*arguments)


def page(request: Any) -> Any:
    """A view that prints the titles of a QuerySet."""
    from django.http import HttpResponse

    return HttpResponse(", ".join(story.title for story in news()))


def request(stage: Stage) -> Any:
    from django.test import RequestFactory

    return RequestFactory().get(f"/{stage.place.word}/")


def counted_view(stage: Stage) -> tuple[Counter, Callable[[Any], Any]]:
    """A view with a name of its own, and what counts its runs."""
    counter = Counter(page)

    def stories(request: Any) -> Any:
        return counter(request)

    stories.__name__ = stories.__qualname__ = stage.place.word
    return counter, stories


def _keeps_bytes(stage: Stage, counter: Counter, view: Callable[[Any], Any]) -> None:
    first = view(request(stage)).content
    with metered() as hit:
        again = view(request(stage)).content
    assert (counter.runs, hit.queries, again, b"Story 01" in again) == (1, 0, first, True)


def keeps_the_response(stage: Stage) -> None:
    """The view runs once, and what comes back is bytes."""
    counter, view = counted_view(stage)
    _keeps_bytes(stage, counter, stage.object()(view))


def keeps_no_response(stage: Stage) -> None:
    counter, view = counted_view(stage)
    decorated = stage.object()(view)
    decorated(request(stage))
    decorated(request(stage))
    assert counter.runs == 2


def two_middlewares_keep_the_response(stage: Stage) -> None:
    """One stores and one fetches: neither works without the other."""
    middleware = import_module("django.middleware.cache")
    counter, view = counted_view(stage)
    _keeps_bytes(stage, counter, middleware.UpdateCacheMiddleware(middleware.FetchFromCacheMiddleware(view)))


def api_view_keeps_the_response(stage: Stage) -> None:
    views, response = import_module("rest_framework.views"), import_module("rest_framework.response")
    counter = Counter(lambda: response.Response([story.title for story in news()]))

    def get(self: Any, request: Any) -> Any:
        return counter()

    members = {"get": stage.object()(get), "authentication_classes": ()}
    api: Any = type("Stories", (views.APIView,), members)
    view = api.as_view()
    _keeps_bytes(stage, counter, view)


def fragment(stage: Stage) -> None:
    from django.template import Context, Template

    template = Template(
        "{% load cache %}{% cache 60 " + stage.place.word + " %}{% for story in stories %}{{ story }}{% endfor %}"
        "{% endcache %}"
    )
    first = template.render(Context({"stories": news()}))
    with metered() as hit:
        assert template.render(Context({"stories": news()})) == first
    assert (hit.queries, "Story 01" in first) == (0, True)


def lazy_runs_each_time(stage: Stage) -> None:
    counter = Counter(news)
    proxy = stage.object()(counter, type(news()))()
    proxy.filter(author__name="Ada")
    proxy.filter(author__name="Ada")
    assert counter.runs == 2


def each_proxy_has_its_own(stage: Stage) -> None:
    counter = Counter(news)
    proxies = [stage.object()(counter) for _ in range(2)]
    assert [list(proxy) for proxy in proxies] == [list(news())] * 2
    assert counter.runs == 2


def runs_at_every_access(stage: Stage) -> None:
    counter = Counter(lambda owner: news())
    owner = type("Owner", (), {"rows": stage.object()(lambda self: counter(self))})()
    assert owner.rows is not owner.rows
    assert counter.runs == 2


def looks_up_entries(stage: Stage) -> None:
    """A QuerySet of pairs is read into a dictionary."""
    counter = Counter(lambda: news().values_list("title", "kind"))
    lookup = stage.object()(lambda: counter())
    assert (lookup("Story 01"), lookup("Story 02"), counter.runs) == ("news", "news", 1)


def keeps_items(stage: Stage) -> None:
    with metered() as reading:
        items = stage.object()(news())
        read = list(items)
        items.seek(0)
        assert list(items) == read
    assert (reading.queries, hasattr(items, "filter")) == (1, False)


def thread_gets_the_object(stage: Stage) -> None:
    queryset = news()
    executor = import_module("concurrent.futures").ThreadPoolExecutor(1)
    with metered() as meter, executor:
        given = executor.submit(lambda rows: rows, queryset).result()
    assert (meter.queries, given is queryset) == (0, True)


def holds_weakly(stage: Stage) -> None:
    mapping = stage.object()
    mapping["stories"] = news()
    gc.collect()
    assert "stories" not in mapping


def job_keeps_the_object(stage: Stage) -> None:
    queryset = news()
    with metered() as meter:
        job = stage.object()(work, args=[queryset])
    assert (meter.queries, job.args[0] is queryset) == (0, True)


def json_coder_refuses(stage: Stage) -> None:
    async def stories() -> Rows:
        return news()

    with pytest.raises(ValueError, match="__dict__"):
        stage.loop.settle(stage.object()(stories)())


def client_refuses(stage: Stage) -> None:
    refusal = import_module("redis.exceptions").DataError
    with pytest.raises(refusal, match="QuerySet"):
        stage.object()(lambda: news())()


def json_refuses(stage: Stage) -> None:
    files = [StringIO()] if stage.claim.name.endswith(".dump") else []
    with metered() as meter, pytest.raises(TypeError, match="not JSON serializable"):
        stage.object()(news(), *files)
    assert meter.queries == 0


def _kept_by_sql(build: Callable[[], Rows]) -> None:
    """A lazy QuerySet, whose rows are kept by its SQL: a refined one has rows of its own, which are kept likewise."""

    def queries(rows: Rows) -> int:
        with metered() as meter:
            list(rows)
        return meter.queries

    with metered() as building:
        build()
    assert building.queries == 0
    assert [queries(build()), queries(build())] == [1, 0]
    assert [queries(build().filter(author__name="Ada")), queries(build().filter(author__name="Ada"))] == [1, 0]


def cacheops_queryset(stage: Stage) -> None:
    _kept_by_sql(lambda: news().filter(title__lt=stage.place.word).cache())


def cacheops_manager(stage: Stage) -> None:
    from tests.semantics.newsroom.models import Story

    _kept_by_sql(lambda: Story.objects.cache().filter(title__lt=stage.place.word))


def _cached_stories() -> Any:
    """A model whose manager keeps rows."""
    from tests.semantics.newsroom.models import Story

    caching = import_module("caching.base")
    meta = type("Meta", (), {"proxy": True, "app_label": "newsroom"})
    members = {"Meta": meta, "objects": caching.CachingManager(), "__module__": __name__}
    return type("CachedStory", (caching.CachingMixin, Story), members)


def caching_manager(stage: Stage) -> None:
    model = _cached_stories()
    _kept_by_sql(lambda: model.objects.cache(60).filter(title__lt=stage.place.word))


def caching_queryset(stage: Stage) -> None:
    model = _cached_stories()
    _kept_by_sql(lambda: model.objects.filter(title__lt=stage.place.word).cache(60))


def statements_are_kept(stage: Stage) -> None:
    _kept_by_sql(lambda: news().filter(title__lt=stage.place.word))


def invalidating_empties_the_statements(stage: Stage) -> None:
    rows = news().filter(title__lt=stage.place.word)
    list(rows)
    import_module("cachalot.api").invalidate()
    with metered() as meter:
        list(rows.all())
    assert meter.queries == 1


def disabled_means_no_cache(stage: Stage) -> None:
    statements_are_kept(stage)
    with import_module("cachalot.api").cachalot_disabled(), metered() as meter:
        list(news().filter(title__lt=stage.place.word))
    assert meter.queries == 1


_EXTENSIONS = "rest_framework_extensions.cache.decorators"
_SCHEDULERS = ("background.BackgroundScheduler", "blocking.BlockingScheduler", "asyncio.AsyncIOScheduler")

PROBES: Mapping[str, Probe] = {
    "concurrent.futures.ThreadPoolExecutor().submit": thread_gets_the_object,
    "concurrent.futures.thread.ThreadPoolExecutor().submit": thread_gets_the_object,
    "weakref.WeakValueDictionary()": holds_weakly,
    "json.dumps": json_refuses,
    "json.dump": json_refuses,
    "django.views.decorators.cache.cache_page()": keeps_the_response,
    "django.middleware.cache.CacheMiddleware": keeps_the_response,
    "django.middleware.cache.UpdateCacheMiddleware": two_middlewares_keep_the_response,
    "django.middleware.cache.FetchFromCacheMiddleware": two_middlewares_keep_the_response,
    "django.views.decorators.cache.cache_control()": keeps_no_response,
    "django.views.decorators.cache.never_cache": keeps_no_response,
    "django.templatetags.cache.do_cache": fragment,
    "django.utils.functional.lazy": lazy_runs_each_time,
    "django.utils.functional.SimpleLazyObject": each_proxy_has_its_own,
    "cacheops.cached_view": keeps_the_response,
    "cacheops.cached_view()": keeps_the_response,
    "cacheops.cache.cached_view": keeps_the_response,
    "cacheops.cache.cached_view()": keeps_the_response,
    "cacheops.cached_view_as()": keeps_the_response,
    "cacheops.query.cached_view_as()": keeps_the_response,
    "cacheops.query.QuerySetMixin.cache": cacheops_queryset,
    "cacheops.query.ManagerMixin.cache": cacheops_manager,
    "cachalot.api.cachalot_disabled": disabled_means_no_cache,
    "cachalot.api.invalidate": invalidating_empties_the_statements,
    "caching.base.CachingQuerySet.cache": caching_queryset,
    "caching.base.CachingManager.cache": caching_manager,
    f"{_EXTENSIONS}.cache_response()": api_view_keeps_the_response,
    f"{_EXTENSIONS}.CacheResponse()": api_view_keeps_the_response,
    "funcy.cached_readonly": runs_at_every_access,
    "funcy.objects.cached_readonly": runs_at_every_access,
    "funcy.make_lookuper": looks_up_entries,
    "funcy.silent_lookuper": looks_up_entries,
    "more_itertools.seekable": keeps_items,
    "more_itertools.more.seekable": keeps_items,
    "lazy_object_proxy.Proxy": each_proxy_has_its_own,
    "fastapi_cache.decorator.cache()": json_coder_refuses,
    "ring.redis()": client_refuses,
    "ring.func.redis()": client_refuses,
    **{f"apscheduler.schedulers.{name}().add_job": job_keeps_the_object for name in _SCHEDULERS},
}
