"""The witness in a staging server: off unless the settings name a file.

    INSTALLED_APPS = ["qscache_lint.witness.staging.WitnessConfig", …]      # first, before what it watches is imported
    MIDDLEWARE = ["qscache_lint.witness.staging.WitnessMiddleware", …]
    QSCACHE_WITNESS = {"file": BASE_DIR / "witness.json", "sample": 0.1}

Each process writes a file of its own (`witness-4711.json`) from time to time, and when it ends; `qscache-lint witness
show witness-*.json` and `check --witness` take several. The further keys, each optional, are those of
`qscache_lint.witness.runtime.settings.Staging`: `root`, `seconds`, `known`. A path instead of the dict will do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.apps import AppConfig
from django.core.exceptions import MiddlewareNotUsed

from qscache_lint.witness.runtime.settings import staging


class WitnessConfig(AppConfig):
    """Begins as soon as Django knows of it."""

    name = "qscache_lint.witness"
    label = "qscache_witness"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        _server()


class WitnessMiddleware:
    """Tells requests apart, so that some of them are recorded; goes first."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._server = _server()
        if self._server is None:
            raise MiddlewareNotUsed
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self._is_async:
            return self._answered(request)
        with self._server.request():
            return self._get_response(request)

    async def _answered(self, request: Any) -> Any:
        with self._server.request():
            response: Awaitable[Any] = self._get_response(request)
            return await response


def _server() -> Any:
    """What records in this process; None where the settings name no file, and then nothing is imported for it."""
    if staging() is None:
        return None
    from qscache_lint.witness.runtime.in_server import server

    return server()
