"""The keys of caches in the whitelist for builders: what they keep apart, what else has them, and stubs of caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_repeatability import BY_NAME, memoized, said, stored

TEXTS = 'return Story.objects.filter(title__startswith=f"{x}")'
MIXED = "does not contain x unchanged"

EQUALS = [
    ("one-kind", TEXTS, "x", "1, 2", ""),
    ("unseen", "return Story.objects.filter(title=x)", "x", "request.GET['x'], 1", ""),
    ("texts", TEXTS, "x: str", "'a', 'b'", ""),
    ("absent", TEXTS, "x=None", "'a', None", ""),
    ("only-tested", "return Story.objects.filter(words__gt=1) if x else Story.objects.all()", "x", "1, True", ""),
    ("number-and-true", TEXTS, "x", "1, True", MIXED),
    ("number-and-fraction", TEXTS, "x", "1, 1.0", MIXED),
    ("zero-and-false", TEXTS, "x=0", "False", MIXED),
    ("unequal", TEXTS, "x", "2, True", ""),
    ("annotated", TEXTS, "x: int | bool", "", MIXED),
    ("decimal", TEXTS, "x", "Decimal('1.0')", MIXED),
    ("decimal-and-number", "return Story.objects.filter(words__gt=x)", "x", "Decimal('1.0'), 1", MIXED),
    ("member-and-text", TEXTS, "x", "Kind.ONE, 'a'", MIXED),
    ("members", "return Story.objects.filter(title=x)", "x: Kind", "Kind.ONE", ""),
]  # fmt: skip

HEAD_OF_CALLS = """
from decimal import Decimal
from enum import Enum

from news.queries import stories


class Kind(str, Enum):
    ONE = "a"


