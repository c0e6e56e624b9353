"""What a recording of the witness says of findings, in words and as plain values, for all formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport
    from qscache_lint.api.reports import Missed
    from qscache_lint.values import Finding
    from qscache_lint.witness.joining import Testimony
    from qscache_lint.witness.records import RecordedStore, RecordedUse

_STORED = {"pickled": "pickled", "memo": "kept", "scoped": "kept"}
_DONE = {
    "refined": "refined",
    "part": "a part taken",
    "passed": "passed on",
    "read": "read in full",
    "written": "written through",
}
_VERDICTS = {
    "not seen": "witness: not seen, though its code was executed",
    "not executed": "witness: not executed",
    "not told apart": "witness: seen here or at another place, which of them is not known",
    "unknown": "witness: not seen; the recording does not tell whether it happens",
}


def seen(project: ProjectReport, finding: Finding) -> str:
    """What was recorded of a finding: `seen: refined 12 times (…)`, `witness: not executed`; empty where nothing can be
    said of it."""
    testimony = project.testimony(finding)
    return "" if testimony is None else _told(testimony)


def with_seen(project: ProjectReport, finding: Finding) -> str:
    """The message of a finding, with what was recorded of it behind."""
    told = seen(project, finding)
    return f"{finding.message} ({told})" if told else finding.message


def _told(testimony: Testimony) -> str:
    if not testimony.stores and not testimony.uses:
        return _VERDICTS[testimony.verdict.value]
    if not testimony.stores:
        return f"seen: {'; '.join(_used(testimony.uses, with_numbers=True))}"
    return f"seen: {'; '.join((*stored(testimony.stores), *_used(testimony.uses, with_numbers=False)))}"


def stored(stores: Iterable[RecordedStore]) -> Iterator[str]:
    """What storing values came to, and handing them out: `pickled 214 times (1.4 MB, at most 1,801 rows, 812 ms)`."""
    several = tuple(stores)
    times, hits = sum(each.times for each in several), sum(each.hits for each in several)
    if times:
        numbers = (
            size(sum(each.bytes for each in several)),
            _most(max(each.most_rows for each in several)),
            duration(sum(each.milliseconds for each in several)),
        )
        yield f"{_STORED[several[0].lifetime]} {_times(times)}{_in_brackets(numbers)}"
    if hits:
        numbers = (
            size(sum(each.hit_bytes for each in several)),
            _rows(sum(each.hit_rows for each in several)),
            duration(sum(each.hit_milliseconds for each in several)),
        )
        yield f"handed out again {_times(hits)}{_in_brackets(numbers)}"


def _used(uses: Iterable[RecordedUse], *, with_numbers: bool) -> Iterator[str]:
    """What was done, by its effect: `refined 12 times (12 queries, 12 rows, 30 ms)`."""
    found: dict[str, list[RecordedUse]] = {}
    for use in uses:
        found.setdefault(use.effect, []).append(use)
    for effect, what in _DONE.items():
        several = found.get(effect, [])
        if several:
            yield f"{what} {_times(sum(use.times for use in several))}{numbers_of(several) if with_numbers else ''}"


def used(use: RecordedUse) -> str:
    """What was done at one place: `refined by .filter() 12 times (12 queries, 12 rows, 30 ms)`."""
    return f"{done(use)} {_times(use.times)}{numbers_of([use])}"


def done(use: RecordedUse) -> str:
    """What was done, and by what: `refined by .filter()`, `passed on to filter()`."""
    call = f"{use.operation}()" if use.operation.isidentifier() else use.operation
    by = f"to {call}" if use.effect == "passed" else f"by .{call}" if call != use.operation else f"by {call}"
    return f"{_DONE[use.effect]} {by}"


def numbers_of(uses: Iterable[RecordedUse]) -> str:
    """The queries, rows and time of some uses, in brackets."""
    several = tuple(uses)
    queries = sum(each.queries for each in several)
    return _in_brackets((
        f"{queries:,} quer{'y' if queries == 1 else 'ies'}" if queries else "",
        _rows(sum(each.rows for each in several)),
        duration(sum(each.milliseconds for each in several)),
    ))


def as_entry(testimony: Testimony) -> dict[str, object]:
    """The same as plain values: places are those of the recording."""
    milliseconds, rows, times = testimony.cost
    return {
        "verdict": testimony.verdict,
        "message": _told(testimony),
        "milliseconds": round(milliseconds, 3),
        "rows": rows,
        "times": times,
        "stores": [record_entry(each) for each in testimony.stores],
        "uses": [record_entry(each) for each in testimony.uses],
    }


def record_entry(record: RecordedStore | RecordedUse) -> Mapping[str, object]:
    """A store or a use without the number by which its file names it."""
    import msgspec

    written: dict[str, object] = msgspec.to_builtins(record)
    return {name: value for name, value in written.items() if (name, type(value)) not in _NUMBERED}


_NUMBERED = {("id", int), ("store", int)}


# -- what was recorded, and is not found


def missed_message(missed: Missed) -> str:
    """What was recorded at a place."""
    from qscache_lint.witness.records import RecordedUse

    if isinstance(missed.record, RecordedUse):
        return f"a QuerySet {_OUT_OF[missed.store.lifetime]}: {used(missed.record)}"
    told = "; ".join(stored([missed.record])) or "kept"
    return f"a QuerySet in {missed.store.keeper}: {told}"


_OUT_OF = {"pickled": "out of a cache", "memo": "that a memo keeps", "scoped": "that an object keeps"}


def missing(project: ProjectReport) -> Iterator[str]:
    """What goes with the list of what is missed: how many more there are that are not in it."""
    witness = project.witness
    if witness is None:
        return
    if witness.hidden:
        count = witness.hidden.total()
        codes = ", ".join(sorted(witness.hidden))
        yield (
            f"{_several(count, 'more finding')} {_is(count)} confirmed, but not reported: by the settings, comments or "
            f"the baseline ({codes})"
        )
    if project.known:
        known = f"{_several(project.known, 'more place')} {_is(project.known)} known to the analysis"
        yield f"{known}, and no rule is about that"
    if witness.in_tests:
        yield f"{_several(witness.in_tests, 'place')} in tests {_is(witness.in_tests)} left out"


# -- numbers


def _in_brackets(numbers: Iterable[str]) -> str:
    told = ", ".join(filter(None, numbers))
    return f" ({told})" if told else ""


def _times(count: int) -> str:
    return _several(count, "time")


def _rows(count: int) -> str:
    return _several(count, "row") if count else ""


def _most(count: int) -> str:
    return f"at most {_rows(count)}" if count else ""


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def size(count: int) -> str:
    """Bytes for people; nothing where there are none."""
    for unit, of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= of:
            return f"{count / of:.1f} {unit}"
    return _several(count, "byte") if count else ""


def duration(milliseconds: float) -> str:
    """A time for people; nothing where it took none."""
    if milliseconds >= _SECOND:
        return f"{milliseconds / _SECOND:,.1f} s"
    if milliseconds >= 10:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds >= 0.05 else ""


_SECOND = 1000
