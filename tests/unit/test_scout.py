"""The scout lets every shape of a hand-made memo pass, and turns away what only looks like one."""

from __future__ import annotations

import pytest

from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import look

SIGNS = Signs(frozenset({"set", "setdefault"}), frozenset({"get", "setdefault"}), frozenset({"request"}))

MEMOS = (
    pytest.param("def f(self):\n if self._x is None: self._x = g()\n return self._x", id="an attribute"),
    pytest.param("def f(self):\n if self._x: return self._x\n self._x = g()", id="an early return"),
    pytest.param("def f(self):\n x = getattr(self, '_x', None)\n if x is None: self._x = g()", id="getattr"),
    pytest.param("def f(self):\n try: return self._x\n except E: self._x = g()", id="asked first, forgiven later"),
    pytest.param("def f(self):\n if not hasattr(self, '_x'): setattr(self, '_x', g())", id="setattr"),
    pytest.param("def f(self):\n if a: setattr(self, name, g())", id="a computed name"),
    pytest.param("def f():\n global X\n if X is None: X = g()\n return X", id="a global"),
    pytest.param("def f(k):\n if k not in X: X[k] = g()\n return X[k]", id="an entry of a global dict"),
    pytest.param("def f(k):\n d = X\n if k not in X: d[k] = g()", id="an entry of a dict with a second name"),
    pytest.param("def f(k, x={}):\n if k not in x: x[k] = g()", id="a mutable default"),
    pytest.param("def f(a, request):\n if 'x' not in request: request['x'] = g()", id="an entry of the request"),
    pytest.param("def d(f):\n def w():\n  if not V.get(): V.set(f())\n  return V.get()\n return w", id="a variable"),
    pytest.param(
        "def d(f):\n m = {}\n def w(k):\n  if k not in m: m[k] = f(k)\n  return m[k]\n return w", id="a decorator"
    ),
    pytest.param("def d(f):\n return lambda k: M.setdefault(k, f(k))", id="a decorator of one line"),
    pytest.param("def d(f):\n def w():\n  x = f()\n  put(x)\n  return x\n return w", id="a helper that stores"),
    pytest.param("def d(f):\n def w():\n  return kept(k, lambda: f())\n return w", id="a helper that does it all"),
    pytest.param("def f(self):\n assert self._x is None\n self._x = g()", id="an assertion"),
    pytest.param("def f(:", id="what cannot be parsed"),
)

OTHERS = (
    pytest.param("# cache\nx = 'cache'", id="the word in a comment and a string"),
    pytest.param("def f(self):\n self.x = g()\n return self.x", id="no condition"),
    pytest.param("def f(self, x):\n if x: self.x = g()", id="a condition on something else"),
    pytest.param("def d(f):\n def w():\n  if a: put(b)\n  return f()\n return w", id="a helper of its own affairs"),
    pytest.param("def f(self, k):\n x = {}\n if k not in x: x[k] = g()\n return x", id="a dict made in the call"),
    pytest.param("def f(self, k, x):\n if k not in x: x[k] = g()", id="a dict that the caller passes"),
    pytest.param("def f(self):\n if self.x is None: self.x = 0", id="a number"),
    pytest.param("def f(self):\n if self.x is None: self.x = {}", id="an empty dict"),
    pytest.param("def f(self):\n if self.x: self.x -= g()", id="arithmetic"),
    pytest.param("def f(self):\n if self.x: self.x.append(g())", id="a list that grows"),
    pytest.param("def f(self):\n self.x.setdefault(k, 'x')", id="a text that is missing"),
    pytest.param("def f(self):\n x = g.h(1)\n if x.y: x.y = i()", id="an object that a call makes"),
)


def _lets_pass(source: str, words: frozenset[str] = frozenset()) -> bool:
    return look(source.encode(), words, SIGNS) is not None


@pytest.mark.parametrize("source", MEMOS)
def test_lets_memos_pass(source: str) -> None:
    assert _lets_pass(source)


@pytest.mark.parametrize("source", OTHERS)
def test_turns_others_away(source: str) -> None:
    assert not _lets_pass(source, frozenset({"cache"}))


def test_lets_names_pass() -> None:
    assert _lets_pass("from django.core.cache import caches as c", frozenset({"caches"}))
