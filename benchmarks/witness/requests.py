"""What the witness costs a request in which nothing is cached: `python -m benchmarks.witness.requests`.

The same process answers blocks of requests in turn with the witness and without it. What else the machine does makes
blocks slower, never faster, so the fastest of each kind are compared; and how often the witness is called is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from cProfile import Profile
from pathlib import Path
from pstats import Stats
from time import process_time
from typing import Any

import click

from qscache_lint.witness.runtime.witness import witnessed

BLOCKS, REQUESTS, WARM = 60, 40, 30
TEMPLATE = "<ul>{% for user in users %}<li>{{ user.username }} {{ user.email|lower }}</li>{% endfor %}</ul>{{ number }}"


def set_up() -> Callable[[], Any]:
    """A Django project in memory; a function that asks it once."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="of a benchmark",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        ROOT_URLCONF=__name__,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.template import engines
    from django.test import Client
    from django.urls import path

    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=f"u{number}", email=f"U{number}@example.org") for number in range(200))
    template = engines["django"].from_string(TEMPLATE)

    def view(request: Any) -> Any:
        from django.http import HttpResponse

        active = User.objects.filter(is_active=True).exclude(username="u3")
        context = {"users": active.order_by("username")[:20], "number": active.count()}
        first = active.filter(pk__in=active.values("pk")).first()
        context["number"] += int(User.objects.filter(username=first.username).exists())
        return HttpResponse(template.render(context, request))

    globals()["urlpatterns"] = [path("", view)]
    client = Client()
    return lambda: client.get("/")


def seconds(ask: Callable[[], Any], *, recorded: bool) -> float:
    """Processor time of one block of requests."""
    with witnessed(Path(__file__).parent) if recorded else nullcontext():
        for _ in range(WARM):  # Python tells anew of each function that begins, and specializes it anew
            ask()
        start = process_time()
        for _ in range(REQUESTS):
            ask()
        return process_time() - start


def calls(ask: Callable[[], Any]) -> float:
    """How often code of the witness is called for one request."""
    with witnessed(Path(__file__).parent):
        for _ in range(WARM):
            ask()
        profile = Profile()
        profile.runcall(lambda: [ask() for _ in range(REQUESTS)])
    counted = Stats(profile).stats  # type: ignore[attr-defined]
    return float(sum(value[1] for (path, _, _), value in counted.items() if "/witness/runtime/" in path) / REQUESTS)


def main() -> None:
    ask = set_up()
    pairs = [(seconds(ask, recorded=False), seconds(ask, recorded=True)) for _ in range(BLOCKS)]
    plain, recorded = (min(block) / REQUESTS * 1000 for block in zip(*pairs, strict=True))
    click.echo(f"{plain:.3f} ms a request, with the witness {recorded:.3f} ms ({recorded / plain - 1:+.1%})")
    click.echo(f"{calls(ask):.0f} calls of the witness in each")


if __name__ == "__main__":
    main()
