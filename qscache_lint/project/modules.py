"""Names of modules: which file of the project an import statement means, seen from the file that has it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from qscache_lint.project.project_roots import above
from qscache_lint.source.tree import SourceTree

_INSTALLED = frozenset({"django"})
"""What is installed wherever the code runs; projects have directories of that name, too, which are no packages."""


def is_importable(path: str) -> bool:
    """Whether an import statement can name a module: that of a migration, `0001_initial.py`, it cannot."""
    return PurePosixPath(path).stem.isidentifier()


class ModuleIndex:
    """Finds modules among the files of a tree.

    An absolute import is looked up like Python does from a search path: first in the directories above the importing
    file that are not packages themselves, nearest first, then in every other directory that holds top-level modules,
    then where only namespace packages begin, if they have one such module. A plain module of these others does not hide
    one of the standard library. A directory inside a package is such a place for the files of that package; for others
    it is the last resort, if it alone has the module (`guesses`), and so is a package around the importing file.
    Directories with a `manage.py` are separate Django projects: what stands below one is not seen from another. They
    are on the search path, as Python puts the directory of a script there, even if they are packages, too.
    """

    def __init__(self, tree: SourceTree, *, guesses: bool = True) -> None:
        self._tree = tree
        self._guesses = guesses
        self._sites = frozenset(_parent(path) for path in tree.files if path.rpartition("/")[2] == "manage.py")
        self._package_around = lru_cache(maxsize=None)(self._find_package_around)
        self._roots = self._search_path()
        self._namespaces = self._namespace_roots()
        self._outside = frozenset(name for name in _INSTALLED if not self._has_package(name))
        """Names of packages outside, before which Python takes no directory without `__init__.py`."""
        self.resolve = lru_cache(maxsize=None)(self._resolve)
        self.names = lru_cache(maxsize=None)(self._names)
        self.site = lru_cache(maxsize=None)(self._site)
        self._near = lru_cache(maxsize=None)(self._find_near)
        self._holding = lru_cache(maxsize=None)(self._find_holding)

    @cached_property
    def packages(self) -> frozenset[bytes]:
        """The names with which imports of modules of the tree begin, and more: those of all files and directories."""
        parts = (part for path in self._tree.files for part in path.split("/"))
        return frozenset(part.partition(".")[0].encode(errors="surrogatepass") for part in parts)

    def _search_path(self) -> tuple[str, ...]:
        directories = {_parent(path) for path in self._tree.files}
        tops = {directory for directory in directories if self._is_top(directory)}
        for directory in directories - tops:
            while not self._is_top(directory):
                directory = _parent(directory)
            tops.add(directory)
        return tuple(sorted(tops, key=lambda top: (top.count("/"), top)))

    def _is_top(self, directory: str) -> bool:
        """Whether modules in a directory have no other names before theirs."""
        return directory in self._sites or not self._is_package(directory)

    def _find_package_around(self, root: str) -> str:
        """The outermost package around a directory, with a slash at its end; "" where there is none."""
        packages = [directory for directory in above(root) if self._is_package(directory)]
        return f"{packages[-1]}/" if packages else ""

    def _namespace_roots(self) -> dict[str, tuple[str, ...]]:
        """The directories in which a namespace package begins, by its first name."""
        spaces: set[str] = set()
        for directory in self._roots:
            while directory and directory not in spaces and not self._is_package(directory):
                spaces.add(directory)
                directory = _parent(directory)
        found: dict[str, tuple[str, ...]] = {}
        for space in sorted(spaces):
            first = space.rpartition("/")[2]
            found[first] = (*found.get(first, ()), _parent(space))
        return found

    def _is_package(self, directory: str) -> bool:
        return directory != "" and f"{directory}/__init__.py" in self._tree

    def _has_package(self, name: str) -> bool:
        return any(self._is_package(f"{root}/{name}".lstrip("/")) for root in self._roots)

    def _site(self, path: str) -> str | None:
        """The Django project that a file belongs to: the directory of its `manage.py`; None when it is shared."""
        return next((directory for directory in above(path) if directory in self._sites), None)

    def sees(self, path: str, other: str) -> bool:
        """Whether the file `path` may import the file `other`."""
        return self.is_seen_from(self.site(path), other)

    def is_seen_from(self, site: str | None, other: str) -> bool:
        """Whether the files of a Django project, or those that are shared, may import the file `other`."""
        theirs = self.site(other)
        if theirs is None or site == theirs:
            return True
        return site is not None and (theirs == "" or site.startswith(f"{theirs}/"))

    def _resolve(self, importer: str, dotted: str, level: int) -> str | None:
        """The file of a module, the directory of a namespace package (ending in "/"), or None.

        `level` counts the leading dots of a relative import.
        """
        if level:
            base = _parent(importer)
            for _ in range(level - 1):
                base = _parent(base)
            return self._file(base, dotted)
        if dotted.partition(".")[0] in self._outside:
            return None
        found = self._on_search_path(importer, dotted)
        if found or not self._guesses:
            return found
        return self._inside_a_package(importer, dotted) or self._beside_a_package(importer, dotted)

    def _beside_a_package(self, importer: str, dotted: str) -> str | None:
        """The module of an inner package around the importer, whose directory the settings put on the search path."""
        first, _, rest = dotted.partition(".")
        if not rest or first in sys.stdlib_module_names:  # a single name may as well be that of a distribution
            return None
        around = [each for each in above(_parent(importer)) if self._is_package(f"{each}/{first}".lstrip("/"))]
        found = (self._file(each, dotted) for each in around)
        return next((file for file in found if file is not None and not file.endswith("/")), None)

    def _on_search_path(self, importer: str, dotted: str) -> str | None:
        namespace: str | None = None
        for root in self._roots_for(importer, dotted.partition(".")[0]):
            found = self._file(root, dotted)
            if found is None:
                continue
            if found.endswith("/"):
                namespace = namespace or found
            elif self.sees(importer, found):
                return found
        elsewhere = self._in_namespaces(importer, dotted)
        return namespace if namespace and (elsewhere is None or elsewhere.endswith("/")) else elsewhere

    def _inside_a_package(self, importer: str, dotted: str) -> str | None:
        """The only module of this name in a directory that may be on the search path."""
        first = dotted.partition(".")[0]
        roots = (*self._holding(first), *self._namespaces.get(first, ()))
        hidden = (root for root in roots if not importer.startswith(self._package_around(root)))
        found = {file for root in hidden if (file := self._file(root, dotted)) and self.sees(importer, file)}
        return found.pop() if len(found) == 1 else None

    def _in_namespaces(self, importer: str, dotted: str) -> str | None:
        """The one module of this name in namespace packages, wherever they begin; else a package with more names."""
        spaces = self._namespaces.get(dotted.partition(".")[0], ())
        roots = [root for root in spaces if importer.startswith(self._package_around(root))]
        found = dict.fromkeys(file for root in roots if (file := self._file(root, dotted)) is not None)
        modules = [file for file in found if not file.endswith("/") and self.sees(importer, file)]
        if len(modules) == 1:
            return modules[0]
        # A single name may as well be that of a distribution.
        return next(iter(found), None) if not modules and "." in dotted else None

    def _roots_for(self, importer: str, first: str) -> Iterator[str]:
        """Where a module may be whose name begins with `first`, the nearest place first."""
        near = self._near(_parent(importer))
        yield from near
        for root in self._holding(first):
            if root not in near and importer.startswith(self._package_around(root)):
                yield root

    def _find_near(self, directory: str) -> tuple[str, ...]:
        return tuple(each for each in (directory, *above(directory)) if self._is_top(each))

    def _find_holding(self, first: str) -> tuple[str, ...]:
        found = ((root, self._file(root, first)) for root in self._roots)
        is_standard = first in sys.stdlib_module_names
        return tuple(root for root, file in found if file and not (is_standard and file.endswith(f"{first}.py")))

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

    def _names(self, path: str) -> tuple[str, ...]:
        """The names under which a file of the project may be imported, the longest first."""
        module = path.removesuffix(PurePosixPath(path).suffix).removesuffix("/__init__")
        tops = [directory for directory in reversed([*above(path)]) if self._is_top(directory)]
        return tuple(module[len(top) :].strip("/").replace("/", ".") for top in tops)

    def submodule(self, package: str, name: str, dotted: str = "") -> str | None:
        """The file of `name` inside a package, given by its `__init__.py` or its directory (ending in "/").

        Another directory may have that part of a namespace package; its name is `dotted`.
        """
        directory = package.removesuffix("__init__.py").rstrip("/")
        if not package.endswith(("/__init__.py", "/")) and package != "__init__.py":
            return None
        found = self._file(directory, name)
        is_whole = bool(dotted) and f"/{directory}".endswith(f"/{dotted.replace('.', '/')}")
        if found is not None or not is_whole or not package.endswith("/"):
            return found
        return self._in_namespaces(f"{package}{name}", f"{dotted}.{name}")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
