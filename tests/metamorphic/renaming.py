"""Renames the modules and packages of a project, so that its files are sorted the other way round.

All that names a module follows: import statements, what is reached through an imported module, dotted names in strings
and in settings. A name that tells Django or the analysis what a module is for is kept (`models`); then the packages
around it have other names.
"""

from __future__ import annotations

import ast
import pkgutil
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import django.contrib
from django.apps.config import APPS_MODULE_NAME, MODELS_MODULE_NAME

from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.modules import ModuleIndex
from qscache_lint.source.tree import SourceTree
from tests.metamorphic.variant import Origin, Replacement, Variant, replace, rows_of

_SETTINGS = load_knowledge().settings_modules
_OF_DJANGO = tuple(module.name for module in pkgutil.iter_modules(django.contrib.__path__))
_RUN = ("manage", "scripts", "migrations", "management", "commands", "*-*")
"""Names of what is run, and not imported as other modules are."""
_TAGS = "templatetags"
"""The package of libraries of tags, which templates load by their names."""
_TELLING = (
    MODELS_MODULE_NAME,
    _TAGS,
    APPS_MODULE_NAME,
    "__*__",
    *_RUN,
    *_SETTINGS.names,
    *_SETTINGS.tests,
    *_OF_DJANGO,
)
"""Patterns of names that say what a module or a package is for."""

_LABEL_IN_NAMES = "%(app_label)"
"""Where names of attributes are made of the labels of apps, these are kept."""
_TEMPLATE_OF_APP = re.compile(r"(?:.*/)?(\w+)/templates/\1/")
"""So are they where templates have the names of their apps."""
_DOTTED = re.compile(r"\.*[^\W\d]\w*(?:\.\w+)*")
_FIELD = re.compile(r"\{[^}]*\}")
_ITSELF = "import "
"""What stands before the name of a package that a statement binds for the sake of a module in it: `import a.b`."""


def renamed(files: Mapping[str, str], settings: str, prefix: str) -> Variant:
    """The same project with names that begin with `prefix`, in the reverse of their order."""
    names = new_names(files, prefix)
    project = _Project(files, names)
    texts: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for path, text in files.items():
        replaced = tuple(sorted(_replacements(project, path, text)))
        new = project.path(path)
        texts[new] = replace(text, replaced)
        origins[new] = Origin(path, replaced=replaced)
    settings = replace(settings, _in_text(project, "", settings))
    return Variant(texts, settings, origins)


def _names_apps(files: Mapping[str, str]) -> bool:
    return any(_LABEL_IN_NAMES in text or _TEMPLATE_OF_APP.match(path) for path, text in files.items())


