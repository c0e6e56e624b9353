"""Lines that a repair makes too long: wrapped as black would, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from qscache_lint.fixing.model import Change, Repair
from qscache_lint.fixing.wrapping import wrapped
from qscache_lint.project.identities import FunctionId
from qscache_lint.source.line_limits import line_limit
from qscache_lint.source.related_files import RelatedFiles
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Applicability

LIMITED = {"setup.cfg": "[flake8]\nmax-line-length = 40\n"}


def _wrapped(root: Path, before: str | bytes, after: str | bytes, settings: Mapping[str, str] = LIMITED) -> bytes:
    """`shop/pages.py` after a repair of it."""
    for name, text in settings.items():
        (root / name).write_text(text)
    old, new = (each if isinstance(each, bytes) else each.encode() for each in (before, after))
    repair = Repair(
        "extract-builder",
        FunctionId("shop/pages.py", 1),
        Applicability.SAFE,
        "",
        (Change("shop/pages.py", old, new),),
    )
    (change,) = wrapped(SourceTree(root, ("shop/pages.py",), {"shop/pages.py": old}), repair).changes
    assert (change.path, change.before) == ("shop/pages.py", old)
    return change.after


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(
            "x = get_items_queryset(account).filter(a=1)\n",
            "x = get_items_queryset(account).filter(\n    a=1\n)\n",
            id="call",
        ),
        pytest.param(
            "def f():\n    return get_items_queryset(a).filter(a=1)  # why\n",
            "def f():\n    return get_items_queryset(a).filter(\n        a=1\n    )  # why\n",
            id="return-with-a-comment",
        ),
        pytest.param(
            "if a:\n    pass\nelif get_items_queryset(account).exists():\n    pass\n",
            "if a:\n    pass\nelif get_items_queryset(\n    account\n).exists():\n    pass\n",
            id="elif",
        ),
        pytest.param(
            "try:\n    pass\nexcept tuple(get_items_queryset(account)):  # why\n    pass\n",
            "try:\n    pass\nexcept tuple(\n    get_items_queryset(account)\n):  # why\n    pass\n",
            id="except",
        ),
        pytest.param(
            "async def f():\n    async for row in get_items_queryset(account):\n        await print(row)\n",
            "async def f():\n    async for row in get_items_queryset(\n        account\n    ):\n"
            "        await print(row)\n",
            id="async-for",
        ),
        pytest.param(
            "@decorated(get_items_queryset, account, 1)\ndef f(  a):\n    pass\n",
            "@decorated(\n    get_items_queryset, account, 1\n)\ndef f(  a):\n    pass\n",
            id="decorator",
        ),
        pytest.param(
            "@a\ndef get_items_queryset(account, *, sold=False):\n    pass\n",
            "@a\ndef get_items_queryset(\n    account, *, sold=False\n):\n    pass\n",
            id="signature",
        ),
        pytest.param(
            "from shop.queries import get_items, get_items_queryset\nx =1\n",
            "from shop.queries import (\n    get_items,\n    get_items_queryset,\n)\nx =1\n",
            id="import",
        ),
        pytest.param(
            "x = [  # first\n        row for row in get_items_queryset(account) # second\n]\n",
            "x = [  # first\n    row\n    for row in get_items_queryset(\n        account\n    )  # second\n]\n",
            id="one-row-of-several",
        ),
        pytest.param(
            "class A:\n  def f(self):\n    if a:\n      return self.get_items_queryset().filter()\n",
            "class A:\n  def f(self):\n    if a:\n      return (\n"
            "        self.get_items_queryset().filter()\n      )\n",
            id="two-spaces",
        ),
        pytest.param(
            "def f():\n\tif a:\n\t\treturn get_items_queryset(a, bb).all()\n",
            "def f():\n\tif a:\n\t\treturn get_items_queryset(\n\t\t\ta, bb\n\t\t).all()\n",
            id="tabs",
        ),
        pytest.param(
            "def f():\n    x = get_items_queryset(a, '''b\n  c\n''', sold=True)\n",
            "def f():\n    x = get_items_queryset(a, '''b\n  c\n''', sold=True)\n",
            id="nothing-to-gain",
        ),
        pytest.param(
            "def f():\n    x = '''b\n  c\n''', get_items_queryset(a, sold=True)\n",
            "def f():\n    x = '''b\n  c\n''', get_items_queryset(a, sold=True)\n",
            id="short-enough-behind-a-string",
        ),
        pytest.param(
            "def f():\n    x = get_items_queryset(a, b, c), '''d\n  e\n'''\n",
            "def f():\n    x = (\n        get_items_queryset(a, b, c),\n        '''d\n  e\n''',\n    )\n",
            id="string-of-several-rows",
        ),
        pytest.param(
            "def f():\n    x = get_items_queryset(a, b, c), f'''d\n  {e}\n'''\n",
            "def f():\n    x = (\n        get_items_queryset(a, b, c),\n        f'''d\n  {e}\n''',\n    )\n",
            id="formatted-string-of-several-rows",
        ),
        pytest.param(
            "x = 'a'+get_items_queryset(account).name+'b'\n",
            "x = (\n    'a'\n    + get_items_queryset(account).name\n    + 'b'\n)\n",
            id="quotes-stay",
        ),
        pytest.param(
            "x = get_items_queryset(account).filter()  # noqa: QSC201\n",
            "x = get_items_queryset(account).filter()  # noqa: QSC201\n",
            id="noqa",
        ),
        pytest.param(
            "# fmt: off\nx = get_items_queryset(account).filter(a=1)\n# fmt: on\n",
            "# fmt: off\nx = get_items_queryset(account).filter(a=1)\n# fmt: on\n",
            id="formatting-is-off",
        ),
        pytest.param(
            "# fmt: off\n# fmt: on\nx = get_items_queryset(account).filter(a=1)\n",
            "# fmt: off\n# fmt: on\nx = get_items_queryset(account).filter(\n    a=1\n)\n",
            id="formatting-is-on-again",
        ),
        pytest.param(
            "x = 'get_items_queryset is a name that is long'\n",
            "x = 'get_items_queryset is a name that is long'\n",
            id="no-place-to-wrap-at",
        ),
        pytest.param(
            'def f():\n    """Returns the QuerySet behind get_items(), to be refined."""\n    return 1\n',
            'def f():\n    """Returns the QuerySet behind\n    get_items(), to be refined.\n    """\n    return 1\n',
            id="docstring",
        ),
        pytest.param(
            'def f():\n    """Items.\n\n    Returns a QuerySet to refine; get_items() has rows.\n    """\n',
            'def f():\n    """Items.\n\n    Returns a QuerySet to refine;\n    get_items() has rows.\n    """\n',
            id="row-of-a-docstring",
        ),
        pytest.param(
            "match a:\n    case get_items_queryset(account=account):\n        pass\n",
            "match a:\n    case get_items_queryset(account=account):\n        pass\n",
            id="a-case-stays",
        ),
    ],
)
def test_a_line_that_is_too_long(tmp_path: Path, after: str, expected: str) -> None:
    assert _wrapped(tmp_path, "x = 1\n", after).decode() == expected


def test_a_line_that_was_too_long_before_stays(tmp_path: Path) -> None:
    before = "x = get_items(account, sold=True).filter(amount=1)\n"
    after = before.replace("get_items", "get_items_queryset")
    assert _wrapped(tmp_path, before, after).decode() == after


def test_a_long_line_that_moves_stays(tmp_path: Path) -> None:
    line = "return Item.objects.filter(sold=False, amount=1)\n"
    after = f"def f():\n    {line}\n\ndef g():\n    return f()\n"
    assert _wrapped(tmp_path, f"def g():\n    {line}", after).decode() == after


@pytest.mark.parametrize(
    ("lead", "encoding"),
    [("\ufeff", "utf-8"), ("# coding: latin-1\n", "latin-1"), ("\ufeff# coding: utf-8\n", "utf-8")],
)
def test_line_ends_and_the_encoding_stay(tmp_path: Path, lead: str, encoding: str) -> None:
    before = f"{lead}x = get_items(account).filter(a='é')\r\ny =1\r\n"
    after = before.replace("get_items", "get_items_queryset")
    expected = f"{lead}x = get_items_queryset(account).filter(\r\n    a='é'\r\n)\r\ny =1\r\n"
    assert _wrapped(tmp_path, before.encode(encoding), after.encode(encoding)) == expected.encode(encoding)


def test_without_a_limit_it_is_the_usual_one_or_the_longest_line(tmp_path: Path) -> None:
    line = f"x = get_items(account).filter(name='{'a' * 45}')\n"
    after = line.replace("get_items", "get_items_queryset")
    assert len(after) > 88 > len(line)
    assert b"(\n" in _wrapped(tmp_path, line, after, {})
    long = f"# {'a' * 100}\n"
    assert _wrapped(tmp_path, long + line, long + after, {}).decode() == long + after


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 100\n"}, 100, id="black"),
        pytest.param({"pyproject.toml": "[tool.black]\nline_length = 100\n"}, 100, id="black-with-underscore"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, 100, id="ruff"),
        pytest.param({"ruff.toml": "line-length = 100\n"}, 100, id="ruff-toml"),
        pytest.param({".ruff.toml": "line-length = 100\n"}, 100, id="hidden-ruff-toml"),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 100\n"}, 100, id="setup-cfg"),
        pytest.param({"tox.ini": "[flake8]\nmax_line_length=100\n"}, 100, id="tox-ini"),
        pytest.param({".flake8": "[flake8]\nmax-line-length: 100\n"}, 100, id="flake8"),
        pytest.param({"pyproject.toml": "[tool.flake8]\nmax-line-length = 100\n"}, 100, id="flake8-in-pyproject"),
        pytest.param({"tox.ini": "[pycodestyle]\nmax-line-length = 100\n"}, 100, id="pycodestyle"),
        pytest.param(
            {"pyproject.toml": "[tool.black]\nline-length = 100\n", ".flake8": "[flake8]\nmax-line-length = 80\n"},
            100,
            id="formatter-before-linter",
        ),
        pytest.param({"shop/ruff.toml": "line-length = 100\n", "ruff.toml": "line-length = 80\n"}, 100, id="nearest"),
        pytest.param({"shop/ruff.toml": "preview = true\n", "ruff.toml": "line-length = 80\n"}, 80, id="one-that-says"),
        pytest.param({"other/ruff.toml": "line-length = 100\n"}, None, id="elsewhere"),
        pytest.param({"setup.cfg": "[metadata]\nname = shop\n"}, None, id="says-nothing"),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = long\n"}, None, id="no-number"),
        pytest.param({"setup.cfg": "max-line-length\n"}, None, id="no-settings"),
        pytest.param({"pyproject.toml": "[tool.black\n", "ruff.toml": "line-length = 80\n"}, 80, id="broken"),
        pytest.param({"pyproject.toml": "tool = 1\n"}, None, id="no-table"),
    ],
)
def test_the_limit_of_a_project(tmp_path: Path, files: Mapping[str, str], limit: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert line_limit(tmp_path, "shop/pages.py", RelatedFiles(tmp_path).settings) == limit
