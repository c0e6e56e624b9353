"""Serializers and task queues: what completes their work, and what they need for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.semantics.caches.families import Family, Server, work
from tests.semantics.caches.names import Call, Made, Place, call
from tests.semantics.caches.probes.django import default_cache

_REDIS: Server = "redis"


def _opened(place: Place, mode: str) -> Any:
    file = (Path(place.folder) / "kept").open(mode)
    place.kept.append(file)
    return file


def _file(place: Place) -> Call:
    return call(file=_opened(place, "wb"))


def _text_file(place: Place) -> Call:
    return call(fp=_opened(place, "w"))


def _file_name(place: Place) -> Call:
    return call(filename=str(Path(place.folder) / "kept"))


def _task(_: Place) -> Call:
    return call(work)


def _key(place: Place) -> Call:
    return call(place.word)


# -- Python's own


def _take(place: Place, queue: Any, result: Any) -> None:
    """Wait until the feeder thread has pickled what was put."""
    queue.get()


def _close_pool(place: Place, pool: Any, result: Any) -> None:
    pool.close()
    pool.join()


def _consume_and_close(place: Place, pool: Any, result: Any) -> None:
    if hasattr(result, "__next__"):
        list(result)
    _close_pool(place, pool, result)


def _shut_down(place: Place, executor: Any, result: Any) -> None:
    list(result) if hasattr(result, "__next__") else result.result()
    executor.shutdown()


def _forking(place: Place) -> Call:
    """Processes that know Django because they are copies of this one."""
    return call(1, mp_context=import_module("multiprocessing").get_context("fork"))


def _held(place: Place, made: Any) -> Any:
    place.kept.append(made)
    return made


_POOLS = ("multiprocessing.Pool", "multiprocessing.pool.Pool", "multiprocessing.get_context().Pool")
_POOL_METHODS = (
    "apply",
    "apply_async",
    "map",
    "map_async",
    "imap",
    "imap_unordered",
    "starmap",
    "starmap_async",
)

# -- sessions


def _save(place: Place, session: Any, result: Any) -> None:
    session.save()


@contextmanager
def _cached_sessions(place: Place) -> Iterator[None]:
    from django.test.utils import override_settings

    with override_settings(SESSION_SAVE_EVERY_REQUEST=False), default_cache(place):
        yield


@contextmanager
def _requests_have_sessions(place: Place) -> Iterator[None]:
    """What the session middleware does to a request."""
    request = import_module("django.http").HttpRequest
    request.session = import_module("django.contrib.sessions.backends.db").SessionStore()
    yield
    del request.session


_SESSIONS = (
    "django.http.HttpRequest().session",
    *(
        f"django.contrib.sessions.backends.{name}.SessionStore()"
        for name in ("db", "cached_db", "file", "signed_cookies", "cache")
    ),
)
_SESSION_KEYS = {f"{session}.{method}": _key for session in _SESSIONS for method in ("__setitem__", "setdefault")}

# -- celery


def _celery(place: Place) -> Call:
    return call(place.word, broker="memory://", set_as_current=True)


@contextmanager
def _current_app(place: Place) -> Iterator[None]:
    app = import_module("celery").Celery(place.word, broker="memory://", set_as_current=True)
    app.conf.accept_content = ["json", "pickle"]
    yield
    app.close()


def _send(place: Place, receiver: Any, result: Any) -> None:
    """Send what waits to be sent."""
    if isinstance(result, import_module("celery.canvas").Signature):
        result.apply_async()


def _registered(base: type) -> Any:
    """A task whose class derives from celery's own."""
    task = type("Work", (base,), {"name": "work", "run": lambda self, *given, **named: None})()
    import_module("celery").current_app.register_task(task)
    return task


_SIGNATURES = ("celery.signature", "celery.canvas.signature", "celery.subtask")
_SHARED = ("celery.shared_task", "celery.app.shared_task")
_APPS = ("celery.Celery", "celery.app.base.Celery")
_MADE_APPS = tuple(f"{name}()" for name in _APPS)
_TASK_CLASSES = ("celery.Task", "celery.app.task.Task")

# -- rq


def _queue(place: Place) -> Call:
    return call(place.word, connection=import_module("redis").Redis.from_url(place.redis))


def _after(_: Place) -> Call:
    return call(timedelta(minutes=5), work)


def _at(_: Place) -> Call:
    return call(datetime.now(timezone.utc) + timedelta(minutes=5), work)


@contextmanager
def _django_rq(place: Place) -> Iterator[None]:
    from django.conf import settings

    settings.RQ_QUEUES = {"default": {"URL": place.redis}}
    yield


_RQ_QUEUES = ("rq.Queue()", "rq.queue.Queue()", "django_rq.get_queue()", "django_rq.queues.get_queue()")

# -- huey, dramatiq, django-q2


_HUEY_TASKS = (
    *(f"huey.{name}().task" for name in ("Huey", "RedisHuey", "SqliteHuey", "FileHuey", "MemoryHuey")),
    "huey.contrib.djhuey.task",
    "huey.contrib.djhuey.db_task",
)


def _huey(place: Place) -> Call:
    return call(place.word)


@contextmanager
def _djhuey(place: Place) -> Iterator[None]:
    from django.conf import settings

    settings.HUEY = {"huey_class": "huey.MemoryHuey", "immediate": False}
    yield


@contextmanager
def _stub_broker(place: Place) -> Iterator[None]:
    broker = import_module("dramatiq.brokers.stub").StubBroker()
    import_module("dramatiq").set_broker(broker)
    yield
    broker.close()


