"""Names of modules: which file of the project an import statement means, seen from the file that has it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from qscache_lint.source.tree import SourceTree


class ModuleIndex:
    """Finds modules among the files of a tree.

    An absolute import is looked up like Python does from a search path: first in the directories above the importing
    file that are not packages themselves, nearest first, then in every other directory that holds top-level modules.
    Directories with a `manage.py` are separate Django projects: what stands below one is not seen from another.
    """

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        managed = (PurePosixPath(path) for path in tree.files if path.rpartition("/")[2] == "manage.py")
        self._sites = tuple(sorted(path.parent.as_posix() for path in managed))
        self._roots = self._search_path()
        self.resolve = lru_cache(maxsize=None)(self._resolve)

    def _search_path(self) -> tuple[str, ...]:
        directories = {_parent(path) for path in self._tree.files}
        tops = {directory for directory in directories if not self._is_package(directory)}
        for directory in directories - tops:
            while self._is_package(directory):
                directory = _parent(directory)
            tops.add(directory)
        return tuple(sorted(tops, key=lambda top: (top.count("/"), top)))

    def _is_package(self, directory: str) -> bool:
        return directory != "" and f"{directory}/__init__.py" in self._tree

    def site(self, path: str) -> str | None:
        """The Django project that a file belongs to: the directory of its `manage.py`; None when it is shared."""
        inside = [site for site in self._sites if site in (".", "") or path.startswith(f"{site}/")]
        return max(inside, key=len) if inside else None

    def sees(self, path: str, other: str) -> bool:
        """Whether the file `path` may import the file `other`."""
        theirs = self.site(other)
        mine = self.site(path)
        if theirs is None or mine == theirs:
            return True
        return mine is not None and (theirs in (".", "") or mine.startswith(f"{theirs}/"))

    def _resolve(self, importer: str, dotted: str, level: int) -> str | None:
        """The file of a module, the directory of a namespace package (ending in "/"), or None.

        `level` counts the leading dots of a relative import.
        """
        if level:
            base = _parent(importer)
            for _ in range(level - 1):
                base = _parent(base)
            return self._file(base, dotted)
        namespace: str | None = None
        for root in self._roots_for(importer):
            found = self._file(root, dotted)
            if found is None:
                continue
            if found.endswith("/"):
                namespace = namespace or found
            elif self.sees(importer, found):
                return found
        return namespace

    def _roots_for(self, importer: str) -> tuple[str, ...]:
        above = (parent.as_posix() for parent in PurePosixPath(importer).parents)
        directories = ("" if name == "." else name for name in above)
        near = tuple(directory for directory in directories if not self._is_package(directory))
        return near + tuple(root for root in self._roots if root not in near)

    def _file(self, base: str, dotted: str) -> str | None:
        place = "/".join(part for part in (base, dotted.replace(".", "/")) if part)
        if not dotted:
            return f"{place}/__init__.py" if f"{place}/__init__.py" in self._tree else f"{place}/"
        for candidate in (f"{place}/__init__.py", f"{place}.py"):
            if candidate in self._tree:
                return candidate
        if self._tree.has_directory(place):
            return f"{place}/"
        return None

    def names(self, path: str) -> tuple[str, ...]:
        """The names under which a file of the project may be imported, the longest first."""
        module = path.removesuffix(PurePosixPath(path).suffix).removesuffix("/__init__")
        above = [parent.as_posix() for parent in reversed(PurePosixPath(path).parents)]
        tops = ["" if parent == "." else parent for parent in above]
        return tuple(
            module[len(top) :].strip("/").replace("/", ".") for top in tops if not self._is_package(top)
        )

    def submodule(self, package: str, name: str) -> str | None:
        """The file of `name` inside a package, given by its `__init__.py` or its directory (ending in "/")."""
        directory = package.removesuffix("__init__.py").rstrip("/")
        if not package.endswith(("/__init__.py", "/")) and package != "__init__.py":
            return None
        return self._file(directory, name)


def _parent(path: str) -> str:
    parent = PurePosixPath(path).parent.as_posix()
    return "" if parent == "." else parent
