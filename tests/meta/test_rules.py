"""Every rule is documented and named alike everywhere."""

from __future__ import annotations

import ast
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from qscache_lint import codes, rules
from qscache_lint.codes import CODES, document_of, page_of
from qscache_lint.rules import RULES, Rule

SECTIONS = ["Why", "Bad", "Good", "Fix safety", "Not seen"]
OFF = {"QSC103", "QSC107", "QSC223", "QSC233", "QSC251", "QSC253", "QSC901"}
"""What the contract says is off by default."""


def _module(rule: Rule) -> str:
    return next(name for name, module in sys.modules.items() if getattr(module, "RULE", None) is rule)


def test_codes_and_names_are_unique_and_sorted() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_rule_module_is_registered() -> None:
    modules = {path.stem for path in Path(rules.__file__).parent.glob("qsc*.py")}
    assert modules == {_module(rule).rpartition(".")[2] for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
class TestRule:
    def test_the_code_has_the_pattern(self, rule: Rule) -> None:
        assert re.fullmatch(r"QSC[1-39]\d\d", rule.code)

    def test_the_name_has_the_pattern(self, rule: Rule) -> None:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)

    def test_the_module_is_named_after_code_and_name(self, rule: Rule) -> None:
        expected = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
        assert _module(rule).rpartition(".")[2] == expected

    def test_the_default_is_that_of_the_contract(self, rule: Rule) -> None:
        assert rule.enabled == (rule.code not in OFF)

    def test_the_document_has_every_section_with_text(self, rule: Rule) -> None:
        head, *parts = re.split(r"^## (.+)$", rule.document, flags=re.MULTILINE)
        assert parts[::2] == SECTIONS
        assert all(text.strip() for text in parts[1::2])
        assert head.strip().startswith(rule.summary)
        assert rule.summary

    def test_examples_are_closed(self, rule: Rule) -> None:
        assert len(re.findall(r"^```", rule.document, re.MULTILINE)) % 2 == 0

    def test_the_page_in_docs_is_that_of_the_command(self, rule: Rule) -> None:
        path = Path(__file__).resolve().parents[2] / page_of(rule.code)
        assert path.read_text(encoding="utf-8") == rule.page
        assert document_of(rule.code) == path.as_uri()

    def test_without_a_checkout_its_document_is_its_module(
        self, rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(Path(rules.__file__).parent, tmp_path / "rules")
        monkeypatch.setattr(codes, "__file__", str(tmp_path / "codes.py"))
        module = Path(unquote(urlparse(document_of.__wrapped__(rule.code)).path))
        assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) == rule.document


def test_the_codes_are_those_of_the_rules() -> None:
    assert dict(CODES) == {rule.code: rule.enabled for rule in RULES}
    assert list(CODES) == [rule.code for rule in RULES]
