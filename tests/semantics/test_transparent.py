"""Decorators that hand on what a function returns: each one of Django's views, and those of packages that are there."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import prepare

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "condition": (lambda request: "tag", lambda request: None),
    "etag": (lambda request: "tag",),
    "last_modified": (lambda request: None,),
    "require_http_methods": (["POST"],),
    "vary_on_headers": ("Accept",),
    "authentication_classes": ((),),
    "parser_classes": ((),),
    "permission_classes": ((),),
    "renderer_classes": ((),),
    "throttle_classes": ((),),
    "extend_schema_field": (str,),
}
OPTIONS: dict[str, dict[str, Any]] = {"action": {"detail": False}}
PROVED = ("django.views.", "django.contrib.admin.views.", "rest_framework.", "drf_spectacular.")


def _names() -> list[str]:
    names = [name for name in load_knowledge().transparent if name.startswith(PROVED)]
    return sorted(name for name in names if importlib.util.find_spec(name.partition(".")[0]))


def _decorator(name: str) -> Callable[[Any], Any]:
    module, _, last = name.removesuffix("()").rpartition(".")
    found = getattr(importlib.import_module(module), last)
    made = found(*ARGUMENTS.get(last, ()), **OPTIONS.get(last, {})) if name.endswith("()") else found
    assert callable(made)
    return made


@pytest.mark.parametrize("name", _names())
def test_the_function_is_handed_on(name: str) -> None:
    prepare()
    answer = HttpResponse("the rows")
    request = _request("GET" if name.endswith(("require_GET", "require_safe")) else "POST")

    def view(request: Any) -> HttpResponse:
        return answer

    assert _decorator(name)(view)(request) is answer


def _request(method: str) -> Any:
    request: Any = RequestFactory().generic(method, "/")
    request._dont_enforce_csrf_checks = True
    request.user = SimpleNamespace(is_active=True, is_staff=True)
    return request


def test_names_of_django_are_proved() -> None:
    assert "django.views.decorators.csrf.csrf_exempt" in _names()