def calls(request):
"""


def calling(given: str) -> str:
    calls = "\n".join(f"    stories({each})" for each in given.split(", ") if each)
    return f"{HEAD_OF_CALLS}{calls or '    pass'}\n"


@pytest.mark.parametrize(
    ("body", "parameters", "given", "what"), [each[1:] for each in EQUALS], ids=[each[0] for each in EQUALS]
)
def test_a_memo_keeps_apart_what_reaches_it(tmp_path: Path, body: str, parameters: str, given: str, what: str) -> None:
    queries = memoized(body, parameters)
    files = {"news/calls.py": calling(given)}
    if "Kind" in parameters:
        queries = f"from enum import Enum\n\n\nclass Kind(str, Enum):\n    ONE = 'a'\n\n\n{queries}"
        files["news/calls.py"] = files["news/calls.py"].replace("stories\n", "Kind, stories\n", 1)
    found = said(tmp_path, queries, files)
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


def test_a_memo_of_the_project_keeps_apart_what_reaches_it(tmp_path: Path) -> None:
    keep = (
        "def keep(function):\n    memo = {}\n\n    def call(*args):\n        if args not in memo:\n"
        "            memo[args] = function(*args)\n        return memo[args]\n\n    return call\n"
    )
    queries = memoized(TEXTS, "x", "@keep")
    assert MIXED in "; ".join(said(tmp_path, queries, {"news/calls.py": calling("1, True"), "news/keep.py": keep}))
    assert not said(tmp_path, queries, {"news/calls.py": calling("1, 2"), "news/keep.py": keep})


def test_a_memo_by_type_keeps_equal_values_apart(tmp_path: Path) -> None:
    queries = memoized(TEXTS, "x", "@lru_cache(maxsize=None, typed=True)")
    assert not said(tmp_path, queries, {"news/calls.py": calling("1, True")})


BY_TEXT = "Story.objects.filter(words=1) if x else Story.objects.all()"

SHARED_TEXTS = [
    ("numbers", 'f"by-{x}"', "x", "1, 2", ""),
    ("number-or-none", 'f"by-{x}"', "x=None", "1, 2", ""),
    ("number-and-text", 'f"by-{x}"', "x", "1, '1'", MIXED),
    ("number-and-other-text", 'f"by-{x}"', "x", "1, 'a'", ""),
    ("none-and-its-text", 'f"by-{x}"', "x", "None, 'None'", MIXED),
    ("none-and-other-text", 'f"by-{x}"', "x", "None, 'a'", ""),
    ("none-and-any-text", 'f"by-{x}"', "x: str | None = None", "", MIXED),
    ("true-and-its-text", '"by-%s" % x', "x", "True, 'True'", MIXED),
    ("true-as-a-number", '"by-%d" % x', "x: int", "1, True", ""),
    ("number-and-decimal", 'f"by-{x}"', "x", "1, Decimal(1)", MIXED),
    ("written-as-code", 'f"by-{(x,)}"', "x", "1, '1'", ""),
    ("texts-one-behind-the-other", '"by-" + ",".join(x)', "x: list[str]", "", "several texts in a row"),
    ("numbers-one-behind-the-other", '"by-" + ",".join(map(str, x))', "x: list[int]", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "parameters", "given", "what"), [each[1:] for each in SHARED_TEXTS], ids=[each[0] for each in SHARED_TEXTS]
)
def test_a_key_that_is_text_keeps_apart_what_reaches_it(
    tmp_path: Path, key: str, parameters: str, given: str, what: str
) -> None:
    found = said(tmp_path, stored(BY_TEXT, key, parameters), {"news/calls.py": calling(given)})
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


def test_a_number_in_a_key_may_be_true(tmp_path: Path) -> None:
    queries = stored("Story.objects.filter(title=x)", '"by-%d" % x', "x: int")
    assert MIXED in "; ".join(said(tmp_path, queries, {"news/calls.py": calling("1, True")}))


STORE = "from django.core.cache import caches\n\nshared = caches['default']\n"

OTHERS = [
    ("deleted", "def clear(name):\n    cache.delete(f'by-name-{name}')", ""),
    ("deleted-several", "def clear(names):\n    cache.delete_many(['by-name-' + each for each in names])", ""),
    ("touched", "def keep_on(name):\n    cache.touch(f'by-name-{name}', 60)", ""),
    ("other-kind", "def put(kind, name):\n    cache.set(f'{kind}-{name}', 1)\n\n\nput('others', 'x')", ""),
    ("other-kind-of-several",
     "def put(parts, value):\n    cache.set('-'.join(parts), value)\n\n\nput(['others', 'x'], [])", ""),
    ("other-arguments",
     ("def make(*parts):\n    return '-'.join(str(each) for each in parts)\n\n\ndef put(name):\n"
     "    cache.set(make('others', name), [])"), ""),
    ("other-class", ("class Others:\n    prefix = 'others-'\n\n    def put(self, name):\n"
     "        cache.set(self.prefix + name, [])"), ""),
    ("other-classes",
     ("class Others:\n    prefix = 'others-'\n\n    def put(self, name):\n"
      "        cache.set(self.prefix + name, [])\n\n\nclass Kept(Others):\n    prefix = 'kept-'"), ""),
    ("other-many", "def put(names):\n    cache.set_many({f'others-{each}': [] for each in names})", ""),
    ("other-read", "def peek(kind, name):\n    return cache.get(f'{kind}-{name}')\n\n\npeek('others', 'x')", ""),
    ("number-under-any-key", "def count(key: str, number: int):\n    cache.set(key, number)", ""),
    ("digest", "def put(name):\n    cache.set(hashlib.md5(repr(name).encode()).hexdigest(), [])", ""),
    ("other-memoizer",
     ("from functools import wraps\n\n\ndef remember(function):\n    @wraps(function)\n    def call(*args):\n"
     "        key = '-'.join([function.__module__, function.__name__, *map(str, args)])\n"
     "        return cache.get_or_set(key, lambda: function(*args))\n\n    return call\n\n\n"
     "@remember\ndef counts(section):\n    return [1, section]"), ""),
    ("rows-under-other-words", "def put(kind, rows):\n    cache.set(f'{kind}-counts', [each for each in rows])", ""),
    ("anything-under-other-words", "def put(kind, rows):\n    cache.set(f'{kind}-counts', rows)", "may store"),
    ("emptied", "def clear():\n    cache._cache.clear()", ""),
    ("read", "def peek(name):\n    return cache.get('by-name-%s' % name)", "whether the key is cached"),
    ("asked", "def peek(name):\n    return f'by-name-{name}' in cache", "whether the key is cached"),
    ("asked-by-helper", "def peek(key):\n    return cache.has_key(key)\n\n\npeek('by-name-x')", "whether the key"),
    ("asked-for-several", "def peek(names):\n    return cache.get_many(['by-name-' + each for each in names])",
     "whether the key is cached"),
    ("dropped-and-told", "def drop(name):\n    return cache.delete(f'by-name-{name}')", "whether the key is cached"),
    ("all-keys", "def peek():\n    return [each for each in cache._cache]", "whether the key is cached"),
    ("deleted-by-helper",
     "def clear(name):\n    forget('by-name-' + name)\n\n\ndef forget(key):\n    cache.delete(key)", ""),
    ("other-key", "def others(name):\n    cache.set(f'others-{name}', 1)", ""),
    ("other-place", "TEMPLATE = 'by-name.html'\n\n\ndef show(render):\n    return render(TEMPLATE)", ""),
    ("any-key", "def keep_it(key, value):\n    cache.set(key, value)", "may store something else"),
    ("put-together", "def put(kind, name):\n    cache.set('%s-%s' % (kind, name), [])\n\n\nput('by-name', 'x')",
     "may store something else"),
    ("formatted", "def put(kind, name):\n    cache.set('{}-{}'.format(kind, name), [])\n\n\nput('by-name', 'x')",
     "may store something else"),
    ("made", ("def make(*parts):\n    return '-'.join(str(each) for each in parts)\n\n\ndef put(name):\n"
     "    cache.set(make('by', 'name', name), [])"), "may store something else"),
    ("of-class", ("class Others:\n    prefix = 'by-'\n\n    def put(self, name):\n"
     "        cache.set(self.prefix + name, [])"), "may store something else"),
    ("of-derived-class",
     ("class Others:\n    prefix = 'others'\n\n    def put(self, name):\n"
      "        cache.set(f'{self.prefix}-{name}', [])\n\n\nclass Named(Others):\n    prefix = 'by-name'"),
     "may store something else"),
    ("many-one-by-one", ("def put(name):\n    found = {}\n    found['-'.join(['by', 'name', name])] = []\n"
     "    cache.set_many(found)"), "may store something else"),
    ("options", ("def put(name):\n    options = dict(key='-'.join(['by', 'name', name]), value=[])\n"
     "    cache.set(**options)"), "may store something else"),
    ("method-in-part",
     ("from functools import partial\n\nput = partial(cache.set, timeout=60)\n\n\ndef fill(kind):\n"
      "    put(kind, [])"), "may store something"),
    ("unknown-cache", ("from django.core.cache import caches\n\n\ndef put(kind):\n    for each in caches.all():\n"
     "        each.set(kind + 'x', [])\n\n\nput('by-name-')"), "may store something"),
    ("cache-of-a-module", ("from news import store\n\n\ndef put(kind):\n    store.shared.set(kind + 'x', [])\n\n\n"
     "put('by-name-')"), "may store something"),
    ("added", "def put(kind, name):\n    cache.add(kind + name, [])\n\n\nput('by-name-', 'x')", "may store something"),
    ("other-alias", ("from django.core.cache import caches\n\n\ndef put(kind, name):\n"
     "    caches['default'].set(kind + name, [])\n\n\nput('by-name-', 'x')"), "may store something"),
    ("method-handed-on", ("def put(kind, name):\n    store = cache.set\n    store(kind + name, [])\n\n\n"
     "put('by-name-', 'x')"), "may store something"),
    ("method-by-name", "def put(kind, name):\n    getattr(cache, 'set')(kind + name, [])\n\n\nput('by-name-', 'x')",
     "may store something"),
    ("cache-handed-on", "def put(where, kind, name):\n    where.set(kind + name, [])\n\n\nput(cache, 'by-name-', 'x')",
     "may store something"),
    ("other-memoizer-by-name",
     ("from functools import wraps\n\n\ndef remember(kind):\n    def decorate(function):\n        @wraps(function)\n"
     "        def call(name):\n            return cache.get_or_set(f'{kind}-{name}', lambda: function(name))\n\n"
     "        return call\n\n    return decorate\n\n\n"
     "@remember('by-name')\ndef counts(name):\n    return [name]"), "may store something"),
    ("stored", "def warm(name):\n    cache.set(f'by-name-{name}', [])", "may store something else under the same key"),
    ("stored-otherwise", "def warm(name):\n    cache.set('by-name-{}'.format(name), [])", "may store something else"),
    ("stored-several", "def warm(name):\n    cache.set_many({f'by-name-{name}': []})", "may store something else"),
    ("stored-by-helper",
     "def warm(name):\n    put('by-name-' + name, [])\n\n\ndef put(key, value):\n    cache.set(key, value)",
     "may store something else under the same key"),
    ("stored-by-name", "PREFIX = 'by-name-'\n\n\ndef warm(name):\n    cache.set(PREFIX + name, [])",
     "store something else"),
    ("stored-in-pieces", "def warm(kind):\n    cache.set('by-' + kind, [])",
     "may store something else under the same key"),
    ("stored-in-a-dict", "def warm():\n    cache.set_many(dict([('by-name-x', [])]))", "may store something else"),
    ("stored-by-unknown", "def warm(client, name):\n    client.set('by-name-' + name, [])", "the text of the key"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what"), [each[1:] for each in OTHERS], ids=[each[0] for each in OTHERS])
def test_what_else_has_the_key(tmp_path: Path, code: str, what: str) -> None:
    """Dropping an entry is harmless; putting something else there, or asking what is there, is not."""
    other = f"import hashlib\n\nfrom django.core.cache import cache\n\n\n{code}\n"
    files = {"news/other.py": other, "news/store.py": STORE}
    found = said(tmp_path, stored(BY_NAME, 'f"by-name-{name}"', "name"), files)
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


MOCK = "from unittest import mock\n\nfrom news import queries\n\n"
OVERRIDE = "from django.test import override_settings\n\n"

STUBS = [
    ("cleared", "from django.core.cache import cache\n\n\ndef setup():\n    cache.clear()", ""),
    ("stub-elsewhere", "from unittest import mock\n\nfake = mock.patch('news.models.cache')", ""),
    ("backend-of-django",
     (f"{OVERRIDE}quiet = override_settings(CACHES={{'default': {{'BACKEND': "
     "'django.core.cache.backends.dummy.DummyCache'}})"), ""),
    ("other-setting", f"{OVERRIDE}quick = override_settings(CACHE_SECONDS=1)", ""),
    ("patched", "from unittest import mock\n\nfake = mock.patch('news.queries.cache')", "may replace"),
    ("method-patched", "from unittest import mock\n\nfake = mock.patch('news.queries.cache.get')", "may replace"),
    ("patched-at-home", "from unittest import mock\n\nfake = mock.patch('django.core.cache.cache')", "may replace"),
    ("backend-patched",
     "from unittest import mock\n\nfake = mock.patch('django.core.cache.backends.locmem.LocMemCache.get')",
     "may replace"),
    ("object-patched", f"{MOCK}fake = mock.patch.object(queries, 'cache')", "may replace"),
    ("method-of-object-patched", f"{MOCK}fake = mock.patch.object(queries.cache, 'get')", "may replace"),
    ("class-patched", f"{MOCK}fake = mock.patch.object(type(queries.cache), 'get')", "may replace"),
    ("several-patched", f"{MOCK}fake = mock.patch.multiple('news.queries', cache=mock.DEFAULT)", "may replace"),
    ("namespace-patched", f"{MOCK}fake = mock.patch.dict(vars(queries), cache=None)", "may replace"),
    ("monkeypatched",
     "from news import queries\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(queries, 'cache', None)",
     "may replace"),
    ("monkeypatched-by-path",
     "def test(monkeypatch):\n    monkeypatch.setattr('news.queries.cache', None)", "may replace"),
    ("assigned", "from news import queries\n\nqueries.cache = None", "may replace"),
    ("method-assigned", "from django.core.cache import cache\n\ncache.get = print", "may replace"),
    ("own-backend",
     f"{OVERRIDE}fake = override_settings(CACHES={{'default': {{'BACKEND': 'news.other.Fake'}}}})", "may replace"),
    ("backend-assigned", "def test(settings):\n    settings.CACHES = {'default': {'BACKEND': 'news.other.Fake'}}",
     "may replace"),
    ("backend-set",
     "def test(monkeypatch, settings):\n    monkeypatch.setattr(settings, 'CACHES', {'default': {'BACKEND': 'x.Y'}})",
     "may replace"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what"), [each[1:] for each in STUBS], ids=[each[0] for each in STUBS])
def test_what_may_take_the_place_of_the_cache(tmp_path: Path, code: str, what: str) -> None:
    found = said(tmp_path, stored(BY_NAME, 'f"by-name-{name}"', "name"), {"news/test_other.py": f"{code}\n"})
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


def test_a_memoizer_of_the_project_may_get_another_cache(tmp_path: Path) -> None:
    fake = "from unittest import mock\n\nfake = mock.patch('news.keep.cache')\n"
    body = memoized("return Story.objects.all()", "", "@keep(60)")
    assert "may replace the cache" in "; ".join(said(tmp_path, body, {"news/tests.py": fake}))
    assert not said(tmp_path, body, {"news/tests.py": fake.replace("news.keep", "news.models")})
