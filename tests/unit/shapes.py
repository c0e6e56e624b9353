"""Projects of one shape that grows: the code of generators and of decades, as large as a test asks for."""

from __future__ import annotations

from collections.abc import Mapping

HEAD = "from functools import lru_cache\n\nfrom django.db import models\n\nfrom shop.models import Item\n\n\n"
CACHED = "@lru_cache\ndef rows():\n    return Item.objects.all()\n\n\n"
USE = "\n\ndef use(word):\n    return rows().filter(title=word)\n"
OF_LAST = "\n\n@lru_cache\ndef rows():\n    return C{last}.objects.all()\n"

Files = Mapping[str, str]


def _one(text: str) -> Files:
    return {"shop/big.py": HEAD + CACHED + text + USE}


def _repeated(text: str, size: int, first: int = 0) -> str:
    return "".join(text.format(i=i, before=i - 1) for i in range(first, size))


def inheritance(size: int) -> Files:
    """Classes that derive from one another."""
    classes = _repeated("class C{i}(C{before}):\n    pass\n\n\n", size, 1)
    root = "class C0(models.Model):\n    pass\n\n\n"
    return {"shop/big.py": HEAD + root + classes + OF_LAST.format(last=size - 1) + USE}


def diamonds(size: int) -> Files:
    """Classes that derive from the same one on two ways, over and over."""
    step = "class L{i}(C{before}): pass\n\n\nclass R{i}(C{before}): pass\n\n\nclass C{i}(L{i}, R{i}): pass\n\n\n"
    root = "class C0(models.Model):\n    pass\n\n\n"
    return {"shop/big.py": HEAD + root + _repeated(step, size, 1) + OF_LAST.format(last=size - 1) + USE}


def refinements(size: int) -> Files:
    """A cached QuerySet that is refined in one chain before it is kept."""
    rows = f"@lru_cache\ndef rows():\n    return Item.objects{'.filter(sold=True)' * size}\n"
    return {"shop/big.py": HEAD + rows + USE}


def conditions(size: int) -> Files:
    """Conditions of one query, joined by `|`."""
    joined = " | ".join(["models.Q(sold=True)"] * size)
    return {"shop/big.py": f"{HEAD}@lru_cache\ndef rows():\n    return Item.objects.filter({joined})\n{USE}"}


def branches(size: int) -> Files:
    """Branches one after the other, each of which may refine the value."""
    return _one(
        "def pick(x):\n    found = rows()\n"
        + _repeated("    if x == {i}:\n        found = found.filter(sold=True)\n", size)
        + "    return found\n"
    )


def parts(size: int) -> Files:
    """Variables that each hold a value of which a part is used."""
    return _one("def many(word):\n" + _repeated("    v{i} = rows()\n    v{i}.count()\n", size))


def star_mesh(size: int) -> Files:
    """Modules that each import everything of several others."""
    files = {
        f"shop/c{i}.py": "".join(f"from shop.c{j} import *\n" for j in range(max(0, i - 6), i)) for i in range(1, size)
    }
    return {**files, "shop/c0.py": HEAD + CACHED, "shop/big.py": f"from shop.c{size - 1} import *\n" + USE}


def calling_files(size: int) -> Files:
    """A function that as many files call, which alone say what its parameter is: two classes have the attribute."""
    memoized = "    @property\n    @cache_memoize(60)\n    def rows(self):\n        return Item.objects.all()\n"
    own = "    @property\n    def rows(self):\n        return Item.objects.all()\n"
    head = "from cache_memoize import cache_memoize\n\nfrom shop.models import Item\n\n\n"
    caller = "from shop.big import Kept, use\n\n\ndef run():\n    return use(Kept())\n"
    return {
        "shop/big.py": f"{head}class Kept:\n{memoized}\n\nclass Open:\n{own}\n\ndef use(shelf):\n"
        "    return shelf.rows.filter(sold=True)\n",
        **{f"shop/user{i}.py": caller for i in range(size)},
    }


def keys(size: int) -> Files:
    """A key that is put together of very many parts."""
    key = " + ".join(["'a'"] * size)
    text = f"def keep(x):\n    cache.set({key} + x, Item.objects.all())\n"
    return {"shop/big.py": f"from django.core.cache import cache\n{HEAD}{text}"}


def entries(size: int) -> Files:
    """Entries of a cache, each under a key of its own."""
    filled = _repeated("    cache.set('k{i}', Item.objects.all())\n", size)
    read = _repeated("    cache.get('k{i}').filter(sold=True)\n", size)
    text = f"def keep():\n{filled}\n\ndef read():\n{read}"
    return {"shop/big.py": f"from django.core.cache import cache\n{HEAD}{text}"}


def cached_functions(size: int) -> Files:
    """Cached functions in one file, each with a file of its own that refines and reads it."""
    cached = _repeated("@lru_cache\ndef rows{i}():\n    return Item.objects.filter(pk={i})\n\n\n", size)
    users = "def one():\n    return rows{i}().filter(sold=True)\n\n\ndef all():\n    return [x.pk for x in rows{i}()]\n"
    return {
        "shop/big.py": HEAD + cached,
        **{
            f"shop/user{i}.py": f"from shop.big import rows{i}\n\n\n" + users.replace("{i}", str(i))
            for i in range(size)
        },
    }


def helpers(size: int) -> Files:
    """Helpers that each hand on what the one before gives: each is reached by a name of its own."""
    chain = "def c0():\n    return rows()\n\n\n" + _repeated("def c{i}():\n    return c{before}()\n\n\n", size, 1)
    last = f"def use():\n    return c{size - 1}().filter(sold=True)\n"
    return _one(chain + last)


def callers(size: int) -> Files:
    """Functions that use what they are given, each called with an instance of the one class that has it."""
    basket = "class Basket:\n    @lru_cache\n    def open_rows(self):\n        return Item.objects.all()\n\n\n"
    use = "def use{i}(basket):\n    return basket.open_rows().filter(sold=True)\n\n\n"
    call = "def call{i}():\n    return use{i}(Basket())\n\n\n"
    return {"shop/big.py": HEAD + basket + _repeated(use + call, size)}


def overrides(size: int) -> Files:
    """Very many places that each call the method of one QuerySet class on a QuerySet of their own."""
    classes = (
        "class RowQuerySet(models.QuerySet):\n    def filter(self, *args, **kwargs):\n"
        "        return super().filter(*args, **kwargs)\n\n\n"
        "class Row(models.Model):\n    objects = RowQuerySet.as_manager()\n\n\n"
    )
    kept = "@lru_cache\ndef rows{i}():\n    return Row.objects.all().filter(kind={i})\n\n\n"
    last = f"def use(word):\n    found = rows{size - 1}()\n    return list(found.filter(title=word))\n"
    return {"shop/big.py": HEAD + classes + _repeated(kept, size) + last}


def flags(size: int) -> Files:
    """Calls that each give a function words of their own, and a flag that leads around what is kept."""
    pick = "def pick(words, fresh=False):\n    if fresh:\n        return Item.objects.all()\n    return rows()\n\n\n"
    around = "def around{i}(word):\n    return pick([{i}], fresh=True).filter(title=word)\n\n\n"
    return _one(pick + _repeated(around, size) + "def kept(word):\n    return pick([-1]).filter(title=word)\n")
