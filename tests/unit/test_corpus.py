"""The corpus benchmark: what counts as found, and that its data can be read."""

from __future__ import annotations

from benchmarks.corpus.compare import Comparison, compare
from benchmarks.corpus.data import labels, verdicts
from benchmarks.corpus.model import Label, LabelledUse, Report, Run, Verdict
from benchmarks.corpus.table import details, table

_COMMIT = "0" * 40


def _report(code: str, line: int, *, default: bool = True) -> Report:
    return Report("shop/models.py", line, code, "high", "…", default)


def _label(line: int, *uses: LabelledUse, keeps: bool = True) -> Label:
    return Label("a/shop", _COMMIT, "shop/models.py", line, "Shop.rows", "scoped", keeps, uses)


def _use(line: int, *, refines: bool = True) -> LabelledUse:
    return LabelledUse("shop/models.py", line, refines, "filter")


def _compared(label: Label, *reports: Report, said: tuple[Verdict, ...] = ()) -> Comparison:
    return compare("a/shop", [label], said, Run(1.0, reports))


def test_a_finding_two_rows_away_counts() -> None:
    assert _compared(_label(1, _use(10)), _report("QSC203", 12)).missed_uses == ()
    assert _compared(_label(1, _use(10)), _report("QSC203", 13)).missed_uses == (_use(10),)


def test_one_finding_stands_for_one_label() -> None:
    compared = _compared(_label(1, _use(10), _use(11)), _report("QSC203", 11))
    assert compared.missed_uses == (_use(10),)


def test_a_finding_on_a_definition_is_no_use() -> None:
    compared = _compared(_label(1, _use(2)), _report("QSC103", 1, default=False))
    assert (compared.found_definitions, compared.found_uses) == (1, 0)
    assert compared.findings == ()


def test_traps() -> None:
    trap = _report("QSC101", 1)
    assert _compared(_label(1, keeps=False), trap).on_traps == (trap,)
    refined = _report("QSC203", 10)
    assert _compared(_label(1, _use(10, refines=False)), refined, _report("QSC211", 10)).on_traps == (refined,)


def test_precision_counts_what_has_been_read() -> None:
    said = (
        Verdict("a/shop", "shop/models.py", 10, "QSC203", True, "refined", "yes"),
        Verdict("a/shop", "shop/models.py", 20, "QSC203", False, "no longer there", "no"),
    )
    compared = _compared(_label(1), _report("QSC203", 10), _report("QSC203", 30), said=said)
    assert (compared.judged, compared.true, compared.worth_acting_on) == (said[:1], 1, 1)
    assert compared.unjudged == (_report("QSC203", 30),)
    assert compared.stale == said[1:]


def test_an_unreadable_file_is_not_to_be_judged() -> None:
    compared = _compared(_label(1, keeps=False), _report("QSC900", 7))
    assert (compared.findings, compared.unjudged, len(compared.unreadable)) == ((), (), 1)


def test_text() -> None:
    compared = _compared(_label(1, _use(10)), _report("QSC203", 30))
    assert [line.split()[0] for line in details(compared)] == ["missed", "missed", "to"]
    assert table([compared]).splitlines()[1].split()[:4] == ["a/shop", "1", "0", "0"]


def test_the_data_can_be_read() -> None:
    known = {label.repository for label in labels()}
    assert len({(label.repository, label.commit) for label in labels()}) == len(known)
    assert {verdict.repository for verdict in verdicts() if not verdict.commit} == {
        verdict.repository for verdict in verdicts() if verdict.repository in known
    }
    places = [(verdict.repository, verdict.path, verdict.line, verdict.code) for verdict in verdicts()]
    assert len(set(places)) == len(places)
