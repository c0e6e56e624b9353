"""What is known to be repeatable: names outside the project that give the same for the same arguments, and no more."""

from __future__ import annotations

import re
from collections.abc import Container

from qscache_lint.project.abstract import External, Value

CONDITIONS = frozenset({"Q", "FilteredRelation"})
"""What stands for look-ups: its keywords name fields as those of `filter()` do."""

LOOKUPS = (
    frozenset({"exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith", "istartswith"})
    | {"endswith", "iendswith", "range", "isnull", "regex", "iregex", "contained_by", "overlap", "len", "has_key"}
    | {"has_keys", "has_any_keys", "keys", "values", "search", "unaccent", "trigram_similar", "trigram_word_similar"}
    | {"date", "year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter", "time", "hour"}
    | {"minute", "second", "pk", "id"}
)
"""What may stand behind a column in a look-up, of Django's own."""

COMPARING_METHODS = frozenset({"filter", "exclude", "get"})
"""Operations whose keywords name columns."""

NAMING_METHODS = COMPARING_METHODS | {"annotate", "alias", "aggregate", "values", "values_list"}
"""Operations whose text names columns from which values are made."""

_CONSTANT_EXPRESSIONS = (
    CONDITIONS
    | {"F", "Value", "OuterRef", "Subquery", "Exists", "Case", "When", "Prefetch", "ExpressionWrapper", "OrderBy"}
    | {"Count", "Sum", "Avg", "Max", "Min", "StdDev", "Variance"}
    | {"BooleanField", "CharField", "DateField", "DateTimeField", "DecimalField", "DurationField", "FloatField"}
    | {"IntegerField", "PositiveIntegerField", "TextField", "TimeField", "UUIDField", "BigIntegerField"}
)
_FUNCTIONS = (
    frozenset({"Cast", "Coalesce", "Greatest", "Least", "NullIf", "Collate"})
    | {"Concat", "Length", "Lower", "Upper", "Left", "Right", "LPad", "RPad", "Repeat", "Replace", "Reverse", "Substr"}
    | {"StrIndex", "Trim", "LTrim", "RTrim", "Abs", "Ceil", "Floor", "Mod", "Power", "Round", "Sqrt", "Sign"}
    | {"Extract", "ExtractYear", "ExtractMonth", "ExtractDay", "ExtractHour", "ExtractMinute", "ExtractWeek"}
    | {"ExtractWeekDay", "ExtractQuarter", "Trunc", "TruncYear", "TruncMonth", "TruncDay", "TruncWeek", "TruncHour"}
    | {"TruncDate", "TruncTime", "TruncQuarter", "TruncMinute"}
)
_PLAIN_CALLS = frozenset(
    {"int", "float", "abs", "round", "isinstance", "datetime.timedelta", "decimal.Decimal"}
    | {"django.contrib.auth.get_user_model", "django.apps.apps.get_model"}
)

READING_CALLS = frozenset({"str", "bool", "len", "list", "tuple", "set", "frozenset", "dict", "sorted", "min", "max"})
"""Calls that read what they are given: repeatable where that is known to be data."""

TEXT_CALLS = frozenset(
    {"django.utils.text.slugify", "django.template.defaultfilters.slugify", "re.sub", "re.escape", "html.escape"}
    | {"django.utils.html.escape", "unicodedata.normalize", "urllib.parse.quote", "urllib.parse.unquote"}
)
"""Calls that make text of text, the same each time."""

TEXT_METHODS = frozenset(
    {"capitalize", "casefold", "endswith", "format", "join", "lower", "lstrip", "partition", "removeprefix"}
    | {"removesuffix", "replace", "rpartition", "rsplit", "rstrip", "split", "startswith", "strip", "title", "upper"}
)
"""Methods of text that give the same each time."""

PLAIN_MODELS = ("django.contrib.auth.models.", "django.contrib.contenttypes.models.", "django.contrib.sites.models.")
"""The models of Django itself, whose managers send no query while one is built."""

DJANGO_BASES = ("django.db.models.", "django.contrib.gis.db.models.", *PLAIN_MODELS, "django.contrib.auth.base_user.")
"""Where the bases of models, managers and QuerySets stand that do nothing of their own while a query is built."""

UNREPEATABLE_OPERATIONS = frozenset({"raw", "extra", "select_for_update", "datetimes"})
"""SQL that may say anything, locks, and what takes the time zone that is current when it is called."""


def is_expression(dotted: str) -> bool:
    """Whether calling a name makes a part of a query that is the same each time: no clock, no random number."""
    package, _, name = dotted.rpartition(".")
    if package == "django.db.models.functions" or package.startswith("django.db.models.functions."):
        return name in _FUNCTIONS
    return package.startswith("django.db.models") and name in _CONSTANT_EXPRESSIONS


