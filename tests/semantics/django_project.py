"""A Django project in this very process: settings, tables in memory, and a meter for queries in every thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any


@dataclass
class RunStatistics:
    """Statements that were sent to the database while the meter ran, and whether each had a LIMIT."""

    statements: list[str]

    @property
    def queries(self) -> int:
        return len(self.statements)

    @property
    def limited(self) -> bool:
        return any(" LIMIT " in statement for statement in self.statements)


_METERS: list[RunStatistics] = []


@cache
def prepare() -> None:
    """Configure Django once in this process and fill the tables."""
    import django
    from django.conf import settings
    from django.db.backends.signals import connection_created

    files = Path(mkdtemp(prefix="newsroom-"))
    settings.configure(
        SECRET_KEY="not a secret",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                # Shared, so that other threads see the same rows.
                "NAME": "file:newsroom?mode=memory&cache=shared",
                "OPTIONS": {"uri": True},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.admin",
            "django.contrib.sitemaps",
            *filter(find_spec, ("rest_framework", "django_filters", "django_tables2")),
            "tests.semantics.newsroom",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "newsroom"},
            "file": {
                "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                "LOCATION": str(files / "cache"),
            },
            "database": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_table"},
            "dummy": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        },
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        STATIC_URL="/static/",
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
            "PAGE_SIZE": 5,
        },
        SESSION_FILE_PATH=str(files),
        ROOT_URLCONF="tests.semantics.newsroom.urls",
    )
    connection_created.connect(_meter_connection)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)
    from tests.semantics.newsroom.models import fill

    fill()


def _meter_connection(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(_note)


def _note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    for meter in _METERS:
        # What a cache or session backend sends on its own account does not count.
        if "newsroom_" in sql:
            meter.statements.append(sql)
    return execute(sql, params, many, context)


@contextmanager
def metered() -> Iterator[RunStatistics]:
    """Count what is sent to the tables of the newsroom inside the block, from any thread."""
    meter = RunStatistics([])
    _METERS.append(meter)
    try:
        yield meter
    finally:
        _METERS.remove(meter)
