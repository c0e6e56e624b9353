"""Which Django a project pins, told from files that are read and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.knowledge.model import RELEASED
from qscache_lint.source.django_pin import Pin, pinned_django


def _pin(root: Path, files: dict[str, str]) -> Pin | None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return pinned_django(root, RELEASED)


@pytest.mark.parametrize(
    ("path", "text", "version"),
    [
        pytest.param("requirements.txt", "django==4.2.11\n", (4, 2), id="an exact requirement"),
        pytest.param("requirements/base.txt", "# web\nDjango>=4.2,<5.0  # LTS\n", (4, 2), id="a range"),
        pytest.param("requirements.txt", "Django~=5.2.1\n", (5, 2), id="a compatible release"),
        pytest.param("requirements.txt", "django[argon2]>=5.0\n", (6, 1), id="an open range takes the newest known"),
        pytest.param("requirements.txt", "django==1.11.29 ; python_version < '3'\n", (1, 11), id="an old one, marked"),
        pytest.param("requirements.txt", "django==5.2.3 \\\n    --hash=sha256:abc\n", (5, 2), id="with a hash"),
        pytest.param("pyproject.toml", '[project]\ndependencies = ["Django>=4.2,<4.3"]\n', (4, 2), id="metadata"),
        pytest.param("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "^5.0"\n', (5, 2), id="a caret"),
        pytest.param("pyproject.toml", '[tool.poetry.dependencies]\nDjango = "~4.2"\n', (4, 2), id="a tilde"),
        pytest.param("poetry.lock", '[[package]]\nname = "django"\nversion = "5.1.4"\n', (5, 1), id="a lock file"),
        pytest.param("Pipfile", '[packages]\ndjango = {version = "==4.2.*", extras = []}\n', (4, 2), id="a Pipfile"),
        pytest.param("Pipfile.lock", '{"default": {"django": {"version": "==5.2.1"}}}', (5, 2), id="its lock"),
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    django>=4.2,<5\n", (4, 2), id="setup.cfg"),
        pytest.param("requirements.txt", "Django<2\n", (1, 11), id="everything before"),
        pytest.param("requirements.txt", "Django<=1.11\n", (1, 11), id="everything up to"),
        pytest.param("requirements.txt", "Django<1.11.29,>1.11.20\n", (1, 11), id="some patches"),
        pytest.param("requirements.txt", "Django>=4.2,<4.2.1\n", (4, 2), id="the first of a minor version"),
        pytest.param("requirements.txt", "Django>=5.0,<5.2\n", (5, 1), id="a range between measured versions"),
        pytest.param("requirements.txt", "Django==4.*\n", (4, 2), id="any of a major version"),
        pytest.param("requirements.txt", "Django==4\n", (4, 0), id="a major version is its first minor one"),
        pytest.param("requirements.txt", "Django===3.2.5\n", (3, 2), id="an arbitrary equality"),
        pytest.param("requirements.txt", "Django==6.0b1\n", (6, 0), id="a beta"),
        pytest.param("requirements.txt", "Django==99.0\n", (6, 1), id="one that does not exist"),
        pytest.param("requirements.txt", "Django==4.3\n", (6, 1), id="one that never existed"),
        pytest.param("requirements.txt", "Django>=9\n", (6, 1), id="only what is to come"),
        pytest.param("setup.py", "setup(install_requires=['Django>=4.2,<5.3', 'six'])\n", (5, 2), id="setup.py"),
    ],
)
def test_what_a_file_says(tmp_path: Path, path: str, text: str, version: tuple[int, int]) -> None:
    pin = _pin(tmp_path, {path: text})
    assert pin is not None
    assert (pin.version, pin.path) == (version, path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("Django==4.2.1\n", "pinned in requirements.txt", id="pinned"),
        pytest.param("Django>=1.3.1\n", "at least 1.3 in requirements.txt: using 6.1", id="open"),
        pytest.param("Django>=1.8,<2\n", "1.8 to 1.11 in requirements.txt: using 1.11", id="an old range"),
        pytest.param("Django==4.2.*\n", "pinned in requirements.txt", id="any patch of one version"),
        pytest.param("Django==4.*\n", "4.0 to 4.2 in requirements.txt: using 4.2", id="any of a major"),
        pytest.param(
            "Django==99.0\n", "the newest known; requirements.txt asks for an unknown version", id="not known"
        ),
    ],
)
def test_why_it_is_this_version(tmp_path: Path, text: str, reason: str) -> None:
    pin = _pin(tmp_path, {"requirements.txt": text})
    assert pin is not None
    assert pin.reason == reason


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("requirements.txt", "django\n", id="no version"),
        pytest.param("requirements.txt", "django-filter==24.1\ndjangorestframework==3.15\n", id="other packages"),
        pytest.param("requirements.txt", "-e git+https://example.org/django.git#egg=django\n", id="a checkout"),
        pytest.param("requirements.txt", "django==lots\n", id="nonsense"),
        pytest.param("Pipfile.lock", "{not json", id="broken JSON"),
        pytest.param("Pipfile.lock", "[1]", id="JSON of another shape"),
        pytest.param("pyproject.toml", '[project]\nname = "django-shop"\n', id="a name that begins alike"),
    ],
)
def test_what_says_nothing(tmp_path: Path, path: str, text: str) -> None:
    assert _pin(tmp_path, {path: text}) is None


def test_a_lock_file_is_surer_than_a_range(tmp_path: Path) -> None:
    files = {
        "uv.lock": '[[package]]\nname = "django"\nversion = "4.2.16"\n',
        "pyproject.toml": '[project]\ndependencies = ["django>=4.2"]\n',
    }
    assert _pin(tmp_path, files) == Pin((4, 2), "uv.lock")


def test_an_unreadable_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").mkdir()
    assert pinned_django(tmp_path, RELEASED) is None
