"""Which uses the tables ship for the Django and Python at hand, and the probe of each."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module, metadata

from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import parse_version
from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.consumers.probing import Key, Probes, Registered, Use, uses
from tests.semantics.django_project import prepare

SUBJECTS = {
    "shortcuts": "",
    "forms": "",
    "views": "",
    "admin_site": "",
    "outputs": "",
    "python": "",
    "rest": "djangorestframework",
    "filters": "django-filter",
    "tables": "django-tables2",
    "graphql": "graphene",
    "graphql_models": "graphene-django",
}
"""The modules with probes, and the package without which they can't be imported."""

ALSO_NEEDED = {"django_filters.rest_framework.": "djangorestframework"}
"""Modules of a package that need another one, too."""

NOT_EXECUTED = {
    "guardian.shortcuts.get_objects_for_user": "its tables are not in the project of the tests",
    "guardian.shortcuts.get_objects_for_group": "its tables are not in the project of the tests",
    "django.contrib.postgres.expressions.ArraySubquery": "its SQL is that of PostgreSQL, and so is its driver",
}


def rows() -> tuple[Consumer, ...]:
    """The rows that hold for the Django and the Python at hand."""
    import django

    knowledge = load_knowledge(django=django.VERSION[:2])
    return tuple(
        row
        for row in knowledge.consumer_rows
        if not (row.python and sys.version_info < parse_version(row.python))
    )


@cache
def shipped() -> tuple[Use, ...]:
    """Every use of every row."""
    return tuple(use for row in rows() for use in uses(row))


def missing_package(use: Use) -> str:
    """The package without which a use can't be executed here; empty when nothing is missing."""
    others = [package for module, package in ALSO_NEEDED.items() if use.name.startswith(module)]
    needed = [package for package in (use.row.package, *others) if package]
    return next((package for package in needed if not _is_installed(package)), "")


@cache
def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def not_executed(use: Use) -> str | None:
    """Why a use can't be executed; None when it can."""
    return NOT_EXECUTED.get(use.name)


@cache
def collected() -> tuple[Use, ...]:
    """The uses to execute here."""
    return tuple(use for use in shipped() if not missing_package(use) and not_executed(use) is None)


@cache
def registered() -> tuple[Registered, ...]:
    """Every probe whose package is here."""
    prepare()
    subjects = [name for name, package in SUBJECTS.items() if not package or _is_installed(package)]
    found: list[Registered] = []
    for name in subjects:
        subject = import_module(f"tests.semantics.consumers.{name}").SUBJECT
        assert isinstance(subject, Probes)
        found += subject
    return tuple(found)


@cache
def probes() -> dict[Key, Registered]:
    """The probes of names that this version ships, by what they drive."""
    names = {use.name for use in collected()}
    return {each.key: each for each in registered() if each.name in names}


def probe_of(use: Use) -> Registered | None:
    """The probe of a use, under whichever of its names it was registered."""
    return probes().get(use.key)
