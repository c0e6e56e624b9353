"""Which tests run by default: of those that multiply, a part, drawn by digest and so the same in every run.

    @pytest.mark.drawn("kind", "build")   for all other parameters, one test for each combination; of `kind` and
                                          `build`, one test for each value of either
    @pytest.mark.drawn(share=4)           one test of four
    @settings(max_examples=some(75))      a fifth of the examples
    for first, second in some_pairs(…)    of pairs, each first and each second part once

With `QSCACHE_LINT_TESTS=all` all of them run: so does nox.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

Part = TypeVar("Part", bound=Hashable)

EVERYTHING = os.environ.get("QSCACHE_LINT_TESTS") == "all"


@dataclass(frozen=True)
class Test:
    """A test that may be left out: its name, its function, and what is its own of the function's parameters."""

    __test__ = False

    name: str
    function: Hashable
    parameters: Mapping[str, Hashable]
    multiplied_by: Sequence[str] = ()
    share: int = 1

    @property
    def digest(self) -> int:
        return int(sha256(self.name.encode()).hexdigest()[:15], 16)


def some(examples: int) -> int:
    """How many of so many examples to try."""
    return examples if EVERYTHING else -(-examples // 5)


def some_pairs(pairs: Iterable[tuple[Part, Part]]) -> list[tuple[Part, Part]]:
    """The pairs to try, which are told apart by how they are written."""
    several = {str(pair): pair for pair in pairs}
    if EVERYTHING:
        return [*several.values()]
    tests = (Test(name, "", {"first": a, "second": b}, ("first", "second")) for name, (a, b) in several.items())
    drawn = draw(tests)
    return [pair for name, pair in several.items() if name in drawn]


def draw(tests: Iterable[Test]) -> set[str]:
    """The names of the tests to run."""
    drawn: set[str] = set()
    groups: dict[Hashable, list[Test]] = defaultdict(list)
    for test in tests:
        if not test.multiplied_by:
            drawn.update([test.name] if test.digest % test.share == 0 else ())
            continue
        for group in _groups(test):
            groups[group].append(test)
    drawn.update(min(group, key=lambda test: test.digest).name for group in groups.values())
    return drawn


def _groups(test: Test) -> Iterator[Hashable]:
    """What a test is one of several for: what it is a test of, and each of the values that multiply it."""
    yield test.function, tuple(
        (name, value) for name, value in test.parameters.items() if name not in test.multiplied_by
    )
    for name in test.multiplied_by:
        if name in test.parameters:
            yield test.function, name, test.parameters[name]
