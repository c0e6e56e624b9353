"""Form fields, widgets and formsets: declared, rendered and validated. Paginators, too."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.contenttypes.forms import generic_inlineformset_factory
from django.db.models import DO_NOTHING, ManyToManyField

from tests.semantics.consumers.probing import Given, Probes, awaited
from tests.semantics.consumers.shapes import choices, notes
from tests.semantics.newsroom.models import Author, Note, Reader, Story

SUBJECT = Probes()
probe = SUBJECT.probe


def form_with(field: Any, chosen: object = "1") -> Any:
    """A form with one field that was sent a choice."""
    return type("OwnForm", (forms.Form,), {"story": field})({"story": chosen})


def sent(form: Any) -> None:
    """Validate a form and render it."""
    assert form.is_valid(), form.errors
    assert "Story 01" in form.as_p()


# -- fields that choose rows


@probe("django.forms.ModelChoiceField")
def choice(given: Given) -> None:
    sent(form_with(given()))


@probe("django.forms.ModelMultipleChoiceField")
def choices_of_several(given: Given) -> None:
    sent(form_with(given(), ["1", "2"]))


@probe("django.forms.ModelChoiceField", member="queryset")
def choice_is_set(given: Given) -> None:
    form = form_with(given.target(Story.objects.none()))
    given.assign(form.fields["story"])
    sent(form)


@probe("django.forms.ModelMultipleChoiceField", member="queryset")
def choices_are_set(given: Given) -> None:
    form = form_with(given.target(Story.objects.none()), ["1", "2"])
    given.assign(form.fields["story"])
    sent(form)


@probe("django.db.models.ForeignKey", "django.db.models.OneToOneField", "django.db.models.ManyToManyField",
       member="formfield")  # fmt: skip
def field_of_model(given: Given) -> None:
    field = given.target("newsroom.Story", **({} if given.target is ManyToManyField else {"on_delete": DO_NOTHING}))
    field.remote_field.model = Story
    field.set_attributes_from_name("story")
    field.remote_field.field_name = "id"
    sent(form_with(given.method(field), ["1"] if given.target is ManyToManyField else "1"))


# -- fields and widgets that take any choices


@probe("django.forms.ChoiceField", "django.forms.TypedChoiceField", shape=choices)
def plain_choice(given: Given) -> None:
    sent(form_with(given()))


@probe("django.forms.MultipleChoiceField", "django.forms.TypedMultipleChoiceField", shape=choices)
def plain_choices(given: Given) -> None:
    sent(form_with(given(), ["1"]))


@probe("django.forms.ChoiceField", "django.forms.TypedChoiceField", member="choices", shape=choices)
def plain_choice_is_set(given: Given) -> None:
    form = form_with(given.target())
    given.assign(form.fields["story"])
    sent(form)


@probe("django.forms.MultipleChoiceField", "django.forms.TypedMultipleChoiceField", member="choices", shape=choices)
def plain_choices_are_set(given: Given) -> None:
    form = form_with(given.target(), ["1"])
    given.assign(form.fields["story"])
    sent(form)


WIDGETS = (
    "django.forms.Select",
    "django.forms.SelectMultiple",
    "django.forms.RadioSelect",
    "django.forms.CheckboxSelectMultiple",
)


@probe(*WIDGETS, shape=choices)
def widget(given: Given) -> None:
    assert "Story 01" in given(None).render("story", None)


@probe(*WIDGETS, member="choices", shape=choices)
def widget_is_set(given: Given) -> None:
    assert "Story 01" in given.assign(given.target()).render("story", None)


# -- formsets


def story_formset(**members: Any) -> Any:
    return forms.modelformset_factory(Story, fields=["title"], extra=0, **members)


def handled(formset: Any) -> None:
    """Render the forms of a formset, as a page does before it is sent."""
    assert "Story 01" in formset.as_p()
    assert len(formset.initial_forms) == formset.initial_form_count()


@probe("django.forms.BaseModelFormSet")
def model_formset(given: Given) -> None:
    handled(given.call(story_formset(formset=given.target), None, None, "id_%s", None))


@probe("django.forms.modelformset_factory()")
def made_formset(given: Given) -> None:
    handled(given.call(given.target(Story, fields=["title"], extra=0), None, None, "id_%s", None))


@probe("django.forms.BaseModelFormSet", member="queryset")
def model_formset_is_set(given: Given) -> None:
    handled(given.assign(story_formset(formset=given.target)()))


@probe("django.forms.modelformset_factory()", member="queryset")
def made_formset_is_set(given: Given) -> None:
    handled(given.assign(given.target(Story, fields=["title"], extra=0)()))


@probe("django.forms.BaseModelFormSet", member="get_queryset()")
def model_formset_returns(given: Given) -> None:
    handled(story_formset(formset=given.derive())())


@probe("django.forms.BaseInlineFormSet")
def inline_formset(given: Given) -> None:
    made = forms.inlineformset_factory(Author, Story, formset=given.target, fields=["title"], extra=0)
    handled(given.call(made, None, None, second_author(), False, None))


@probe("django.forms.inlineformset_factory()")
def made_inline_formset(given: Given) -> None:
    made = given.target(Author, Story, fields=["title"], extra=0)
    handled(given.call(made, None, None, second_author(), False, None))


def second_author() -> Author:
    found = Author.objects.get(name="Ben")
    assert isinstance(found, Author)
    return found


@probe("django.contrib.contenttypes.forms.BaseGenericInlineFormSet", shape=notes)
def generic_formset(given: Given) -> None:
    made = generic_inlineformset_factory(Note, formset=given.target, fields=["text"], extra=0)
    handled(given.call(made, None, None, Reader.objects.last(), False, None))


@probe("django.contrib.contenttypes.forms.generic_inlineformset_factory()", shape=notes)
def made_generic_formset(given: Given) -> None:
    made = given.target(Note, fields=["text"], extra=0)
    handled(given.call(made, None, None, Reader.objects.last(), False, None))


# -- pages


@probe("django.core.paginator.Paginator", "django.core.paginator.AsyncPaginator")
def paginator(given: Given) -> None:
    turn(given(per_page=5))


@probe("django.core.paginator.Paginator", "django.core.paginator.AsyncPaginator", member="object_list")
def paginator_is_set(given: Given) -> None:
    turn(given.assign(given.target(Story.objects.none(), 5)))


def turn(paginator: Any) -> None:
    """Read the second page."""
    page = awaited(paginator.aget_page(2)) if hasattr(paginator, "aget_page") else paginator.get_page(2)
    assert len(list(page.object_list)) == 5
