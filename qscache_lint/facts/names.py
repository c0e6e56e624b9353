"""Names of attributes, as facts have them and as code writes them."""

from __future__ import annotations

from qscache_lint.facts.terms import Ref


def computed_name(ref: Ref) -> str:
    """What stands for the name of an attribute that the code puts together as term `ref`: `getattr(self, slot)`."""
    return f"<{ref}>"


def mangled_name(owner: str, name: str) -> str:
    """The name of an attribute as Python writes it inside a class: `__rows` is `_Board__rows`."""
    return f"_{owner.lstrip('_')}{name}"


def written_name(name: str) -> str:
    """What stands in the code that gives an attribute its name: `__rows` for `_Board__rows`, `setattr` for any name."""
    if name.startswith("<"):
        return "setattr"
    start = name.find("__", 1) if name.startswith("_") and not name.startswith("__") else -1
    return name if start < 0 else name[start:]