def is_condition(dotted: str) -> bool:
    """Whether calling a name makes an object that stands for look-ups."""
    package, _, name = dotted.rpartition(".")
    return package.startswith("django.db.models") and name in CONDITIONS


def is_text_call(function: Value) -> bool:
    """Whether what is called makes text of text, and does no more."""
    return bool(function) and all(isinstance(atom, External) and atom.dotted in TEXT_CALLS for atom in function)


def is_plain_call(dotted: str) -> bool:
    """Whether a name outside the project computes, of numbers and text, and does no more."""
    return dotted in _PLAIN_CALLS


READING_METHODS = frozenset(
    {"get", "items", "keys", "values", "index", "count", "copy", "union", "intersection", "difference"}
    | {"symmetric_difference", "issubset", "issuperset", "isdisjoint"}
)
"""Methods of containers that leave them as they are."""

COPYING_METHODS = frozenset({"extend", "update", "join", "index", "count"}) | READING_METHODS
"""Methods of containers and text that take out of what they are given, and do not keep it."""

LEAVING_MODULES = ("django.db.models.", "django.forms.", "logging.")
"""Where everything leaves what it is given as it is."""

_LEAVING = READING_CALLS | {"enumerate", "zip", "any", "all", "sum", "isinstance", "reversed", "print", "range", "hash"}


def is_leaving(dotted: str) -> bool:
    """Whether a call leaves the containers that it is given as they are, and does not keep them."""
    return dotted in _LEAVING or is_plain_call(dotted) or is_expression(dotted)


TEXTS = frozenset({"str", "repr", "tuple", "list", "sorted", "frozenset"}) | {
    "django.utils.encoding.force_str",
    "django.utils.encoding.force_text",
    "django.utils.encoding.force_bytes",
    "django.utils.encoding.smart_str",
    "django.utils.encoding.smart_text",
    "urllib.parse.quote",
    "urllib.parse.quote_plus",
    "django.utils.http.urlquote",
    "pickle.dumps",
}
"""Calls that write down, of text, numbers and containers of these, all that there is in their argument."""

HASHES = frozenset(f"hashlib.{name}" for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b"))
"""Calls that make something else of each text."""

MEMOIZER_OPTIONS = frozenset(
    {"maxsize", "typed", "ttl", "timeout", "expire", "expiration_time", "cache_alias", "seconds", "tag"}
)
"""Options of memoizers that say how long something is kept, how much, and where: the key has all arguments."""

QUOTING_MEMOIZERS = frozenset({"cache_memoize.cache_memoize()", "cache_memoize.cache_memoize"})
"""Memoizers that write the arguments into the key so that they cannot run together."""

_REPLACING = re.compile(
    rb"\b(\w*mock\w*|\w*[Pp]atch\w*|mocker|setattr|delattr|stub\w*|fake\w*|__dict__|globals|__globals__|vars|import_string)\b"
)
_TESTS = re.compile(r"(^|/)(tests?|testing)(/|\.py$)|(^|/)test_[^/]*\.py$|_tests?\.py$|(^|/)conftest\.py$")

DROPPING = frozenset(
    {"delete", "delete_many", "delete_pattern", "clear", "close", "touch", "expire", "persist", "flush_all", "flushdb"}
)
"""Methods of caches that put nothing in, and show nothing of what is there unless their result is used; asynchronous
ones have an `a` before."""

ASKING = DROPPING | {"get", "get_many", "has_key", "ttl", "keys", "iter_keys"}
"""Methods of caches that put nothing in."""

SHARED_CACHES = ("django.core.cache.", "django_redis.", "diskcache.")
"""Where the names of caches begin that all code of a project may use, each under the keys of the others."""

ASKING_FOR_NAMES = frozenset({"getattr", "hasattr", "isinstance", "issubclass", "get", "len", "print", "cast"})
"""Calls that may be given an object and a name, and replace nothing."""

TEXT_STEPS = frozenset(
    {"encode", "hexdigest", "digest", "format", "join", "lower", "upper", "strip", "replace", "split"}
)
"""Methods by which text becomes other text."""


def is_harmless_call(function: Value, clocks: Container[str]) -> bool:
    """Whether a call only writes a log, or reads something without a query, such as one of the clocks."""
    names = [atom.dotted for atom in function if isinstance(atom, External)]
    return bool(names) and all(
        each.startswith("logging.") or each in READING_CALLS or each in clocks for each in names
    )


def is_test(path: str) -> bool:
    """Whether a file is called as those of tests are."""
    return bool(_TESTS.search(path))


def may_replace(path: str, source: bytes) -> bool:
    """Whether code may put something else in the place of a name that it has as text: a test, or by its words."""
    return is_test(path) or bool(_REPLACING.search(source))
