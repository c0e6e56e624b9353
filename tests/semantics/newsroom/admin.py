"""The admin of the newsroom, so that its pages can link to each other."""

from __future__ import annotations

from django.contrib import admin

from tests.semantics.newsroom.models import Author, Column, Note, Reader, Story

admin.site.register(Story, search_fields=("title",))
admin.site.register([Author, Column, Note, Reader])