@contextmanager
def _django_q(place: Place) -> Iterator[None]:
    from django.conf import settings

    settings.Q_CLUSTER = {"name": place.word, "redis": place.redis}
    yield


def _run_parallel(place: Place, receiver: Any, result: Any) -> None:
    """What `delayed(...)` gives is pickled when a process is given it."""
    import_module("joblib").Parallel(n_jobs=2, backend="multiprocessing")([result])


FAMILIES = (
    Family(
        names=("pickle.dump", "cloudpickle.dump", "cloudpickle.cloudpickle.dump", "dill.dump"),
        more=dict.fromkeys(("pickle.dump", "cloudpickle.dump", "cloudpickle.cloudpickle.dump", "dill.dump"), _file),
    ),
    Family(names=("pickle.Pickler",), fill={"pickle.Pickler": lambda at: call(_opened(at, "wb"))}),
    Family(names=("json.",), more={"json.dump": _text_file}),
    Family(
        names=("joblib.dump", "joblib.numpy_pickle.dump"),
        more=dict.fromkeys(("joblib.dump", "joblib.numpy_pickle.dump"), _file_name),
    ),
    Family(
        names=("joblib.delayed()", "joblib.parallel.delayed()"),
        fill={name: lambda at: call(work) for name in ("joblib.delayed", "joblib.parallel.delayed")},
        finish=_run_parallel,
    ),
    Family(
        names=("multiprocessing.Queue()", "multiprocessing.JoinableQueue()", "multiprocessing.SimpleQueue()"),
        finish=_take,
    ),
    Family(
        names=("multiprocessing.Manager()",),
        fill={"multiprocessing.Manager": lambda at: Made(make=lambda maker: _held(at, maker()))},
        more={f"multiprocessing.Manager().dict().{method}": _key for method in ("__setitem__", "setdefault")},
    ),
    Family(
        names=("multiprocessing.Pipe()[]",),
        fill={
            "multiprocessing.Pipe": lambda at: Made(make=lambda maker: _held(at, maker())),
            "multiprocessing.Pipe()": lambda at: 1,
        },
    ),
    Family(
        names=tuple(f"{name}()" for name in _POOLS),
        fill=dict.fromkeys(_POOLS, lambda at: call(1)),
        more={f"{name}().{method}": _task for name in _POOLS for method in _POOL_METHODS},
        finish=_consume_and_close,
    ),
    Family(
        names=("concurrent.",),
        fill={f"concurrent.futures.{name}ProcessPoolExecutor": _forking for name in ("", "process.")},
        more={
            f"concurrent.futures.{name}ProcessPoolExecutor().{method}": _task
            for name in ("", "process.")
            for method in ("submit", "map")
        },
        finish=_shut_down,
    ),
    Family(
        names=("django.http.HttpRequest().session",), more=_SESSION_KEYS, around=_requests_have_sessions, finish=_save
    ),
    Family(names=("django.contrib.sessions.",), more=_SESSION_KEYS, around=_cached_sessions, finish=_save),
    Family(
        names=("celery.",),
        fill=dict.fromkeys(_APPS, _celery),
        more={
            **{f"{app}.send_task": lambda at: call("work") for app in (*_MADE_APPS, "celery.current_app")},
            **dict.fromkeys(("celery.execute.send_task", *_SIGNATURES), lambda at: call("work")),
        },
        around=_current_app,
        finish=_send,
        tasks=True,
        refusals=("kombu.exceptions.EncodeError",),
    ),
    Family(
        names=tuple(f"{name}()" for name in _TASK_CLASSES),
        fill=dict.fromkeys(_TASK_CLASSES, lambda at: Made(make=_registered)),
        around=_current_app,
        refusals=("kombu.exceptions.EncodeError",),
    ),
    Family(
        names=("rq.", "django_rq."),
        fill={
            **dict.fromkeys(("rq.Queue", "rq.queue.Queue"), _queue),
        },
        more={
            f"{queue}.{method}": arguments
            for queue in _RQ_QUEUES
            for method, arguments in (
                ("enqueue", _task),
                ("enqueue_call", _task),
                ("enqueue_in", _after),
                ("enqueue_at", _at),
            )
        }
        | {"django_rq.enqueue": _task, "django_rq.queues.enqueue": _task},
        around=_django_rq,
        servers={"": _REDIS},
    ),
    Family(
        names=("rq.decorators.job()()", "django_rq.job()", "django_rq.decorators.job()"),
        fill={
            "rq.decorators.job": _queue,
            **{name: lambda at: call("default") for name in ("django_rq.job", "django_rq.decorators.job")},
        },
        around=_django_rq,
        servers={"": _REDIS},
        tasks=True,
    ),
    Family(
        names=("huey.",),
        fill={
            "huey.MemoryHuey": _huey,
            **{f"huey.{name}": lambda at: call(at.word, url=at.redis) for name in ("Huey", "RedisHuey")},
            "huey.SqliteHuey": lambda at: call(at.word, filename=str(Path(at.folder) / "queue")),
            "huey.FileHuey": lambda at: call(at.word, path=at.folder),
        },
        more={f"{task}()().schedule": lambda at: call(delay=60) for task in _HUEY_TASKS},
        around=_djhuey,
        needs={"RedisHuey": "redis", "huey.Huey": "redis"},
        servers={"RedisHuey": _REDIS, "huey.Huey": _REDIS},
        tasks=True,
    ),
    Family(names=("dramatiq.",), around=_stub_broker, tasks=True),
    Family(names=("django_q.",), more={"django_q.tasks.async_task": _task}, around=_django_q, servers={"": _REDIS}),
)
