"""Write docs/rules/: one page for each rule, from the rule's own document, and a list of all."""

from __future__ import annotations

from pathlib import Path

from qscache_lint.rules import RULES, Rule

PAGES = Path(__file__).parent / "rules"


def pages() -> dict[str, str]:
    """The text of each page by file name."""
    rows = "".join(
        f"| [{rule.code}]({rule.code}.md) | `{rule.name}` | {rule.summary} | {rule.cost} | {_default(rule)} |\n"
        for rule in RULES
    )
    index = f"# Rules\n\n| code | name | the thing found | what it costs | default |\n|---|---|---|---|---|\n{rows}"
    return {"README.md": index, **{f"{rule.code}.md": rule.page for rule in RULES}}


def _default(rule: Rule) -> str:
    return "on" if rule.enabled else "off"


if __name__ == "__main__":
    for name, text in pages().items():
        PAGES.joinpath(name).write_text(text, encoding="utf-8")