def new_names(files: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The new names of modules and of the directories around them, by the old ones."""
    names = sorted({name for path in files if _is_module(path) for name in PurePosixPath(path).with_suffix("").parts})
    kept = {*(_apps(files) if _names_apps(files) else ()), *_libraries(files)}
    free = [name for name in names if name not in kept and not any(fnmatchcase(name, each) for each in _TELLING)]
    letters = reversed(string.ascii_lowercase[: len(free)])
    return {name: f"{prefix}{letter}{name}" for name, letter in zip(free, letters, strict=True)}


def _libraries(paths: Iterable[str]) -> Iterator[str]:
    """The names of libraries of tags."""
    return (path.stem for path in map(PurePosixPath, paths) if path.parent.name == _TAGS)


def _apps(paths: Iterable[str]) -> frozenset[str]:
    """The labels of Django's apps: the names of directories that hold models."""
    parents = [(path.parent, path.stem) for path in map(PurePosixPath, paths)]
    homes = (
        parent.parent if parent.name == MODELS_MODULE_NAME else parent
        for parent, stem in parents
        if (MODELS_MODULE_NAME in (stem, parent.name))
    )
    return frozenset(home.name for home in homes)


def _is_module(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


class _Project:
    """The modules of a project, before, and their new names."""

    def __init__(self, files: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._files = files
        self._names = names
        self._apps = _apps(files)
        self._modules = ModuleIndex(SourceTree(Path("/"), tuple(filter(_is_module, files))))

    def path(self, path: str) -> str:
        """The new path of a file, or of a directory."""
        parts = PurePosixPath(path).parts
        holds_modules = {
            directory for each in self._files if _is_module(each) for directory in PurePosixPath(each).parents
        }
        new = []
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            stem, dot, suffix = part.partition(".")
            if is_last and _is_module(part):
                new.append(f"{self._names.get(stem, stem)}{dot}{suffix}")
            else:
                new.append(self._names.get(part, part) if PurePosixPath(*parts[:number]) in holds_modules else part)
        return "/".join(new)

    def name(self, name: str) -> str:
        """The new name of a module, whose last one is given."""
        return self._names.get(name, name)

    def resolve(self, importer: str, dotted: str, level: int = 0) -> str | None:
        """The file or directory of a module."""
        return self._modules.resolve(importer, dotted, level)

    def package(self, importer: str, node: ast.ImportFrom) -> str | None:
        """The module that names are taken out of; of a namespace package, its directory."""
        target = self.resolve(importer, node.module or "", node.level)
        if target is not None or node.module is None:
            return target
        inside = (self.resolve(importer, f"{node.module}.{alias.name}", node.level) for alias in node.names)
        found = next((each for each in inside if each is not None), None)
        return None if found is None else f"{found.removesuffix('/__init__.py').rstrip('/').rpartition('/')[0]}/"

    def submodule(self, target: str, name: str) -> str | None:
        """The module of some name in a package; None where the package itself gives that name to something."""
        if target.endswith("/"):
            directory = target
        elif target.endswith("/__init__.py"):
            directory = target.removesuffix("__init__.py")
            if name in _bound(self._files[target]):
                return None
        else:
            return None
        inside = (f"{directory}{name}.py", f"{directory}{name}/__init__.py", f"{directory}{name}.pyi")
        found = next((each for each in inside if each in self._files), None)
        if found is None and any(each.startswith(f"{directory}{name}/") for each in self._files):
            return f"{directory}{name}/"
        return found

    def dotted(self, importer: str, dotted: str, level: int = 0) -> str:
        """A dotted name whose first names are those of a module, with the new ones."""
        names = dotted.split(".")
        for count in range(len(names), 0, -1):
            if self.resolve(importer, ".".join(names[:count]), level) is not None:
                return ".".join([*map(self.name, names[:count]), *names[count:]])
        return ".".join([self.name(names[0]), *names[1:]]) if names[0] in self._apps else dotted


def _bound(text: str) -> set[str]:
    """The names that the statements of a module bind."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
    return found


def _replacements(project: _Project, path: str, text: str) -> Iterator[Replacement]:
    if not _is_module(path):
        yield from _in_text(project, path, text) if path.endswith(".toml") else ()
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, RecursionError, ValueError):
        return
    source = _Source(project, path, rows_of(text))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from source.imported(node, modules)
        elif isinstance(node, ast.ImportFrom):
            yield from source.imported_from(node, modules)
    inside = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in _below(node)}
    for node in ast.walk(tree):
        if node in inside:  # before Python 3.12 the parser does not tell where this stands
            continue
        if isinstance(node, ast.Attribute):
            yield from source.chain(node, modules)
        elif isinstance(node, ast.Name):
            yield from source.first(node, modules)
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield from source.string(node)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    return (part for part in ast.walk(node) if part is not node)


@dataclass(frozen=True)
class _Source:
    """The text of one module."""

    project: _Project
    path: str
    rows: list[str]

    def _column(self, row: int, column: int) -> int:
        """The column in code points of one that the parser gives, in bytes."""
        return len(self.rows[row - 1].encode()[:column].decode())

    def imported(self, node: ast.Import, modules: dict[str, str]) -> Iterator[Replacement]:
        for alias in node.names:
            target = self.project.resolve(self.path, alias.name)
            if target is None:
                continue
            first, *others = alias.name.split(".")
            if alias.asname is None:
                modules[first] = f"{_ITSELF}{first}" if others else target
            else:
                modules[alias.asname] = target
            behind = "" if alias.asname is not None or others else f" as {first}"
            yield from self._names(alias.lineno, alias.col_offset, [first, *others], behind)

    def imported_from(self, node: ast.ImportFrom, modules: dict[str, str]) -> Iterator[Replacement]:
        target = self.project.package(self.path, node)
        if target is None:
            return
        names = [] if node.module is None else node.module.split(".")
        yield from self._names(node.lineno, node.col_offset, ["from", *names])
        for alias in node.names:
            inside = self.project.submodule(target, alias.name)
            if inside is not None:
                modules[alias.asname or alias.name] = inside
                behind = "" if alias.asname is not None else f" as {alias.name}"
                yield from self._names(alias.lineno, alias.col_offset, [alias.name], behind)

    def _names(self, row: int, column: int, names: Iterable[str], behind: str = "") -> Iterator[Replacement]:
        """The new names of modules that stand one after the other; `behind` follows the last one if it is new."""
        start = self._column(row, column)
        for name in names:
            while (found := re.compile(rf"\b{name}\b").search(self.rows[row - 1], start)) is None:
                row, start = row + 1, 0
            start = found.end()
            new = self.project.name(name)
            if new != name:
                yield Replacement(row, found.start(), start, f"{new}{behind}")

    def chain(self, node: ast.Attribute, modules: Mapping[str, str]) -> Iterator[Replacement]:
        """The last name of `package.module`."""
        target = self._module(node.value, modules)
        if target is not None and self.project.submodule(target, node.attr) is not None:
            row, end = node.end_lineno or 1, node.end_col_offset or 0
            yield from self._names(row, end - len(node.attr.encode()), [node.attr])

    def first(self, node: ast.Name, modules: Mapping[str, str]) -> Iterator[Replacement]:
        """The name of a package that is there under its own name, because a module of it was imported."""
        if modules.get(node.id, "").startswith(_ITSELF):
            yield from self._names(node.lineno, node.col_offset, [node.id])

    def _module(self, node: ast.expr, modules: Mapping[str, str]) -> str | None:
        match node:
            case ast.Name(id=name) if name in modules:
                known = modules[name]
                return self.project.resolve(self.path, name) if known.startswith(_ITSELF) else known
            case ast.Attribute(value=value, attr=name):
                target = self._module(value, modules)
                return None if target is None else self.project.submodule(target, name)
            case _:
                return None

    def string(self, node: ast.expr) -> Iterator[Replacement]:
        """The names of modules in a string; what stands between the braces of a formatted one is no part of it."""
        for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            line = self.rows[row - 1]
            start = self._column(row, node.col_offset) if row == node.lineno else 0
            end = self._column(row, node.end_col_offset or 0) if row == node.end_lineno else len(line)
            text = line[:end]
            if isinstance(node, ast.JoinedStr):
                text = _FIELD.sub(lambda found: " " * len(found[0]), text)
            yield from _in_row(self.project, self.path, row, text, start)


def _in_text(project: _Project, path: str, text: str) -> Iterator[Replacement]:
    for row, line in enumerate(rows_of(text), start=1):
        yield from _in_row(project, path, row, line, 0)


def _in_row(project: _Project, path: str, row: int, line: str, start: int) -> Iterator[Replacement]:
    """The names of modules in text."""
    for found in _DOTTED.finditer(line, start):
        level = len(found[0]) - len(found[0].lstrip("."))
        old = found[0][level:]
        new = project.dotted(path, old, level)
        if new != old:
            yield Replacement(row, found.start() + level, found.end(), new)
