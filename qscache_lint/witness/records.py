"""The file of the witness: what one or several processes of a project recorded. Places and numbers, no data.

A field that is added later has a default, and readers take unknown fields; another meaning is another version.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

VERSION = 1

Lifetime: TypeAlias = Literal["pickled", "memo", "scoped"]
Effect: TypeAlias = Literal["refined", "part", "passed", "read", "written"]


class RecordedPlace(msgspec.Struct, frozen=True):
    """A row of the project's code."""

    path: str
    """POSIX, below the root of the recording."""
    row: int
    end_row: int
    column: int | None
    """1-based, in code points; Python tells none before 3.11."""
    function: str
    """Its qualified name; `<module>` for the code of a module."""


class RecordedStore(msgspec.Struct, frozen=True):
    """A place where QuerySets are kept, and what that came to. Sums, but for `most_…`."""

    id: int
    """By which the uses of the same file name it."""
    lifetime: Lifetime
    store: str
    """What keeps them: "django cache", "functools.lru_cache", the name of a memoizer."""
    place: RecordedPlace | None
    """The innermost row of the project that stored; none where a hit was seen whose store was not."""
    function: RecordedPlace | None = None
    """The function, method or property whose value is kept, if known: from its first decorator to its `def`."""
    via: tuple[RecordedPlace, ...] = ()
    """The rows of the project around `place`, outwards, as they were when it was seen first."""
    label: str = ""
    """What stands for it in the pickles of Django's cache, so that a process knows what another one stored."""
    times: int = 0
    """How often a QuerySet was stored."""
    rows: int = 0
    most_rows: int = 0
    bytes: int = 0
    most_bytes: int = 0
    queries: int = 0
    milliseconds: float = 0.0
    """Of storing it: its query and pickling."""
    hits: int = 0
    """How often one was handed out again."""
    hit_rows: int = 0
    hit_bytes: int = 0
    hit_milliseconds: float = 0.0
    by: str = ""
    """The function that had Django's cache keep them, where it is no code of the project."""

    @property
    def keeper(self) -> str:
        """What keeps them, and for whom."""
        return f"{self.store}, by {self.by}()" if self.by else self.store


class RecordedUse(msgspec.Struct, frozen=True):
    """A row of the project that did something with what a store had handed out."""

    store: int
    effect: Effect
    operation: str
    """As the code spells it: `filter`, `[]`, `[:]`, `|`, `__in`, `for`."""
    place: RecordedPlace
    via: tuple[RecordedPlace, ...] = ()
    times: int = 0
    queries: int = 0
    """Those that the cached rows did not save."""
    rows: int = 0
    """That these queries brought; for `read`, all rows of the value."""
    milliseconds: float = 0.0
    """Of these queries."""
    is_cut: bool = False
    """Whether `via` goes no further than one row, as there are too many ways to this place to tell them apart."""


class Executed(msgspec.Struct, frozen=True):
    """A function of the project that ran at least once."""

    row: int
    """Of its first decorator, or of `def`; 1 for the code of a module."""
    function: str


class Recording(msgspec.Struct, frozen=True):
    """One file."""

    tool: str
    """The version of qscache-lint."""
    django: str
    python: str
    version: int = VERSION
    processes: int = 1
    incomplete: tuple[str, ...] = ()
    """What could not be recorded, one sentence each."""
    stores: tuple[RecordedStore, ...] = ()
    uses: tuple[RecordedUse, ...] = ()
    files: dict[str, str] = {}
    """The first 16 hexadecimal digits of the SHA-256 of each file that is named, as it was."""
    executed: dict[str, tuple[Executed, ...]] | None = None
    """What ran, by file; None where that is not known, such as before Python 3.12."""
    is_partial: bool = False
    """Whether what ran was not always recorded, so that what is not here may have happened."""


def encode(recording: Recording) -> bytes:
    """The bytes of a file."""
    return msgspec.json.encode(recording) + b"\n"


def decode(content: bytes) -> Recording:
    """The recording in the bytes of a file. Raises ValueError, of which the text says what is wrong with it."""
    recording = msgspec.json.decode(content, type=Recording)
    if recording.version != VERSION:
        raise ValueError(f"version {recording.version}, and this qscache-lint reads version {VERSION}")
    return recording


def is_recording(content: bytes) -> bool:
    """Whether a file with this content is a recording, in whatever layout: it has all fields of one, and no others."""
    try:
        decode(content)
        return msgspec.json.decode(content, type=dict[str, object]).keys() == set(Recording.__struct_fields__)
    except (ValueError, RecursionError):
        return False
