"""Which code of the project is told to have done something."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpResponse
from django.template import Context, Template
from django.utils.functional import cached_property

from qscache_lint.witness.runtime.marks import MARK
from qscache_lint.witness.runtime.witness import Witness
from tests.witness.recorded import memoized, only_store, only_use, stories


def test_code_around_a_request_is_not_told_for_what_answers_it(witness: Witness) -> None:
    convert_exception_to_response(list)(memoized())  # as when a template is rendered that a view has returned
    assert only_use(witness).place.function == "memoized"


def _narrowed(rows: Any) -> HttpResponse:
    return HttpResponse(rows.filter(pk=1))


def test_the_way_to_a_place_ends_at_its_request(witness: Witness) -> None:
    convert_exception_to_response(_narrowed)(memoized())
    use = only_use(witness)
    assert (use.place.function, use.via) == ("_narrowed", ())


def _store(request: Any) -> HttpResponse:
    cache.set("stories", stories())
    return HttpResponse()


def test_a_store_is_the_same_in_each_request(witness: Witness) -> None:
    convert_exception_to_response(_store)(None)
    convert_exception_to_response(_store)(None)
    assert only_store(witness).times == 2


class Page:
    def _rows(self) -> Any:
        return stories()

    rows: Any = cached_property(_rows)


def test_what_templates_compute_and_use_is_told_where_it_is_computed(witness: Witness) -> None:
    template = Template("{% for row in page.rows %}{% endfor %}")
    convert_exception_to_response(template.render)(Context({"page": Page()}))
    place = only_store(witness).function
    assert place is not None
    assert place.row == Page._rows.__code__.co_firstlineno
    assert {(use.effect, use.place) for use in witness.recording().uses} == {("read", place)}


def test_where_nothing_else_is_known_the_code_around_is_told(witness: Witness) -> None:
    value = memoized()
    vars(value)[MARK].handed = ()
    convert_exception_to_response(convert_exception_to_response(list))(value)
    assert only_use(witness).place.function == "test_where_nothing_else_is_known_the_code_around_is_told"


def test_code_in_no_file_asks_by_itself(witness: Witness) -> None:
    exec("rows.filter(pk=1)", {"rows": memoized()})  # as in a console
    use = only_use(witness)
    assert (use.effect, use.operation, use.place.function) == (
        "refined",
        "filter",
        "test_code_in_no_file_asks_by_itself",
    )
