"""Settings that cannot be loaded: one line says why, and the stubs alone still answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.oracles import Answers, Asked
from qscache_lint.source.discover import python_files
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.mypy_oracle import MypyOracle
from qscache_lint.values import Position, Span
from tests.literate import write_files

GOOD = "SECRET_KEY = 'no secret'\nINSTALLED_APPS = ['quay']\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
FILES = {
    "manage.py": "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'quay.settings')\n",
    "quay/__init__.py": "",
    "quay/settings.py": GOOD,
    "quay/models.py": """\
from django.db import models


class Boat(models.Model):
    name = models.CharField(max_length=9)


class Crew(models.Model):
    boat = models.ForeignKey(Boat, on_delete=models.CASCADE)


boats = Boat.objects.all()
""",
    "quay/views.py": "from quay.models import Crew\n\n\ndef boat(crew: Crew):\n    return crew.boat\n",
}
MANAGED = Asked("quay/models.py", Span(Position(12, 9), Position(12, 27)), "value")
RELATED = Asked("quay/views.py", Span(Position(5, 12), Position(5, 21)), "value")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def _asked(root: Path, cache: Path, oracle: MypyOracle | None = None) -> Answers:
    tree = SourceTree(root, tuple(python_files(root)))
    return (oracle or MypyOracle(cache=cache)).ask([MANAGED, RELATED], tree)


def _models(answers: Answers) -> tuple[str, str]:
    """The model of the QuerySet, and the class behind the relation."""
    managed, related = (answers.known.get(each, ()) for each in (MANAGED, RELATED))
    return managed[0].model if managed else "", related[0].names[0] if related else ""


def test_settings_give_the_types_of_fields(tmp_path: Path, cache: Path) -> None:
    write_files(tmp_path, FILES)
    answers = _asked(tmp_path, cache)
    assert _models(answers) == ("quay.models.Boat", "quay.models.Boat")
    assert answers.notes == ("--engine mypy loaded the settings quay.settings, which runs code of the project",)
    assert (answers.failure, answers.complete) == ("", True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param("import gone_for_good\n", "ModuleNotFoundError: No module named 'gone_for_good'", id="module"),
        pytest.param("import os\n\nKEY = os.environ['NO_SUCH_KEY']\n", "KeyError: 'NO_SUCH_KEY'", id="variable"),
        pytest.param(GOOD.replace("quay", "gone_app"), "No module named 'gone_app'", id="app"),
        pytest.param("import sys\n\nprint('usage')\nsys.exit('no settings')\n", "SystemExit: no settings", id="exit"),
        pytest.param("import os\n\nos._exit(3)\n", "ended with exit code 3", id="hard exit"),
        pytest.param(
            "import sqlite3\n\nsqlite3.connect('/no/where.db').execute('select 1')\n" + GOOD,
            "OperationalError: unable to open database file",
            id="database",
        ),
        pytest.param("def broken(:\n", "SyntaxError: invalid syntax", id="syntax"),
    ],
)
def test_the_stubs_answer_without_settings(tmp_path: Path, cache: Path, settings: str, said: str) -> None:
    write_files(tmp_path, {**FILES, "quay/settings.py": settings})
    answers = _asked(tmp_path, cache)
    assert _models(answers)[0] == "quay.models.Boat"
    (note,) = answers.notes
    assert note.startswith("the settings quay.settings cannot be loaded: ")
    assert said in note
    assert "\n" not in note
    assert note.endswith("; types are those of django-stubs alone")
    assert (answers.failure, answers.complete) == ("", False)


def test_settings_that_are_not_to_be_loaded_do_not_run(tmp_path: Path, cache: Path) -> None:
    ran = tmp_path / "ran"
    write_files(tmp_path, {**FILES, "quay/settings.py": f"open({str(ran)!r}, 'w').close()\n{GOOD}"})
    answers = _asked(tmp_path, cache, MypyOracle(loads_settings=False, cache=cache))
    assert (_models(answers)[0], answers.notes, answers.complete) == ("quay.models.Boat", (), True)
    assert not ran.exists()
    assert _asked(tmp_path, cache).complete
    assert ran.exists()


def test_one_process_of_mypy_answers_whatever_the_environment_says(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPY_NUM_WORKERS", "2")
    write_files(tmp_path, FILES)
    assert _models(_asked(tmp_path, cache, MypyOracle(loads_settings=False, cache=cache)))[0] == "quay.models.Boat"
