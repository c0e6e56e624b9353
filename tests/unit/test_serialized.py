"""What is said of a QuerySet that is serialised: what the project's own settings make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import check_paths
from qscache_lint.values import Finding

ROWS = "this runs the whole query and serialises every row"
PRINTED = "this runs a query for 21 rows and serialises only their text, and is then rejected"
REFUSED = "the serializer rejects it"
OPEN = "the configured serializer either serialises every row or rejects it"

MODELS = "from django.db import models\n\n\nclass Visit(models.Model):\n    open = models.BooleanField()\n"
TASKS = "from celery import shared_task\n\n\n@shared_task{options}\ndef remind(visits):\n    return len(visits)\n"
SENDER = "from clinic.models import Visit\nfrom clinic.tasks import remind\n\nremind.{call}\n"
SESSION = (
    "from clinic.models import Visit\n\n\ndef choose(request):\n    request.session['rows'] = Visit.objects.all()\n"
)
DELAY = "delay(Visit.objects.all())"


def _finding(root: Path, files: dict[str, str]) -> Finding:
    for path, text in {"clinic/models.py": MODELS, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (finding,) = [each for project in check_paths([root]).projects for each in project.findings]
    return finding


def _of_task(
    root: Path, settings: str, options: str = "", call: str = DELAY, more: dict[str, str] | None = None
) -> Finding:
    files = {"clinic/tasks.py": TASKS.format(options=options), "clinic/sender.py": SENDER.format(call=call)}
    return _finding(root, {**files, "site/conf.py": settings, **(more or {})})


APP = "from celery import Celery\n\napp = Celery('clinic')\n"


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        pytest.param("", PRINTED, id="the default is JSON"),
        pytest.param("CELERY_RESULT_SERIALIZER = 'pickle'\n", PRINTED, id="the serializer of something else"),
        pytest.param("NO_TASK_SERIALIZERS = 'pickle'\n", PRINTED, id="another name"),
        pytest.param("CELERY_TASK_SERIALIZER = 'json'\n", PRINTED, id="JSON"),
        pytest.param("CELERY_TASK_SERIALIZER = 'pickle'\n", ROWS, id="a Django setting"),
        pytest.param("CLINIC_TASK_SERIALIZER = 'pickle'\n", ROWS, id="in another namespace"),
        pytest.param("task_serializer = 'pickle'\n", ROWS, id="a module of celery's own"),
        pytest.param(f"{APP}app.conf.task_serializer = 'pickle'\n", ROWS, id="an attribute of the app"),
        pytest.param(f"{APP}app.conf['task_serializer'] = 'pickle'\n", ROWS, id="an entry of the app"),
        pytest.param(f"{APP}app.conf.update(task_serializer='pickle')\n", ROWS, id="an update of the app"),
        pytest.param(f"{APP}app.conf.update({{'task_serializer': 'pickle'}})\n", ROWS, id="an update by a dict"),
        pytest.param("class Settings:\n    CELERY_TASK_SERIALIZER = 'pickle'\n", ROWS, id="in a class"),
        pytest.param(
            "def set_up(app):\n    app.conf.task_serializer = 'pickle'\n", ROWS, id="in a function"
        ),
        pytest.param("KIND = 'pickle'\nCELERY_TASK_SERIALIZER = KIND\n", ROWS, id="through a name"),
        pytest.param("CELERY_TASK_SERIALIZER = 'clinic-rows'\n", OPEN, id="one of the project's own"),
        pytest.param("import os\nCELERY_TASK_SERIALIZER = os.environ['KIND']\n", OPEN, id="from the environment"),
        pytest.param("CELERY_TASK_SERIALIZER = 'json'\ntask_serializer = 'pickle'\n", OPEN, id="two that do not agree"),
        pytest.param("if DEBUG:\n    CELERY_TASK_SERIALIZER = 'pickle'\n", OPEN, id="under a condition"),
        pytest.param("if DEBUG:\n    CELERY_TASK_SERIALIZER = 'json'\n", PRINTED, id="the default under a condition"),
        pytest.param(
            "CELERY_TASK_SERIALIZER = 'pickle'\nif DEBUG:\n    CELERY_TASK_SERIALIZER = 'pickle'\n", ROWS, id="the same"
        ),
        pytest.param(
            "CELERY_TASK_SERIALIZER = 'pickle'\nif DEBUG:\n    CELERY_TASK_SERIALIZER = 'json'\n", OPEN, id="overridden"
        ),
        pytest.param(
            "try:\n    import msgpack\n    CELERY_TASK_SERIALIZER = 'pickle'\nexcept ImportError:\n    pass\n",
            OPEN,
            id="in a try",
        ),
        pytest.param(f"{APP}if DEBUG:\n    app.conf.task_serializer = 'pickle'\n", OPEN, id="an app's in a condition"),
        pytest.param(
            f"{APP}if DEBUG:\n    app.conf.update(task_serializer='pickle')\n", OPEN, id="an update in a condition"
        ),
    ],
)
def test_the_settings_of_celery_decide(tmp_path: Path, settings: str, result: str) -> None:
    assert _of_task(tmp_path, settings).message == f"shared_task.delay() serialises a QuerySet: {result}"


def test_the_setting_stands_in_the_trail(tmp_path: Path) -> None:
    step = _of_task(tmp_path, "DEBUG = True\nCELERY_TASK_SERIALIZER = 'pickle'\n").trail[-1]
    assert (step.path, step.span.start.row, step.message) == ("site/conf.py", 2, "the task serializer is chosen here")


@pytest.mark.parametrize(
    ("options", "settings", "result"),
    [
        pytest.param("(serializer='pickle')", "", ROWS, id="pickle"),
        pytest.param("(serializer='pickle')", "CELERY_TASK_SERIALIZER = 'json'\n", ROWS, id="pickle, whatever is set"),
        pytest.param("(serializer='json')", "CELERY_TASK_SERIALIZER = 'pickle'\n", PRINTED, id="JSON, whatever is set"),
        pytest.param("(serializer='msgpack')", "", OPEN, id="one that is not known"),
        pytest.param("(serializer='yaml')", "CELERY_TASK_SERIALIZER = 'pickle'\n", OPEN, id="YAML, whatever is set"),
        pytest.param("(bind=True, serializer=KIND)", "CELERY_TASK_SERIALIZER = 'pickle'\n", OPEN, id="a name"),
        pytest.param("(serializer='json' if KIND else 'pickle')", "", OPEN, id="one of two"),
        pytest.param("(serializer=None)", "CELERY_TASK_SERIALIZER = 'pickle'\n", ROWS, id="None leaves it to them"),
    ],
)
def test_a_task_decides_before_the_settings(tmp_path: Path, options: str, settings: str, result: str) -> None:
    found = _of_task(tmp_path, settings, options)
    assert found.message.endswith(f": {result}")
    assert "?" not in found.message


@pytest.mark.parametrize(
    ("serializer", "result"),
    [
        pytest.param("'pickle'", ROWS, id="pickle"),
        pytest.param("'json'", PRINTED, id="JSON"),
        pytest.param("KIND", OPEN, id="one that is not written there"),
    ],
)
def test_a_call_decides_before_all(tmp_path: Path, serializer: str, result: str) -> None:
    call = f"apply_async([Visit.objects.all()], serializer={serializer})"
    found = _of_task(tmp_path, "CELERY_TASK_SERIALIZER = 'yaml'\n", call=call)
    assert found.message == f"shared_task.apply_async() serialises a QuerySet: {result}"


@pytest.mark.parametrize(
    ("options", "serializer", "result"),
    [
        ("(serializer='pickle')", "json", PRINTED),
        ("(serializer='pickle')", "yaml", OPEN),
        ("(serializer='json')", "pickle", ROWS),
        ("(serializer='msgpack')", "pickle", ROWS),
    ],
)
def test_a_call_decides_before_its_task(tmp_path: Path, options: str, serializer: str, result: str) -> None:
    found = _of_task(tmp_path, "", options, f"apply_async([Visit.objects.all()], serializer='{serializer}')")
    assert found.message.endswith(f": {result}")


def test_delay_hands_every_keyword_to_the_task(tmp_path: Path) -> None:
    found = _of_task(tmp_path, "", call="delay(Visit.objects.all(), serializer='pickle')")
    assert found.message.endswith(f": {PRINTED}")


SET = "CELERY_TASK_SERIALIZER = 'pickle'\n"
MANAGE = "import os\nos.environ{}\n"


@pytest.mark.parametrize(
    ("files", "result"),
    [
        pytest.param({"site/settings/prod.py": SET}, ROWS, id="a package of settings"),
        pytest.param({"clinic/local_settings.py": SET}, ROWS, id="local settings"),
        pytest.param({"config/base.py": SET}, ROWS, id="a package config"),
        pytest.param({"celeryconfig.py": SET}, ROWS, id="celery's own"),
        pytest.param({"clinic/constants.py": SET}, PRINTED, id="another module"),
        pytest.param({"clinic/constants.py": "d = {'task_serializer': 'pickle'}\n"}, PRINTED, id="another dict"),
        pytest.param({"clinic/a.py": "def f(x):\n    x.task_serializer = 'pickle'\n"}, PRINTED, id="another object"),
        pytest.param({"clinic/a.py": f"{APP}app.conf.task_serializer = 'pickle'\n"}, ROWS, id="an app anywhere"),
        pytest.param(
            {"clinic/a.py": "import celery\napp = celery.Celery('a', task_serializer='pickle')\n"}, ROWS, id="made so"
        ),
        pytest.param({"tests/settings.py": SET}, PRINTED, id="settings among tests"),
        pytest.param({"site/settings/test.py": SET}, PRINTED, id="settings for tests"),
        pytest.param({"clinic/test_settings.py": SET}, PRINTED, id="a test of settings"),
        pytest.param({"conftest.py": f"{APP}app.conf.task_serializer = 'pickle'\n"}, PRINTED, id="an app of tests"),
        pytest.param(
            {"clinic/prod.py": SET, "manage.py": MANAGE.format(".setdefault('DJANGO_SETTINGS_MODULE', 'clinic.prod')")},
            ROWS,
            id="named by manage.py",
        ),
        pytest.param(
            {"clinic/prod.py": SET, "wsgi.py": MANAGE.format("['DJANGO_SETTINGS_MODULE'] = 'clinic.prod'")},
            ROWS,
            id="named by wsgi.py",
        ),
        pytest.param(
            {
                "clinic/prod.py": "from .common import *\n",
                "clinic/common.py": SET,
                "wsgi.py": MANAGE.format("['DJANGO_SETTINGS_MODULE'] = 'clinic.prod'"),
            },
            ROWS,
            id="taken over by what is named",
        ),
        pytest.param(
            {"clinic/prod.py": SET, "conftest.py": MANAGE.format("['DJANGO_SETTINGS_MODULE'] = 'clinic.prod'")},
            PRINTED,
            id="named by tests",
        ),
        pytest.param(
            {"clinic/settings.py": "from clinic.common import *\n", "clinic/common.py": SET}, ROWS, id="taken over"
        ),
        pytest.param(
            {"clinic/settings.py": "from clinic.common import NAME\n", "clinic/common.py": SET},
            PRINTED,
            id="not taken over",
        ),
        pytest.param(
            {"clinic/queue.py": SET, "clinic/a.py": f"{APP}app.config_from_object('clinic.queue')\n"},
            ROWS,
            id="given to the app",
        ),
    ],
)
def test_which_files_can_be_settings(tmp_path: Path, files: dict[str, str], result: str) -> None:
    assert _of_task(tmp_path, "", more=files).message.endswith(f": {result}")


CACHE_ENGINE = "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
PICKLING = "SESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'\n"


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        pytest.param(f"if DEBUG:\n    {PICKLING}", OPEN, id="a serializer under a condition"),
        pytest.param(f"if DEBUG:\n    {CACHE_ENGINE}", OPEN, id="an engine under a condition"),
        pytest.param(f"{PICKLING}if DEBUG:\n    {CACHE_ENGINE}", ROWS, id="an engine that changes nothing"),
    ],
)
def test_sessions_under_a_condition(tmp_path: Path, settings: str, result: str) -> None:
    found = _finding(tmp_path, {"clinic/views.py": SESSION, "site/settings.py": settings})
    assert found.message.endswith(f": {result}")


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        pytest.param("", REFUSED, id="the default is JSON"),
        pytest.param("SESSION_ENGINE = 'django.contrib.sessions.backends.file'\n", REFUSED, id="files are JSON, too"),
        pytest.param("SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n", ROWS, id="the cache pickles"),
        pytest.param(
            "SESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'\n", ROWS, id="pickle"
        ),
        pytest.param(
            "SESSION_SERIALIZER = 'django.contrib.sessions.serializers.JSONSerializer'\n", REFUSED, id="JSON"
        ),
        pytest.param("SESSION_SERIALIZER = 'clinic.sessions.Rows'\n", OPEN, id="one of the project's own"),
    ],
)
def test_the_settings_of_sessions_decide(tmp_path: Path, settings: str, result: str) -> None:
    found = _finding(tmp_path, {"clinic/views.py": SESSION, "site/settings.py": settings})
    assert found.message == f"HttpRequest.session[…] = serialises a QuerySet: {result}"
