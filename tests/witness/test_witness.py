"""What a running witness changes of its process, and what it leaves of that."""

from __future__ import annotations

import copy
import functools
import pickle
import sys
import weakref
from typing import Any

import django
import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Prefetch, QuerySet, Subquery
from django.utils.functional import cached_property

from qscache_lint.witness.records import encode
from qscache_lint.witness.runtime import functions
from qscache_lint.witness.runtime import witness as runtime
from qscache_lint.witness.runtime.functions import Functions
from qscache_lint.witness.runtime.querysets import OPERATORS, SEAMS, QuerySets
from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.witness.projects import unexpected
from tests.witness.recorded import ROOT, memoized, pickled, stories, told


@pytest.mark.usefixtures("database")
def test_everything_is_put_back() -> None:
    def replaced() -> list[Any]:
        names = [*(seam.name for seam in SEAMS), *OPERATORS, "_combinator_query", "__getstate__", "__setstate__"]
        return [
            *(vars(QuerySet)[name] for name in names),
            *(pickle.dumps, pickle.loads, functools.lru_cache, functools.cache),
            *(Subquery.__init__, Prefetch.__init__),
            *(functools.cached_property.__get__, cached_property.__get__),
            sys.monitoring.get_tool(4) if sys.version_info >= (3, 12) else None,
        ]

    before = replaced()
    with witnessed(ROOT):
        during = replaced()
    assert all(one is not other for one, other in zip(before[:-1], during[:-1], strict=True))
    assert all(one is other for one, other in zip(before, replaced(), strict=True))


@pytest.mark.usefixtures("database")
def test_what_others_have_replaced_since_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with witnessed(ROOT) as witness:
        monkeypatch.setattr(pickle, "dumps", pickle.dumps)
        theirs = functools.wraps(pickle.dumps)(lambda *args: pickle.dumps(*args))
        monkeypatch.setattr(pickle, "dumps", theirs)
    assert pickle.dumps is theirs
    assert any("pickle.dumps" in sentence for sentence in witness.recording().incomplete)


def test_a_queryset_is_unmarked_in_pickles_and_deep_copies(witness: Witness) -> None:
    value = memoized()
    witness.stop()
    assert pickle.loads(pickle.dumps(value))._qscache_witness is None
    assert copy.deepcopy(value)._qscache_witness is None
    assert b"qscache_lint" not in pickle.dumps(value)


class Big:
    """What is large, and has to go as soon as nothing needs it."""


def _holds_and_lets_go(function: Any) -> bool:
    big = Big()
    is_there = weakref.ref(big)
    value = pickled()
    list(value.filter(pk=1)), value.first(), function
    del big
    return is_there() is None


def _sees_its_variables(function: Any) -> Any:
    before = locals()
    cache.set("stories", stories())
    return "later" in before, before["function"]


def test_variables_of_the_project_are_not_kept_alive(witness: Witness) -> None:
    assert _holds_and_lets_go(stories)


def test_what_locals_gave_stays(witness: Witness) -> None:
    assert _sees_its_variables(stories) == (False, stories)


def test_methods_keep_what_django_asks_of_them(witness: Witness) -> None:
    assert QuerySet.delete.alters_data
    assert QuerySet.delete.queryset_only
    assert QuerySet.update.alters_data


def test_memos_and_marks_work_when_the_witness_is_gone(witness: Witness) -> None:
    memo = functools.cache(stories)
    value = memo()
    witness.stop()
    memo.cache_clear()
    assert [story.pk for story in memo().filter(pk=1)] == [story.pk for story in value.filter(pk=1)] == [1]


def test_a_mistake_is_a_sentence_and_no_error(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("the data of a row")

    value = memoized()
    monkeypatch.setattr(QuerySets, "_uses", fail)
    assert len(value.filter(pk=1)) == 1
    (sentence,) = unexpected(witness.recording())
    assert "ZeroDivisionError at test_witness.py:" in sentence
    assert "the data of a row" not in sentence


def test_the_project_s_errors_are_its_own(witness: Witness) -> None:
    with pytest.raises(django.core.exceptions.FieldError):
        memoized().filter(nonsense=1)
    assert told(witness)[0][:2] == ("refined", "filter")


@pytest.mark.usefixtures("database")
def test_an_unknown_django_is_told_and_its_private_methods_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "KNOWN_VERSIONS", ((1, 0), (1, 11)))
    before = QuerySet._clone
    with witnessed(ROOT) as witness:
        assert QuerySet._clone is before
        memoized().count()
    recording = witness.recording()
    assert [use.operation for use in recording.uses] == ["count"]
    assert "is not known to this version of qscache-lint" in unexpected(recording)[0]


def test_nothing_stays_on_the_connection(witness: Witness) -> None:
    before = list(connection.execute_wrappers)
    assert memoized().filter(pk=1).first() is not None
    assert connection.execute_wrappers == before


def test_no_data_is_written(witness: Witness) -> None:
    cache.set("a secret key", stories().filter(title="a secret title"))
    list(cache.get("a secret key").filter(body="a secret body"))
    assert b"secret" not in encode(witness.recording())


@pytest.mark.usefixtures("database")
def test_of_two_the_later_one_records() -> None:
    before = vars(QuerySet)["count"]
    with witnessed(ROOT) as first:
        with witnessed(ROOT) as second:
            memoized().count()
        memoized().count()
    assert (len(first.recording().uses), len(second.recording().uses)) == (0, 1)
    assert vars(QuerySet)["count"] is before


@pytest.mark.usefixtures("database")
def test_nothing_stays_where_it_cannot_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    before = vars(QuerySet)["count"]
    monkeypatch.setattr(Functions, "install", fail)
    with pytest.raises(ZeroDivisionError), witnessed(ROOT):
        pass
    assert vars(QuerySet)["count"] is before
    assert runtime.running() is None


@pytest.mark.usefixtures("database")
def test_what_is_told_again_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "EXECUTED", 2)
    with witnessed(ROOT) as witness:
        for function in (stories, stories, stories, memoized):
            function()
            if sys.version_info >= (3, 12):
                sys.monitoring.restart_events()
        executed = witness.recording().executed
    told = None if executed is None else {each.function for several in executed.values() for each in several}
    assert told == ({"stories", "memoized"} if sys.version_info >= (3, 12) else None)
