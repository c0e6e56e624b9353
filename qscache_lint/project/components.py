"""Components: parts of a tree that have nothing to do with one another, as projects that happen to lie side by side.

Names, models and cache keys of one component mean nothing in another, so each is analysed by itself. A tree is split at
the topmost directories that are projects of their own, its *project roots*; those are joined again whose files import
something of one another, or name it in a string: a dotted name, a model by its app, an app that is installed. What is
written otherwise than by the book, or only in a comment, may join too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypeAlias

import msgspec

from qscache_lint import limits
from qscache_lint.project.modules import ModuleIndex
from qscache_lint.project.project_roots import ProjectRoot, project_root_of
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.text import decode, name_in_source
from qscache_lint.source.tree import SourceTree

_IMPORT = re.compile(r"import\b[^\S\n]*(\((?:[^)#]|#[^\n]*)*|[^\n#;\\]*(?:\\\n[^\n#;\\]*)*)")
_BEFORE = re.compile(r"(?:^|[:;])[^\S\n]*(?:from\b((?:[\w.]|[^\S\n]|\\\n)*[^\w]))?\Z")
"""What stands before `import` in its line; patterns that begin with a letter are found ten times as fast."""
_COMMENT = re.compile(r"#[^\n]*")
_SPACE = re.compile(r"[\s\\]+")
_NAME = re.compile(r"([\w.]+)(?:[\s\\]+as\b[^,]*)?")
_DOTTED = re.compile(r"['\"]([^\W\d]\w*(?:\.\w+)+(?::\w+)?)['\"]")
_LOOKED_UP = re.compile(r"model\(\s*(?:\w+\s*=\s*)?['\"](\w+)['\"]\s*,\s*(?:\w+\s*=\s*)?['\"](\w+)['\"]")
_OF_A_MODEL = re.compile(r"(?:(?:Key|Field|model)\(\s*(?:\w+\s*=\s*)?|\bto\s*=\s*|_MODEL\s*=\s*)\Z")
"""What stands before `"shop.Order"` where that is a model: a relation, a look-up, a setting."""
_APPS = re.compile(
    r"""
    ^ ([ \t]*) [^\n]* _APPS \b (?: [ \t]* :[^=\n]+ )? [ \t]* (?: \+?=(?!=) | \.\w+\( )
    ( .* (?: \n (?: \1 [ \t\])}] .* | [ \t]* ) (?=\n|\Z) )* )
    """,
    re.VERBOSE | re.MULTILINE,
)
"""The indentation of a statement that fills a list of apps, and what it fills it with."""
_QUOTED = re.compile(r"['\"](\w+(?:\.\w+)*)['\"]")

_IN_AN_APP = ("models.py", "models/__init__.py", "apps.py")
_OF_ALL = frozenset({"test", "tests"})
"""Names of packages that each project has for itself."""
_OF_DJANGO = frozenset(
    {"admin", "auth", "contenttypes", "flatpages", "gis", "humanize"}
    | {"messages", "postgres", "redirects", "sessions", "sitemaps", "sites"}
)
"""The labels of the apps that come with Django (documentation of `django.contrib`), which no other app can have."""


class Mentions(NamedTuple):
    """What the code of a file says that may have to do with other files, each kind in order."""

    imports: tuple[tuple[int, str, tuple[str, ...]], ...] = ()
    """The number of leading dots, the module, and the names that are taken from it."""
    dotted: tuple[str, ...] = ()
    """The dotted names in quotes."""
    apps: tuple[str, ...] = ()
    """The names in quotes in lists of apps."""
    models: tuple[tuple[str, str], ...] = ()
    """The models that are named by the label of their app and their own name."""

    @property
    def digest(self) -> bytes:
        """What stands for all of it."""
        return sha256(repr(tuple(self)).encode(errors="surrogateescape")).digest()[:12]


class PartitionReadSet(msgspec.Struct, frozen=True, array_like=True):
    """The files whose code has decided what a name means, and what stands for the mentions of each of the others."""

    consulted: tuple[str, ...]
    mentions: dict[str, bytes]

    def holds(self, changed: Collection[str], read: Callable[[str], bytes]) -> bool:
        """Whether changed files mention what they did, and none of them has decided what a name means."""
        return not any(path in self.consulted or mentions(read, path).digest != self.mentions[path] for path in changed)


Components: TypeAlias = "tuple[tuple[ProjectRoot, ...], ...]"
"""The components of a tree, as groups of its project roots."""


def part(tree: SourceTree, project_roots: Collection[ProjectRoot]) -> tuple[PartitionReadSet, Components]:
    """The components of a tree, and what was looked at for that."""
    cross_references = _CrossReferences(tree, project_roots)
    digests: dict[str, bytes] = {}
    pairs: set[tuple[ProjectRoot, ProjectRoot]] = set()
    for path in tree.files:
        said = mentions(tree.read, path)
        digests[path] = said.digest
        own = project_root_of(path, cross_references.project_roots)
        pairs.update((own, other) for other in cross_references.of(path, said))
    read_set = PartitionReadSet(tuple(sorted(cross_references.consulted)), digests)
    return read_set, _joined(project_roots, sorted(pairs))


def mentions(read: Callable[[str], bytes], path: str) -> Mentions:
    """What a file mentions; nothing when it cannot be read."""
    try:
        source = read(path)
    except OSError:
        return Mentions()
    text = decode(source).replace("\r\n", "\n").replace("\r", "\n")
    lists = _APPS.findall(text) if "INSTALLED_APPS" in text else ()
    apps = {name for _, listed in lists for name in _QUOTED.findall(_COMMENT.sub("", listed))}
    return Mentions(
        tuple(sorted(set(_imports(text)))),
        tuple(sorted({name.replace(":", ".") for name in _DOTTED.findall(text)})),
        tuple(sorted(apps)),
        tuple(sorted(set(_models(text)))),
    )


class _CrossReferences:
    """Finds what a file has to do with other project roots than its own."""

    def __init__(self, tree: SourceTree, project_roots: Iterable[ProjectRoot]) -> None:
        self._tree = tree
        self._modules = ModuleIndex(tree, guesses=False)
        self.project_roots = frozenset(project_roots)
        self.consulted: set[str] = set()
        """The files whose code has decided what a name means."""
        self._tops: dict[str, dict[ProjectRoot, list[str]]] = {}
        for path in tree.files:
            project_root = project_root_of(path, self.project_roots)
            for name in self._modules.names(path):
                self._tops.setdefault(name.partition(".")[0], {}).setdefault(project_root, []).append(path)
        self._directories = {
            (project_root_of(path, self.project_roots), name) for path in tree.files for name in path.split("/")
        }
        self._imported = lru_cache(maxsize=None)(self._find_imported)
        self._mentioned = lru_cache(maxsize=None)(self._find_mentioned)
        self._declares = lru_cache(maxsize=None)(self._find_declaring)

    def of(self, path: str, said: Mentions) -> set[ProjectRoot]:
        """The other project roots that a file reaches."""
        own, directory = project_root_of(path, self.project_roots), path.rpartition("/")[0]
        found: set[ProjectRoot] = set()
        for level, module, names in said.imports:
            if self._may_leave(path, own, level, module):
                found.update(self._imported(directory, level, module, names))
        for name in said.dotted:
            if self._may_leave(path, own, 0, name):
                found.update(self._mentioned(directory, name))
        for name in said.apps:
            found.update(self._installed(own, name))
        for label, name in said.models:
            found.update(self._declaring(own, label, name))
        return found - {own}

    def _may_leave(self, path: str, own: ProjectRoot, level: int, dotted: str) -> bool:
        """Whether a name may mean something on another project root than the file's own."""
        if level:
            return path.count("/") - level < own.count("/")
        first = dotted.partition(".")[0]
        return first not in _OF_ALL and not self._tops.get(first, {}).keys() <= {own}

    def _find_imported(self, directory: str, level: int, module: str, names: tuple[str, ...]) -> frozenset[ProjectRoot]:
        """The project roots of what an import statement in a directory names.

        The import of a single module, not a package, means one beside it or a distribution: no file of another project.
        """
        importer = f"{directory}/_"
        target = self._modules.resolve(importer, module, level)
        if target is not None and not target.endswith("/"):
            is_plain = "." not in module and not level and not target.endswith("/__init__.py")
            return frozenset() if is_plain else self._at(target)
        if target is None:
            inside = (self._modules.resolve(importer, f"{module}.{name}".strip("."), level) for name in names)
        else:
            inside = (self._modules.submodule(target, name, "" if level else module) for name in names)
        return frozenset().union(*map(self._at, inside))

    def _find_mentioned(self, directory: str, dotted: str) -> frozenset[ProjectRoot]:
        """The project root of what a string names in a directory's files: a module in a package, or a member of one.

        Two words with a dot are too often something else, as the name of a file or a logger.
        """
        if dotted.count(".") < 2:
            return frozenset()
        module, last = dotted, ""
        while "." in module:
            target = self._modules.resolve(f"{directory}/_", module, 0)
            if target is not None:
                return self._at(target) if not last or self._has(target, last) else frozenset()
            module, _, last = module.rpartition(".")
        return frozenset()

    def _has(self, target: str, name: str) -> bool:
        """Whether a module has a word."""
        word = in_source(rb"\b%b\b" % re.escape(name_in_source(name)))
        return not target.endswith("/") and bool(word.search(self._read(target)))

    def _at(self, target: str | None) -> frozenset[ProjectRoot]:
        """Where a module is; a package without a file is nowhere, only its modules are."""
        if target is None or target.endswith("/"):
            return frozenset()
        return frozenset({project_root_of(target, self.project_roots)})

    def _installed(self, own: ProjectRoot, dotted: str) -> frozenset[ProjectRoot]:
        """The project roots with an app, or a member of one, if the file's own has nothing of the first name."""
        names = dotted.split(".")
        found = self._tops.get(names[0], {})
        if own in found:
            return frozenset()
        homes = ["/".join(names[:count]) for count in range(1, len(names) + 1)]
        inside = tuple(f"/{home}/{module}" for home in homes for module in _IN_AN_APP)
        return frozenset(
            project_root for project_root in found if any(f"/{path}".endswith(inside) for path in found[project_root])
        )

    def _declaring(self, own: ProjectRoot, label: str, name: str) -> Iterable[ProjectRoot]:
        """The one project root with a model in an app of that name, if the file's own has no such directory."""
        if label in _OF_DJANGO or label not in self._tops or (own, label) in self._directories:
            return ()
        return self._declares(label, name)

    def _find_declaring(self, label: str, name: str) -> tuple[ProjectRoot, ...]:
        declares = in_source(rb"\bclass[ \t]+%b\b" % re.escape(name_in_source(name)), re.IGNORECASE)
        found = [
            project_root
            for project_root, files in self._tops[label].items()
            if any("models" in path and declares.search(self._read(path)) for path in files)
        ]
        return tuple(found) if len(found) == 1 else ()

    def _read(self, path: str) -> bytes:
        self.consulted.add(path)
        try:
            return self._tree.read(path)
        except OSError:
            return b""


