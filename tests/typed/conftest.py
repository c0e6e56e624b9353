"""Without a type checker there is nothing to test with it."""

from __future__ import annotations

from importlib.util import find_spec

_TESTED = {
    "mypy_django_plugin": ("test_agreement.py", "test_settings_that_fail.py", "test_typed_cases.py"),
    "pyrefly": ("test_checkers.py",),
}

collect_ignore = [name for package, names in _TESTED.items() if find_spec(package) is None for name in names]
