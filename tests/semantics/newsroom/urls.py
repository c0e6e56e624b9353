"""Pages to which the admin links; the tests call views themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path


def story(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one story, for hyperlinks to it."""
    return HttpResponse(str(pk))


urlpatterns: list[Any] = [path("admin/", admin.site.urls), path("story/<int:pk>/", story, name="story-detail")]
