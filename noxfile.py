"""What takes longer than a run of the tests may.

`nox -s semantics`: the tables of the package, executed on every Django that they speak of, in every way.
`nox -s servers`: the servers for editors and agents, with more edits.
`nox -s typed`: the typed engine, with the oldest and the newest type checker.
"""

from __future__ import annotations

from pathlib import Path

import nox

DJANGO = {"4.2": "3.11", "5.2": "3.12", "6.1": "3.13"}
"""Each version of Django, and the Python it runs on."""

EXTRAS = sorted(Path("tests/semantics").glob("requirements*.txt"))
"""Other packages that the tables speak of."""

STUBS = {"5.1": "3.11", "6.1": "3.13"}
"""The oldest and the newest django-stubs that the extra `mypy` admits, with the mypy of their time, and the Python."""


@nox.session
@nox.parametrize(
    ["python", "stubs"],
    [nox.param(python, stubs, id=f"django-stubs-{stubs}") for stubs, python in STUBS.items()],
)
def typed(session: nox.Session, stubs: str) -> None:
    """Run the tests of the typed engine with one version of django-stubs and its mypy."""
    session.install("--editable", ".[test]", f"django-stubs[compatible-mypy]~={stubs}.0")
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
    session.run("pytest", "tests/semantics", *session.posargs, env={"QSCACHE_LINT_TESTS": "all"})


@nox.session(python="3.13")
def servers(session: nox.Session) -> None:
    """Run the tests of the servers for editors and agents, which have many edits to try."""
    session.install("--editable", ".[test,mcp]")
    tests = ("tests/language_server", "tests/mcp_server")
    session.run("pytest", *tests, *session.posargs, env={"QSCACHE_LINT_TESTS": "all"})
