"""The oracle that asks mypy with django-stubs, in a process of its own (`mypy_worker`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

import qscache_lint
from qscache_lint import limits
from qscache_lint.oracles import Answers, Asked, TypeAnswer
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.django_settings import settings_module
from qscache_lint.typed.modules import Modules
from qscache_lint.typed.places import places
from qscache_lint.typed.request import Request, Response

_PACKAGES = ("mypy", "django-stubs")


@dataclass
class MypyOracle:
    """Asks mypy. `settings` names the settings module, where the project is not to be asked for it.

    Without `loads_settings` no code of the project is executed. `cache` is a directory that mypy may use.
    """

    settings: str = ""
    loads_settings: bool = True
    cache: Path | None = None
    name: str = "mypy"
    _notes: dict[str, None] = field(default_factory=dict)
    _is_complete: bool = True

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        """See `oracles.Oracle`."""
        missing = [name for name in _PACKAGES if not _is_installed(name)]
        if missing:
            return Answers(failure=f"{' and '.join(missing)} not installed (pip install 'qscache-lint[mypy]')")
        known: dict[Asked, TypeAnswer] = {}
        with ExitStack() as stack:
            cache = self.cache or Path(stack.enter_context(TemporaryDirectory(prefix="qscache-lint-mypy-")))
            for request in self._requests(asked, tree, cache):
                response = self._response(request)
                if response.failure:
                    return Answers(known, tuple(self._notes), response.failure, complete=False)
                known.update(response.known)
        return Answers(known, tuple(self._notes), complete=self._is_complete)

    def _requests(self, asked: Iterable[Asked], tree: SourceTree, cache: Path) -> Iterator[Request]:
        by_path: dict[str, list[Asked]] = {}
        for each in asked:
            by_path.setdefault(each.path, []).append(each)
        modules = Modules(tree)
        for site, paths in modules.by_site(by_path).items():
            settings = (self.settings or settings_module(tree.root, site)) if self.loads_settings else ""
            search_path = modules.search_path(site, paths)
            for batch in modules.batches(site, paths):
                found = chain.from_iterable(
                    places(by_path[path], tree.read(path), source.path) for path, source in batch.items()
                )
                sources = tuple(batch.values())
                yield Request(str(tree.root / site), search_path, sources, tuple(found), str(cache), settings)

    def _run(self, request: Request) -> Response:
        """Run the worker; mypy's cache with its Django plugin is another one."""
        directory = Path(request.cache, "settings" if request.settings else "stubs")
        return _run(msgspec.structs.replace(request, cache=str(directory)))

    def _response(self, request: Request) -> Response:
        """What comes back; by the stubs alone where the settings cannot be loaded."""
        response = self._run(request)
        if not request.settings:
            return response
        if response.stage != "settings":
            self._note(f"--engine mypy loaded the settings {request.settings}, which runs code of the project")
            return response
        self._is_complete = False
        reason = f"the settings {request.settings} cannot be loaded: {response.failure}"
        self._note(f"{reason}; types are those of django-stubs alone")
        return self._run(msgspec.structs.replace(request, settings=""))

    def _note(self, note: str) -> None:
        self._notes.setdefault(note)


def _run(request: Request) -> Response:
    """Run the worker. When it ends without an answer, the user's settings are to blame, if they were loaded."""
    stage = "settings" if request.settings else "mypy"
    with TemporaryDirectory(prefix="qscache-lint-types-") as directory:
        asked, answered = Path(directory, "request"), Path(directory, "response")
        asked.write_bytes(msgspec.msgpack.encode(request))
        command = [sys.executable, "-m", "qscache_lint.typed.mypy_worker", str(asked), str(answered)]
        try:
            done = subprocess.run(
                command,
                cwd=directory,
                env={**os.environ, "PYTHONPATH": _path()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=limits.ORACLE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Response(stage=stage, failure=f"no answer after {limits.ORACLE_SECONDS} seconds")
        try:
            return msgspec.msgpack.decode(answered.read_bytes(), type=Response)
        except (OSError, msgspec.DecodeError):
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            return Response(stage=stage, failure=f"the process ended with exit code {done.returncode}: {last}"[:300])


def _path() -> str:
    """Where the process finds modules: as this one does, and our own, wherever they are."""
    home = str(Path(qscache_lint.__file__).parents[1])
    return os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), home)))


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
