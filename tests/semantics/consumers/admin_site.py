"""The admin: change lists, change forms with inlines, filters and autocompletion."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.contrib.contenttypes.admin import GenericInlineModelAdmin
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.consumers.shapes import notes
from tests.semantics.newsroom.models import Author, Note, Reader, Story

SUBJECT = Probes()
probe = SUBJECT.probe


def request(path: str = "/", **query: str) -> Any:
    """A request of a user that may do everything."""
    made = RequestFactory().get(path, query)
    made.user = User(pk=1, username="chief", is_staff=True, is_superuser=True)
    made._messages = CookieStorage(made)
    return made


def change_list(kind: Any, /, **query: str) -> str:
    response = kind(Story, admin.site).changelist_view(request(**query))
    assert response.status_code == 200
    return str(response.render().content)


@probe("django.contrib.admin.ModelAdmin", "django.contrib.auth.admin.UserAdmin", "django.contrib.auth.admin.GroupAdmin",
       member="get_queryset()")  # fmt: skip
def model_admin(given: Given) -> None:
    plain = {"list_display": ["title"], "list_filter": [], "search_fields": ["title"], "ordering": None}
    kind = given.derive(**plain)
    assert "Story 01" in change_list(kind)
    assert kind(Story, admin.site).get_object(request(), "1") is not None
    assert "Story 01" in autocompletion(kind)


def autocompletion(kind: Any) -> str:
    """What the admin completes for the stories of notes."""
    from django.contrib.admin.views.autocomplete import AutocompleteJsonView

    site = admin.AdminSite()
    site.register(Story, kind)
    question = request(term="Story", app_label="newsroom", model_name="note", field_name="story")
    return str(AutocompleteJsonView.as_view(admin_site=site)(question).content)


@probe("django.contrib.admin.options.InlineModelAdmin", "django.contrib.admin.TabularInline",
       "django.contrib.admin.StackedInline", member="get_queryset()")  # fmt: skip
def inline(given: Given) -> None:
    kind = given.derive(model=Story, fields=["title"], extra=0, template="admin/edit_inline/stacked.html")
    owner = type("AuthorAdmin", (admin.ModelAdmin,), {"inlines": [kind]})(Author, admin.site)
    assert "Story 01" in change_form(owner, Author.objects.get(name="Ben"))


def change_form(owner: Any, instance: Any) -> str:
    response = owner.change_view(request(), str(instance.pk))
    assert response.status_code == 200
    return str(response.render().content)


@probe("django.contrib.contenttypes.admin.GenericInlineModelAdmin",
       "django.contrib.contenttypes.admin.GenericTabularInline",
       "django.contrib.contenttypes.admin.GenericStackedInline", member="get_queryset()", shape=notes)  # fmt: skip
def generic_inline(given: Given) -> None:
    template = "admin/edit_inline/stacked.html"
    kind = given.derive(model=Note, fields=["text"], extra=0, template=template)
    owner = type("ReaderAdmin", (admin.ModelAdmin,), {"inlines": [kind]})(Reader, admin.site)
    assert issubclass(kind, GenericInlineModelAdmin)
    assert "Story 01" in change_form(owner, Reader.objects.last())


# -- form fields of the admin


def owned(kind: Any, model: Any) -> Any:
    """An instance of a kind of admin: of a model, or inline under stories."""
    if issubclass(kind, admin.options.InlineModelAdmin):
        return type("OwnInline", (kind,), {"model": model})(Story, admin.site)
    if not issubclass(kind, admin.ModelAdmin):
        made = kind()
        made.admin_site = admin.site
        return made
    return kind(model, admin.site)


def asked(field: Any) -> None:
    assert "Story 01" in field.widget.render("story", None)


@probe("django.contrib.admin.ModelAdmin", "django.contrib.admin.options.BaseModelAdmin",
       "django.contrib.admin.TabularInline", "django.contrib.admin.StackedInline",
       member="get_field_queryset()")  # fmt: skip
def field_queryset(given: Given) -> None:
    owner = owned(given.derive(), Note)
    asked(owner.formfield_for_foreignkey(Note._meta.get_field("story"), request()))


FIELDS = ("django.contrib.admin.ModelAdmin", "django.contrib.admin.options.BaseModelAdmin",
          "django.contrib.admin.options.InlineModelAdmin", "django.contrib.admin.TabularInline",
          "django.contrib.admin.StackedInline")  # fmt: skip


@probe(*FIELDS, member=("formfield_for_foreignkey", "formfield_for_dbfield"))
def foreign_key(given: Given) -> None:
    asked(given.method(owned(given.target, Note), Note._meta.get_field("story"), request()))


@probe(*FIELDS, member="formfield_for_manytomany")
def many_to_many(given: Given) -> None:
    asked(given.method(owned(given.target, Reader), Reader._meta.get_field("favourites"), request()))


# -- searches and filters


def kinds(stories: Any) -> Any:
    return stories.values_list("kind", "kind")


@probe("django.contrib.admin.ModelAdmin", member="get_search_results")
def search(given: Given) -> None:
    owner = type("Searched", (given.target,), {"search_fields": ["title"]})(Story, admin.site)
    found, _ = given.method(owner, request(), search_term="01")
    assert len(list(found)) == 1


@probe("django.contrib.admin.ListFilter", "django.contrib.admin.SimpleListFilter", member="queryset()")
def list_filter(given: Given) -> None:
    kind = given.derive(
        title="kind",
        parameter_name="kind",
        lookups=lambda *_: [("news", "News")],
        has_output=lambda self: True,
        choices=lambda *_: [],
        expected_parameters=lambda self: [],
    )
    change_list(type("Filtered", (admin.ModelAdmin,), {"list_filter": [kind]}))


@probe("django.contrib.admin.FieldListFilter", member="queryset()")
def field_list_filter(given: Given) -> None:
    kind = given.derive(
        has_output=lambda self: True, choices=lambda *_: [], expected_parameters=lambda self: []
    )
    change_list(type("Filtered", (admin.ModelAdmin,), {"list_filter": [("kind", kind)]}))


@probe("django.contrib.admin.SimpleListFilter", member="lookups()", shape=kinds)
def list_filter_choices(given: Given) -> None:
    kind = given.derive(title="kind", parameter_name="kind", queryset=lambda self, _, stories: stories)
    change_list(type("Filtered", (admin.ModelAdmin,), {"list_filter": [kind]}), kind="news")


@probe("django.contrib.admin.views.main.ChangeList", member="get_queryset()")
def list_of_changes(given: Given) -> None:
    kind = given.derive()
    assert issubclass(kind, ChangeList)
    change_list(type("Listed", (admin.ModelAdmin,), {"get_changelist": lambda self, _: kind}))


@probe("django.contrib.admin.views.autocomplete.AutocompleteJsonView", member="get_queryset()")
def autocomplete(given: Given) -> None:
    view = given.derive(paginate_by=5)
    question = request(term="Story", app_label="newsroom", model_name="note", field_name="story")
    assert b"Story 01" in view.as_view(admin_site=admin.site)(question).content
