"""Settings: one field is one key of `[tool.qscache-lint]` (in kebab-case) and one option of the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from qscache_lint.codes import GROUPS, names_rule
from qscache_lint.engines import Engine
from qscache_lint.formats import Wanted
from qscache_lint.knowledge.cache_rows import Memoizer, ReadCall, StoreCall
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.extension import Extension
from qscache_lint.knowledge.model import Version, parse_version
from qscache_lint.knowledge.queryset_rows import Operation
from qscache_lint.source.discover import DEFAULT_EXCLUDE
from qscache_lint.values import Confidence

TABLE = "tool.qscache-lint"


TEST_CODE: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("**/tests/**", "test_*.py", "*_test.py", "tests.py", "test.py", "conftest.py"), GROUPS
)
"""The files that tests are in, and the rules whose findings need no action there."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a run is asked to do."""

    select: tuple[str, ...] | None = None
    """Codes or prefixes of the rules to run, instead of those that are on by default."""

    ignore: tuple[str, ...] = ()
    """Codes or prefixes of rules to skip; the longer prefix wins over `select`."""

    extend_select: tuple[str, ...] = ()
    """Rules to run in addition to those selected."""

    extend_ignore: tuple[str, ...] = ()
    """Rules to skip in addition to those ignored."""

    min_confidence: Confidence = Confidence.MEDIUM
    """`high` leaves out findings in which one step rests on a unique name."""

    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    """Shell patterns of names or paths that do not belong to the project."""

    extend_exclude: tuple[str, ...] = ()
    """Patterns in addition to those of `exclude`."""

    force_exclude: bool = False
    """Exclude files even if they are passed on the command line, as pre-commit does."""

    respect_gitignore: bool = True
    """Leave out what the `.gitignore` files of the project and its checkout ignore."""

    per_file_ignores: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(TEST_CODE))
    """Rules to skip in some files, by ruff's patterns; default: those about code, in tests."""

    extend_per_file_ignores: dict[str, tuple[str, ...]] = {}
    """The same, in addition to `per-file-ignores`."""

    baseline: str | None = None
    """Hide the findings recorded in this file, relative to the project."""

    output_format: str | tuple[str, ...] = ()
    """Formats of the report, `"FORMAT"` or `"FORMAT:FILE"`, the file relative to the project; default: `full`."""

    keep_cached_name: bool = False
    """In a split, the cached function keeps the name and the uncached one becomes `…_queryset`."""

    django_version: str | None = None
    """Django version that the project runs on, such as "5.2"; default: the version in the project's requirements."""

    engine: Engine = "fast"
    """A type checker that is also asked for what the project's own code leaves open; `fast` asks none."""

    strict_engine: bool = False
    """Exit with code 2 when the type checker cannot be asked."""

    django_settings: str | None = None
    """Settings module that mypy's Django plugin loads; default: what the project's configuration says."""

    no_settings: bool = False
    """Do not load settings, which runs code of the project: types are those of django-stubs alone."""

    cache_dir: str | None = None
    """Directory of the cache, relative to the project; default: `.qscache_lint_cache`."""

    memoizer: tuple[Memoizer, ...] = ()
    """Decorators that cache what a function returns, in addition to `knowledge/caches/`, in the same form."""

    store: tuple[StoreCall, ...] = ()
    """Methods that keep a value, in the same form."""

    read: tuple[ReadCall, ...] = ()
    """Methods that return what was kept, in the same form."""

    operation: tuple[Operation, ...] = ()
    """Methods of managers and QuerySets, in the form of `knowledge/queryset.toml`."""

    consumer: tuple[Consumer, ...] = ()
    """Functions and classes that take a QuerySet, in the form of `knowledge/consumers.toml`."""

    @property
    def extension(self) -> Extension:
        """The rows that the project adds to the knowledge tables."""
        return Extension(self.memoizer, self.store, self.read, self.operation, self.consumer)

    @property
    def reports(self) -> tuple[Wanted, ...]:
        """What `output-format` asks for. Raises WrongFormat."""
        written = (self.output_format,) if isinstance(self.output_format, str) else self.output_format
        return tuple(map(Wanted.parse, written))

    @property
    def django(self) -> Version | None:
        """The Django version that is set, as major and minor number; None when none is."""
        return None if self.django_version is None else (*parse_version(self.django_version), 0)[:2]

    @property
    def excluded(self) -> tuple[str, ...]:
        return (*self.exclude, *self.extend_exclude)


def selects(settings: Settings, code: str, enabled: bool) -> bool:
    """Whether the rule with `code` runs; `enabled` is its default.

    Of two prefixes the longer one decides. The bare prefix `QSC` stands for what is on by default; a rule that is off
    by default needs a prefix with a digit (`QSC1`, `QSC103`).
    """
    default = 0 if enabled else -1
    chosen = default if settings.select is None else _longest(settings.select, code, enabled)
    chosen = max(chosen, _longest(settings.extend_select, code, enabled))
    return chosen > _longest((*settings.ignore, *settings.extend_ignore), code, True)


def _longest(prefixes: Sequence[str], code: str, enabled: bool) -> int:
    """The length of the longest prefix that speaks of a rule; -1 when none does."""
    return max((len(prefix) for prefix in prefixes if names_rule(prefix, code, enabled)), default=-1)
