"""The table `[tool.qscache-lint]`, and which rules it selects."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qscache_lint.errors import UsageError
from qscache_lint.knowledge.cache_rows import Memoizer, ReadCall, StoreCall
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Effect, Slot
from qscache_lint.knowledge.queryset_rows import Operation
from qscache_lint.settings import Settings, selects
from qscache_lint.settings_table import load_settings, misspelt_table, unknown_codes
from qscache_lint.values import Confidence

CODES = ("QSC101", "QSC103", "QSC201", "QSC202", "QSC900")


def _load(tmp_path: Path, text: str | bytes) -> Settings:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(pyproject, {})


def _refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'pyproject.toml'}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty-file"),
        pytest.param("[tool.black]\nline-length = 100\n", id="other-tools-only"),
        pytest.param("[tool.qscache-lint]\n", id="empty-table"),
    ],
)
def test_what_is_not_stated_is_the_default(tmp_path: Path, text: str) -> None:
    assert _load(tmp_path, text) == Settings()


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings(None, {}) == Settings()


def test_every_field_is_a_key_in_kebab_case(tmp_path: Path) -> None:
    text = (
        "[tool.qscache-lint]\n"
        'select = ["QSC1"]\nignore = ["QSC2"]\nextend-select = ["QSC103"]\nextend-ignore = ["QSC900"]\n'
        'min-confidence = "high"\nexclude = ["build"]\nextend-exclude = ["docs"]\nkeep-cached-name = true\n'
        "force-exclude = true\nrespect-gitignore = false\n"
        'django-version = "5.2"\ncache-dir = ".cache/lint"\n'
        'engine = "mypy"\nstrict-engine = true\ndjango-settings = "shop.settings"\nno-settings = true\n'
        'per-file-ignores = { "old.py" = ["QSC1"] }\nextend-per-file-ignores = { "new.py" = ["QSC2", "QSC301"] }\n'
        'baseline = "known.json"\noutput-format = ["sarif:out.sarif", "concise"]\n'
        'memoizer = [{ names = ["shop.caching.remember"], keeps = "pickle" }]\n'
        'store = [{ receivers = ["shop.caching.shelf"], methods = ["put"], keeps = "reference", value = { index = 1 } }'
        "]\n"
        'read = [{ receivers = ["shop.caching.shelf"], methods = ["take"] }]\n'
        'operation = [{ names = ["published"], effect = "refines", gives = "queryset" }]\n'
        'consumer = [{ names = ["shop.tables.Table"], arguments = [{ index = 0 }], effect = "refines" }]\n'
    )
    expected = Settings(
        ("QSC1",),
        ("QSC2",),
        ("QSC103",),
        ("QSC900",),
        Confidence.HIGH,
        ("build",),
        ("docs",),
        True,
        False,
        {"old.py": ("QSC1",)},
        {"new.py": ("QSC2", "QSC301")},
        "known.json",
        ("sarif:out.sarif", "concise"),
        True,
        "5.2",
        "mypy",
        True,
        "shop.settings",
        True,
        ".cache/lint",
        memoizer=(Memoizer(names=("shop.caching.remember",), keeps="pickle"),),
        store=(StoreCall(receivers=("shop.caching.shelf",), methods=("put",), value=Slot(1), keeps="reference"),),
        read=(ReadCall(("shop.caching.shelf",), ("take",)),),
        operation=(Operation(names=("published",), effect=Effect.REFINES, gives="queryset"),),
        consumer=(Consumer(names=("shop.tables.Table",), arguments=(Slot(0),), effect=Effect.REFINES),),
    )
    assert _load(tmp_path, text) == expected
    assert all(f"\n{field.encode_name} = " in text for field in msgspec.structs.fields(Settings))


def test_options_win_over_the_table_and_none_is_no_option(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.qscache-lint]\nselect = ["QSC1"]\nignore = ["QSC9"]\n', encoding="utf-8")
    settings = load_settings(pyproject, {"select": ("QSC2",), "ignore": None})
    assert (settings.select, settings.ignore) == (("QSC2",), ("QSC9",))


@pytest.mark.parametrize(
    ("key", "near"),
    [
        pytest.param("selct", "select", id="a-letter-lost"),
        pytest.param("keep_cached_name", "keep-cached-name", id="underscores"),
        pytest.param("extend-exlude", "extend-exclude", id="a-letter-lost-in-a-compound"),
        pytest.param("min-confidance", "min-confidence", id="a-letter-wrong"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(tmp_path: Path, key: str, near: str) -> None:
    message = _refusal(tmp_path, f"[tool.qscache-lint]\n{key} = true\n")
    assert f"unknown key {key!r}" in message
    assert f"did you mean {near!r}?" in message


@pytest.mark.parametrize(
    ("line", "place"),
    [
        pytest.param('memoizer = [{ names = ["a.b"], keep = "copy" }]', "memoizer[0]: unknown key 'keep'", id="cache"),
        pytest.param(
            'consumer = [{ name = ["a"], effect = "rows" }]', "consumer[0]: unknown key 'name'", id="consumer"
        ),
    ],
)
def test_an_unknown_key_of_a_row_names_the_row_and_the_nearest_one(tmp_path: Path, line: str, place: str) -> None:
    message = _refusal(tmp_path, f"[tool.qscache-lint]\n{line}\n")
    assert f"[tool.qscache-lint]: {place}; did you mean" in message


@pytest.mark.parametrize(
    ("line", "key"),
    [
        pytest.param('django-version = "new"', "django-version", id="a-word"),
        pytest.param('django-version = "5."', "django-version", id="half-a-version"),
        pytest.param('django-version = ""', "django-version", id="nothing"),
        pytest.param(
            'operation = [{ names = ["x"], effect = "rows", gives = "data", since = "v5" }]',
            "operation[0].since",
            id="a-row",
        ),
    ],
)
def test_what_is_no_version_names_the_key(tmp_path: Path, line: str, key: str) -> None:
    message = _refusal(tmp_path, f"[tool.qscache-lint]\n{line}\n")
    assert f"[tool.qscache-lint]: {key}: " in message
    assert "is not a version such as '5.2'" in message


@pytest.mark.parametrize("version", ["99", "6.2", "0.9"])
def test_a_django_that_is_not_known_names_those_that_are(tmp_path: Path, version: str) -> None:
    message = _refusal(tmp_path, f'[tool.qscache-lint]\ndjango-version = "{version}"\n')
    assert f"[tool.qscache-lint]: django-version: unknown Django version {version}; known are 1.0 to 6.1" in message


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        ("4.3", "the nearest are 4.2 and 5.0"),
        ("5.3", "the nearest are 5.2 and 6.0"),
        ("3.3.1", "the nearest are 3.2 and 4.0"),
        ("2.3", "the nearest are 2.2 and 3.0"),
        ("1.12", "the nearest are 1.11 and 2.0"),
        ("99", "the nearest is 6.1"),
        ("0.9", "the nearest is 1.0"),
    ],
)
def test_a_django_that_was_never_released_names_its_neighbours(version: str, nearest: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_settings(None, {"django_version": version})
    assert f"unknown Django version {version}" in str(refused.value)
    assert nearest in str(refused.value)


@pytest.mark.parametrize(
    ("written", "version"), [("1.8", (1, 8)), ("5", (5, 0)), ("5.2.7", (5, 2)), ("6.1", (6, 1)), ("6.1.3", (6, 1))]
)
def test_a_django_counts_by_its_feature_release(written: str, version: tuple[int, int]) -> None:
    assert load_settings(None, {"django_version": written}).django == version


def test_a_wrong_option_is_not_said_of_the_table(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.qscache-lint]\ndjango-version = "5.2"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"^--django-version: unknown Django version 99"):
        load_settings(pyproject, {"django_version": "99"})


@pytest.mark.parametrize(
    ("line", "key"),
    [
        pytest.param('memoizer = [{ names = ["a.b"], keeps = "marble" }]', "memoizer[0].keeps", id="no-such-store"),
        pytest.param('memoizer = [{ names = ["a.b"] }]', "memoizer[0]", id="a-row-without-its-main-thing"),
        pytest.param("select = 1", "select", id="a-number-for-a-list"),
        pytest.param('select = "QSC1"', "select", id="a-string-for-a-list"),
        pytest.param('ignore = ["QSC1", 2]', "ignore", id="a-number-in-a-list"),
        pytest.param('min-confidence = "low"', "min-confidence", id="no-such-choice"),
        pytest.param('keep-cached-name = "yes"', "keep-cached-name", id="a-string-for-a-flag"),
    ],
)
def test_a_value_of_the_wrong_type_names_the_key(tmp_path: Path, line: str, key: str) -> None:
    message = _refusal(tmp_path, f"[tool.qscache-lint]\n{line}\n")
    assert f"[tool.qscache-lint]: {key}" in message
    assert "$" not in message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[tool.qscache-lint\n", "not valid TOML", id="bracket-not-closed"),
        pytest.param("[tool.qscache-lint]\nselect = \n", "not valid TOML", id="no-value"),
        pytest.param("[tool.qscache-lint]\nselect = []\nselect = []\n", "not valid TOML", id="a-key-twice"),
        pytest.param(b'[tool.qscache-lint]\nselect = ["\xff"]\n', "not valid TOML", id="not-utf-8"),
        pytest.param("[tool]\nqscache-lint = 3\n", "must be a table", id="a-number-for-the-table"),
        pytest.param("[[tool.qscache-lint]]\n", "must be a table", id="an-array-of-tables"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(tmp_path: Path, text: str | bytes, reason: str) -> None:
    assert reason in _refusal(tmp_path, text)


@pytest.mark.parametrize(("name", "reason"), [("gone.toml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=rf"cannot be read: {reason}"):
        load_settings(tmp_path / name, {})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(Settings(), "QSC101 QSC201 QSC202 QSC900", id="default-is-what-is-on"),
        pytest.param(Settings(select=()), "", id="an-empty-selection-selects-nothing"),
        pytest.param(Settings(select=("QSC",)), "QSC101 QSC201 QSC202 QSC900", id="bare-QSC-is-what-is-on"),
        pytest.param(Settings(select=("QSC1",)), "QSC101 QSC103", id="a-digit-takes-what-is-off-too"),
        pytest.param(Settings(select=("QSC103",)), "QSC103", id="a-code"),
        pytest.param(Settings(select=("qsc103",)), "QSC103", id="in-lower-case"),
        pytest.param(Settings(extend_select=("QSC103",)), "QSC101 QSC103 QSC201 QSC202 QSC900", id="extend-select"),
        pytest.param(
            Settings(select=("QSC9",), extend_select=("QSC103",)), "QSC103 QSC900", id="extend-select-adds-to-select"
        ),
        pytest.param(Settings(extend_select=("QSC",)), "QSC101 QSC201 QSC202 QSC900", id="bare-QSC-extends-nothing"),
        pytest.param(Settings(ignore=("QSC2",)), "QSC101 QSC900", id="ignore"),
        pytest.param(Settings(extend_ignore=("QSC2",)), "QSC101 QSC900", id="extend-ignore"),
        pytest.param(Settings(ignore=("QSC9",), extend_ignore=("QSC2",)), "QSC101", id="both-ignore"),
        pytest.param(Settings(ignore=("QSC",)), "", id="ignore-everything"),
        pytest.param(Settings(select=("QSC2",), ignore=("QSC201",)), "QSC202", id="the-longer-ignore-wins"),
        pytest.param(Settings(select=("QSC201",), ignore=("QSC2",)), "QSC201", id="the-longer-select-wins"),
        pytest.param(Settings(select=("QSC2",), ignore=("QSC2",)), "", id="of-equals-ignore-wins"),
        pytest.param(Settings(ignore=("QSC",), extend_select=("QSC103",)), "QSC103", id="one-rule-out-of-all-ignored"),
        pytest.param(
            Settings(select=("QSC1",), ignore=("QSC10",), extend_select=("QSC101",)), "QSC101", id="three-lengths"
        ),
    ],
)
def test_the_longer_prefix_decides(settings: Settings, expected: str) -> None:
    assert [code for code in CODES if selects(settings, code, code != "QSC103")] == expected.split()


@pytest.mark.parametrize(
    "field",
    ["select", "ignore", "extend_select", "extend_ignore", "per_file_ignores", "extend_per_file_ignores"],
)
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("QSC1O3", "did you mean QSC103?", id="near-a-code"),
        pytest.param("E501", "", id="another-tool"),
        pytest.param("", "", id="empty"),
    ],
)
def test_an_unknown_code_is_refused(field: str, name: str, hint: str) -> None:
    value = {"old.py": (name,)} if "per_file" in field else (name,)
    (told,) = unknown_codes(msgspec.structs.replace(Settings(), **{field: value}), CODES)
    assert f"unknown rule code {name!r}" in told
    assert hint in told


def test_known_codes_and_prefixes_are_accepted() -> None:
    settings = Settings(("QSC", "qsc1"), ("QSC20",), ("QSC103",), ("Q",), per_file_ignores={"old.py": ("QSC3", "QSC1")})
    assert [*unknown_codes(settings, CODES)] == []
    assert selects(settings, "QSC103", False)


# -- all at once, and what may be meant


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        "[tool.qscache-lint]\n"
        'output-format = ["sarf:a"]\n'
        'selct = []\nignore = 1\nmin-confidence = "hgh"\ndjango-version = "5.x"\nextend-select = ["QSC2O1"]\n'
        'memoizer = [{ names = ["a.b"], kepes = "pickle" }, { names = ["a.c"], keep = "pickle" }]\n'
        'operation = [{ names = ["visible"], effect = "refine", gives = "queryset" }]\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as caught:
        load_settings(pyproject, {"select": ("E501",)})
    place = f"{pyproject}: [tool.qscache-lint]: "
    assert [each.removeprefix(place).partition("; did you mean ")[0] for each in caught.value.messages] == [
        "unknown key 'selct'",
        "ignore: Expected `array`, got `int`",
        "min-confidence: Invalid value 'hgh'",
        "memoizer[0]: unknown key 'kepes'",
        "memoizer[1]: unknown key 'keep'",
        "operation[0].effect: Invalid value 'refine'",
        "output-format: unknown format 'sarf'",
        "unknown rule code 'QSC2O1'",
        "unknown rule code 'E501' (`qscache-lint rule` lists all)",
        "django-version: '5.x' is not a version such as '5.2'",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("selct = []", "did you mean 'select'? Keys are select, ignore, extend-select, extend-ignore, "),
        ('min-confidence = "hgh"', "did you mean 'high'? Choose from high, medium"),
        ('output-format = "sarf"', "did you mean 'sarif'? Choose from full, concise, json, "),
        ('operation = [{ names = ["a"], effect = "refine", gives = "none" }]', "did you mean 'refines'? Choose from "),
    ],
)
def test_the_nearest_and_the_choices_are_told(tmp_path: Path, line: str, told: str) -> None:
    assert told in _refusal(tmp_path, f"[tool.qscache-lint]\n{line}\n")


@pytest.mark.parametrize(
    "table", ["tool.qscache_lint", "tool.qscachelint", "tool.qscache-linter", "tool.QSCache-Lint", "qscache-lint"]
)
def test_a_table_whose_name_is_nearly_ours_is_told(tmp_path: Path, table: str) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(f'[{table}]\nselect = ["QSC2"]\n', encoding="utf-8")
    assert misspelt_table(pyproject) == f"{pyproject}: [{table}] is not read; did you mean [tool.qscache-lint]?"


@pytest.mark.parametrize(
    "text", ["[tool.qscache-lint]\n", "[tool.qscache-bench]\n", "[tool]\n", "a = 'qscache-lint'", "["]
)
def test_other_tables_are_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert misspelt_table(tmp_path / "pyproject.toml") == ""
    assert misspelt_table(tmp_path / "gone.toml") == ""
