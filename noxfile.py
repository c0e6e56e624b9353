"""All versions that are supported: `nox` runs every session, `nox --list` names them.

| session | what it runs |
|---|---|
| `tests` | the tests, those that multiply in full, on each Python |
| `lowest` | the tests with the lowest versions of all dependencies, on the oldest and the newest Python |
| `semantics` | the tables of the package, executed on every Django that they speak of, in every way |
| `servers` | the servers for editors and agents, with more edits |
| `site` | the pages as a site, below `build/site/`; every link leads somewhere |
| `package` | the distributions: the same bytes twice, their contents, an installation of the wheel alone |
| `programs` | thousands of generated programs, other ones each time, on the oldest and the newest Python |
| `faults` | signals at 200 moments, hostile sources at full size, damaged caches, 1 to 8 jobs |
| `mutants` | mutation testing of a sample of the core |
| `typed` | the typed engine, with the oldest and the newest type checker |
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
DJANGO = {"4.2": "3.11", "5.2": "3.12", "6.1": "3.13"}
"""Each version of Django, and the Python it runs on."""

EXTRAS = sorted(Path("tests/semantics").glob("requirements*.txt"))
"""Other packages that the tables speak of."""

ALL = {"QSCACHE_LINT_TESTS": "all"}
FAULTS = ("ended", "hostile", "hostile_sources", "isolation", "determinism", "no_execution", "unreadable", "output")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests on one Python."""
    session.install("--editable", ".[test]")
    session.run("pytest", "--ignore=tests/semantics", *session.posargs, env=ALL)


@nox.session(python=(PYTHONS[0], PYTHONS[-1]))
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest version of each dependency."""
    session.install("--editable", ".[test]")
    session.install(*lowest_versions())
    session.run("pytest", "--ignore=tests/semantics", *session.posargs)


def lowest_versions() -> list[str]:
    """The dependencies of the package, each at the lower one of its bounds."""
    project = nox.project.load_toml(Path(__file__).with_name("pyproject.toml"))["project"]
    bounds = (each.partition(";") for each in project["dependencies"])
    return [f"{name.split(',')[0].replace('>=', '==')}{sign}{marker}" for name, sign, marker in bounds]


STUBS = {"5.1": ("3.11", "pyrefly==1.0.0"), "6.1": ("3.13", "pyrefly")}
"""The oldest and the newest django-stubs that the extra `mypy` admits, with the mypy of their time, the Python, and the
oldest and the newest pyrefly that are supported."""


@nox.session
@nox.parametrize(
    ["python", "stubs", "pyrefly"],
    [nox.param(python, stubs, pyrefly, id=f"django-stubs-{stubs}") for stubs, (python, pyrefly) in STUBS.items()],
)
def typed(session: nox.Session, stubs: str, pyrefly: str) -> None:
    """Run the tests of the typed engine with one version of django-stubs and its mypy, and one of pyrefly."""
    session.install("--editable", ".[test]", f"django-stubs[compatible-mypy]~={stubs}.0", pyrefly)
    session.run("pytest", "tests/typed", *session.posargs)


@nox.session
@nox.parametrize(
    ["python", "django"],
    [nox.param(python, django, id=f"django-{django}") for django, python in DJANGO.items()],
)
def semantics(session: nox.Session, django: str) -> None:
    """Run the tests of the knowledge tables with one version of Django."""
    packages = ["--editable", ".[test]", f"django~={django}.0"]
    for path in EXTRAS:
        packages += ["--requirement", str(path)]
    session.install(*packages)
    session.run("pytest", "tests/semantics", *session.posargs, env=ALL)


@nox.session(python=PYTHONS[-1])
def servers(session: nox.Session) -> None:
    """Run the tests of the servers for editors and agents, which have many edits to try."""
    session.install("--editable", ".[test,mcp]")
    tests = ("tests/language_server", "tests/mcp_server")
    session.run("pytest", *tests, *session.posargs, env=ALL)


@nox.session(python=PYTHONS[-1])
def site(session: nox.Session) -> None:
    """Build the pages as a site; fails where a link leads nowhere."""
    session.install(".[docs]")
    session.run("python", "-m", "docs.site")


@nox.session(python=PYTHONS)
def package(session: nox.Session) -> None:
    """Build what is released, look into it, and install the wheel alone."""
    session.install("build")
    output = session.create_tmp()
    session.run("python", "-m", "build", "--outdir", output)
    (wheel,) = Path(output).glob("*.whl")
    session.run("python", "-m", "pip", "uninstall", "--yes", "--quiet", "build")
    session.install("--force-reinstall", str(wheel))
    session.run("python", "-m", "pip", "check")
    session.run("qscache-lint", "--version")
    session.run("qscache-lint", "check", "--no-cache", "--exit-zero", "fixtures/recent_stories")
    session.run("flake8", "--select=QSC", "--exit-zero", "fixtures/recent_stories")
    session.install(".[test]")
    session.run("pytest", "tests/packaging")


@nox.session(python=(PYTHONS[0], PYTHONS[-1]))
def programs(session: nox.Session) -> None:
    """Analyse and repair generated programs; QSCACHE_LINT_PROGRAMS says how many of each grammar."""
    session.install("--editable", ".[test]")
    explored = {"QSCACHE_LINT_PROGRAMS": os.environ.get("QSCACHE_LINT_PROGRAMS", "2000")}
    session.run("pytest", "tests/programs", *session.posargs, env=explored)


@nox.session(python=PYTHONS[-1])
def faults(session: nox.Session) -> None:
    """Run what ends, damages and deceives the tool, as often as it takes."""
    session.install("--editable", ".[test]")
    session.run("pytest", *(f"tests/entry/test_{name}.py" for name in FAULTS), *session.posargs, env=ALL)


@nox.session(python=PYTHONS[2])
def mutants(session: nox.Session) -> None:
    """Change the code in small ways and see whether the tests notice: `nox -s mutants -- --help`."""
    session.install("--editable", ".[test]", "cosmic-ray>=8.3")
    session.run("python", "-m", "benchmarks.mutants", *session.posargs)
