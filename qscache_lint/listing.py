"""Which files a project has, and which of them were asked for: what the settings leave out of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qscache_lint.settings import Settings
from qscache_lint.source.discover import checkout_of, is_directory, is_left_out, project_files
from qscache_lint.source.ignored import Ignored, Translate, translated


@dataclass(frozen=True)
class Listing:
    """The files of a project, and what was asked for: `named` files, and `directories`, each with how it was given.

    Paths are relative to the root. `left_out` are the files that were named in vain, as they were given.
    """

    files: tuple[str, ...]
    named: tuple[str, ...]
    directories: Mapping[str, Path]
    left_out: tuple[Path, ...]
    unlisted: tuple[OSError, ...]

    def covers(self, path: str) -> bool:
        """Whether a file was asked for, or a directory around it."""
        return path in self.named or any(is_below(path, each) for each in self.directories)

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The files that were asked for."""
        return tuple(path for path in sorted({*self.files, *self.named}) if self.covers(path))

    @property
    def empty(self) -> Iterator[str]:
        """Where there is nothing to look at."""
        for directory, given in self.directories.items():
            if not any(is_below(path, directory) for path in (*self.files, *self.named)):
                yield f"No Python files found under {given}"

    @property
    def notes(self) -> Iterator[str]:
        """What else the user should know of it."""
        for given in self.left_out:
            yield f"{given}: not checked: excluded by the settings, with force-exclude"
        for error in self.unlisted:
            yield f"{error.filename}: not analysed: cannot be listed: {error.strerror}"


def listing(root: Path, asked: Mapping[Path, Path], settings: Settings, translate: Translate = translated) -> Listing:
    """List a project of which some paths were asked for, each with how it was given.

    Raises UsageError where no project is, see `project_files`.
    """
    unlisted: list[OSError] = []
    files = files_of(root, settings, unlisted.append, translate)
    paths = {path.relative_to(root).as_posix(): given for path, given in asked.items()}
    directories = {path: given for path, given in paths.items() if is_directory(root / path)}
    named = {path: given for path, given in paths.items() if path not in directories}
    left_out = [path for path in named if settings.force_exclude and leaves_out(root, path, settings, translate)]
    return Listing(
        files,
        tuple(path for path in named if path not in left_out),
        directories,
        tuple(named[path] for path in left_out),
        tuple(unlisted),
    )


def files_of(
    root: Path, settings: Settings, unlisted: Callable[[OSError], None], translate: Translate = translated
) -> tuple[str, ...]:
    """The Python files of a project, relative to its root. `unlisted` is told of directories that cannot be listed."""
    return project_files(root, settings.excluded, unlisted, _ignored(root, settings, translate))


def is_below(path: str, directory: str) -> bool:
    """Whether a file is below a directory, "." being the root."""
    return directory == "." or path.startswith(f"{directory}/")


def leaves_out(root: Path, path: str, settings: Settings, translate: Translate = translated) -> bool:
    """Whether the settings leave a file out of the project, which need not be there."""
    return is_left_out(root, path, settings.excluded, _ignored(root, settings, translate))


def _ignored(root: Path, settings: Settings, translate: Translate) -> Ignored | None:
    return Ignored.around(root, checkout_of(root), translate) if settings.respect_gitignore else None
