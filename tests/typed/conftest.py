"""Without a type checker there is nothing to test with it."""

from __future__ import annotations

from importlib.util import find_spec

_TESTED = {
    "mypy_django_plugin": ("test_agreement.py", "test_settings_that_fail.py", "test_typed_cases.py"),
    "pyrefly": ("test_checkers.py",),
}

_missing = [package for package in _TESTED if find_spec(package) is None]
collect_ignore = [name for package in _missing for name in _TESTED[package]]
if len(_missing) == len(_TESTED):
    collect_ignore.append("test_repairs.py")
