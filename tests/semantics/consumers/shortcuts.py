"""Functions of django.shortcuts, and whatever puts a QuerySet into another query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Prefetch, Q, Value, When

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.consumers.shapes import notes, one_title
from tests.semantics.newsroom.models import Author, Note, Reader, Story

SUBJECT = Probes()
probe = SUBJECT.probe

Named: TypeAlias = dict[str, Any]


@probe("django.shortcuts.get_object_or_404", "django.shortcuts.aget_object_or_404")
def one(given: Given) -> None:
    given(pk=1)


@probe("django.shortcuts.get_list_or_404", "django.shortcuts.aget_list_or_404")
def several(given: Given) -> None:
    given(kind="news")


# -- expressions


def annotated(expression: Any) -> list[Any]:
    return list(Author.objects.annotate(found=expression))


@probe("django.db.models.Subquery", shape=one_title)
def subquery(given: Given) -> None:
    annotated(given())


@probe("django.db.models.Exists")
def exists(given: Given) -> None:
    annotated(given())


@probe("django.db.models.ExpressionWrapper", "django.db.models.functions.Cast", shape=one_title)
def wrapped(given: Given) -> None:
    annotated(given(output_field=CharField()))


@probe("django.db.models.Func", shape=one_title)
def function(given: Given) -> None:
    annotated(given(Value(""), function="MAX", output_field=CharField()))


@probe("django.db.models.functions.Coalesce", "django.db.models.functions.Greatest",
       "django.db.models.functions.Least", "django.db.models.functions.Concat", shape=one_title)  # fmt: skip
def combined(given: Given) -> None:
    annotated(given(F("name"), output_field=CharField()))


@probe("django.db.models.functions.NullIf", shape=one_title)
def null_if(given: Given) -> None:
    annotated(given(F("name")))


@probe("django.db.models.When", shape=one_title)
def when(given: Given) -> None:
    annotated(Case(given(name="Ada"), output_field=CharField()))


@probe("django.db.models.Case", shape=one_title)
def default(given: Given) -> None:
    annotated(given(When(name="Ada", then=Value("")), output_field=CharField()))


# -- relations


@probe("django.db.models.Prefetch")
def prefetch(given: Given) -> None:
    list(Author.objects.prefetch_related(given("story_set")))


@probe("django.db.models.prefetch_related_objects", "django.db.models.aprefetch_related_objects")
def prefetch_objects(given: Given) -> None:
    given("author")


@probe("django.db.models.QuerySet", "django.db.models.Manager", member=("bulk_create", "abulk_create"))
def bulk_create(given: Given) -> None:
    given.method(manager(given), ignore_conflicts=True)


@probe("django.db.models.QuerySet", "django.db.models.Manager", member=("bulk_update", "abulk_update"))
def bulk_update(given: Given) -> None:
    given.method(manager(given), fields=["title"])


def manager(given: Given) -> Any:
    """The target, for the model of the stories."""
    from django.db.models import QuerySet

    if given.target is QuerySet:
        return QuerySet(Story)
    found = given.target()
    found.model = Story
    return found


REVERSE = "django.db.models.fields.related_descriptors.create_reverse_many_to_one_manager()"
MANY = "django.db.models.fields.related_descriptors.create_forward_many_to_many_manager()"
GENERIC = "django.contrib.contenttypes.fields.create_generic_related_manager()"


@probe(REVERSE, member=("set", "aset"))
def set_reverse(given: Given) -> None:
    related = Author.objects.get(name="Ada").story_set
    assert is_made_by(related, given)
    given.method(related)


@probe(MANY, member=("set", "aset"))
def set_many(given: Given) -> None:
    related = Reader.objects.create(name="Cleo").favourites
    assert is_made_by(related, given)
    given.method(related)


@probe(GENERIC, member=("set", "aset"), shape=notes)
def set_generic(given: Given) -> None:
    related = Reader.objects.create(name="Cleo").notes
    assert is_made_by(related, given)
    given.method(related)


def is_made_by(related: Any, given: Given) -> bool:
    """Whether the manager's class was made by the function that the row names."""
    return any(base.__qualname__.startswith(f"{given.target.__name__}.<locals>") for base in type(related).__mro__)


@probe("django.contrib.contenttypes.prefetch.GenericPrefetch")
def generic_prefetch(given: Given) -> None:
    stories = ContentType.objects.get_for_model(Story)
    Note.objects.create(text="Well!", content_type=stories, object_id=1)
    list(Note.objects.prefetch_related(given("subject")))


@probe("django.db.models.Model", member=("refresh_from_db", "arefresh_from_db"))
def refresh(given: Given) -> None:
    given.method(Story.objects.first(), None, None)


# -- lookups of queries and conditions


def looked_up_in_form(named: Named) -> Any:
    """The form field of a relation with `limit_choices_to`, as a model form makes it, and its choices."""
    from django.forms.models import apply_limit_choices_to_to_formfield

    field = Note._meta.get_field("story").formfield(limit_choices_to=named)
    apply_limit_choices_to_to_formfield(field)
    return list(field.queryset)


WAYS: dict[str, Callable[[Named], Any]] = {
    "filter": lambda named: list(Story.objects.filter(**named)),
    "exclude": lambda named: list(Story.objects.exclude(**named)),
    "count": lambda named: Story.objects.filter(**named).count(),
    "complex_filter": lambda named: list(Story.objects.complex_filter(named)),
    "Q": lambda named: list(Story.objects.filter(~Q(**named))),
    "When": lambda named: list(Story.objects.annotate(found=Case(When(**named, then=1), default=0))),
    "When(Q)": lambda named: list(Story.objects.annotate(found=Case(When(Q(**named), then=1), default=0))),
    "OuterRef": lambda named: list(
        Author.objects.annotate(found=Exists(Story.objects.filter(author=OuterRef("pk"), **named)))
    ),
    "Prefetch": lambda named: list(
        Author.objects.prefetch_related(Prefetch("story_set", Story.objects.filter(**named)))
    ),
    "aggregate": lambda named: Story.objects.aggregate(found=Count("pk", filter=Q(**named))),
    "exists": lambda named: Story.objects.filter(**named).exists(),
    "limit_choices_to": looked_up_in_form,
}
"""The ways in which code writes a condition: each sends a query with it."""