def _joined(
    project_roots: Iterable[ProjectRoot], reached: Iterable[tuple[ProjectRoot, ProjectRoot]]
) -> tuple[tuple[ProjectRoot, ...], ...]:
    """The project roots of each component; `reached` has pairs of project roots that belong together."""
    component: dict[ProjectRoot, set[ProjectRoot]] = {project_root: {project_root} for project_root in project_roots}
    for one, other in reached:
        if component[one] is not component[other]:
            component[one] |= component[other]
            for project_root in component[other]:
                component[project_root] = component[one]
    return tuple(sorted({tuple(sorted(each)) for each in component.values()}))


def _imports(text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    for found in _IMPORT.finditer(text):
        before = _BEFORE.search(text[_line_start(text, found.start()) : found.start()])
        if before is None:
            continue
        names = tuple(_NAME.findall(_COMMENT.sub("", found[1])))
        module = _SPACE.sub("", before[1] or "")
        name = module.lstrip(".")
        if module:
            yield len(module) - len(name), name, names
        else:
            yield from ((0, each, ()) for each in names)


def _line_start(text: str, place: int) -> int:
    """Where the line around a place begins, with the lines before that go on with a backslash."""
    start = text.rfind("\n", 0, place) + 1
    while start > 1 and text[start - 2] == "\\":
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _models(text: str) -> Iterator[tuple[str, str]]:
    if "model(" in text:
        yield from _LOOKED_UP.findall(text)
    for found in _DOTTED.finditer(text):
        label, _, name = found[1].partition(".")
        before = text[max(0, found.start() - limits.BEFORE_STRING) : found.start()]
        if name.isidentifier() and _OF_A_MODEL.search(before):
            yield label, name
