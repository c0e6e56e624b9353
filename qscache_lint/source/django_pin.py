"""The Django version that a project pins: in a lock file, in its requirements, in its package metadata.

These files are read as text and data; none of them is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from qscache_lint.source.files import read_regular

if TYPE_CHECKING:
    from packaging.specifiers import Specifier, SpecifierSet

Version: TypeAlias = tuple[int, ...]


class VersionChoice(Enum):
    """How a version follows from what a file says: the only one, the newest in a range, of all, or none is known."""

    PINNED = "pinned in {path}"
    NEWEST = "{lowest} to {version} in {path}: using {version}"
    OPEN = "at least {lowest} in {path}: using {version}"
    UNKNOWN = "the newest known; {path} asks for an unknown version"


@dataclass(frozen=True, slots=True)
class Pin:
    """A Django version, as major and minor number, and the file that says so (relative to the project root).

    `lowest` is the oldest that the file admits.
    """

    version: Version
    path: str
    choice: VersionChoice = VersionChoice.PINNED
    lowest: Version = ()

    @property
    def reason(self) -> str:
        """Why it is this version, in words."""
        return self.choice.value.format(path=self.path, version=_shown(self.version), lowest=_shown(self.lowest))


def pinned_django(root: Path, released: Sequence[Version]) -> Pin | None:
    """The Django that the project in `root` pins; None when nothing says which.

    It is one of the `released` versions: of those that are asked for the newest, else the newest of all.
    """
    for pattern, read in _SOURCES.items():
        for path in sorted(root.glob(pattern)):
            for specifier in read(_text(path)):
                found = _version(specifier, released)
                if found is not None:
                    version, choice, lowest = found
                    return Pin(version, path.relative_to(root).as_posix(), choice, lowest)
    return None


def pin_files(root: Path) -> list[str]:
    """The files that may say which Django a project uses, relative to its root."""
    found = {path.relative_to(root).as_posix() for pattern in _SOURCES for path in root.glob(pattern)}
    return sorted(found)


def _text(path: Path) -> str:
    """The text of a file; none when it cannot be read: a pin is a help, not an input."""
    try:
        source = read_regular(path)
    except OSError:
        return ""
    return source.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _shown(version: Version) -> str:
    return ".".join(map(str, version))


def _version(specifier: str, released: Sequence[Version]) -> tuple[Version, VersionChoice, Version] | None:
    """The version that a specifier leads to, how, and the oldest that it admits."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        admitted = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    if not len(admitted):
        return None
    within = [version for version in released if _admits(admitted, version)]
    if not within:
        return max(released), VersionChoice.UNKNOWN, ()
    if any(map(_is_exact, admitted)):
        return max(within), VersionChoice.PINNED, ()
    return max(within), VersionChoice.OPEN if max(within) == max(released) else VersionChoice.NEWEST, min(within)


def _is_exact(clause: Specifier) -> bool:
    """Whether a clause leaves one minor version: `==4.2.11`, `==4.2.*`; not `==4.*`."""
    return clause.operator in ("==", "===") and re.fullmatch(r"\d+\.\*", clause.version) is None


def _admits(admitted: SpecifierSet, version: Version) -> bool:
    """Whether some release of a minor version is admitted: the first, a late one, or one near a named one."""
    text = ".".join(map(str, version))
    named = [clause.version.removesuffix(".*") for clause in admitted]
    patches = {0, 99, *(patch for name in named for patch in _patches(name, version))}
    candidates = (*(f"{text}.{patch}" for patch in patches), *(name for name in named if _minor(name) == version))
    return any(admitted.contains(each, prereleases=True) for each in candidates)


def _patches(named: str, version: Version) -> tuple[int, ...]:
    """The patch releases of a minor version around one that is named."""
    if _minor(named) != version:
        return ()
    patch = int(re.split(r"\D+", f"{named}.0.0")[2] or 0)
    return (max(patch - 1, 0), patch, patch + 1)


def _minor(text: str) -> Version | None:
    from packaging.version import InvalidVersion
    from packaging.version import Version as Release

    try:
        release = Release(text).release
    except InvalidVersion:
        return None
    return (release[0], release[1] if len(release) > 1 else 0)


# -- what each kind of file says of Django, as version specifiers


def _of_lines(text: str) -> Iterator[str]:
    """Requirements, one a line: requirements.txt and its kin, setup.cfg."""
    for line in text.splitlines():
        yield from _of_requirement(line.partition("#")[0].partition(" --hash")[0].strip().rstrip("\\").strip())


def _of_strings(text: str) -> Iterator[str]:
    """Requirements in quotes: pyproject.toml, setup.py."""
    for quoted in re.findall(r"""["']([Dd]jango[^"'\n]*)["']""", text):
        yield from _of_requirement(quoted)
    yield from _of_tables(text)


def _of_requirement(text: str) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    if not text.lower().startswith("django"):
        return
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return
    if requirement.name.lower() == "django" and str(requirement.specifier):
        yield str(requirement.specifier)


def _of_tables(text: str) -> Iterator[str]:
    """`django = "^4.2"` or `django = {version = "^4.2"}`, as Poetry and Pipenv write it."""
    found = re.findall(r"""^[Dd]jango\s*=\s*(?:\{[^}\n]*version\s*=\s*)?["']([^"'\n]+)["']""", text, re.MULTILINE)
    for written in found:
        version = written.lstrip("^~")
        if written.startswith("^"):
            yield f">={version},<{int(version.partition('.')[0]) + 1}" if version[:1].isdigit() else written
        elif written.startswith("~") and not written.startswith("~="):
            yield f"=={'.'.join(version.split('.')[:2])}.*"
        else:
            yield written if re.match(r"[<>=!~]", written) else f"=={written}"


def _of_lock(text: str) -> Iterator[str]:
    """A `[[package]]` table, as Poetry, PDM and uv write it."""
    for version in re.findall(r"""^name = "[Dd]jango"\nversion = "([^"]+)\"""", text, re.MULTILINE):
        yield f"=={version}"


def _of_pipfile_lock(text: str) -> Iterator[str]:
    import json

    try:
        locked = json.loads(text)
    except ValueError:
        return
    default = locked.get("default", {}) if isinstance(locked, dict) else {}
    package = default.get("django", {}) if isinstance(default, dict) else {}
    version = package.get("version") if isinstance(package, dict) else None
    if isinstance(version, str):
        yield version


_SOURCES: Mapping[str, Callable[[str], Iterator[str]]] = {
    "uv.lock": _of_lock,
    "poetry.lock": _of_lock,
    "pdm.lock": _of_lock,
    "Pipfile.lock": _of_pipfile_lock,
    "requirements*.txt": _of_lines,
    "requirements/*.txt": _of_lines,
    "pyproject.toml": _of_strings,
    "Pipfile": _of_tables,
    "setup.cfg": _of_lines,
    "setup.py": _of_strings,
    "requirements*.in": _of_lines,
    "requirements/*.in": _of_lines,
}
"""Where a project says which Django it uses, the surest first."""
