"""What has changed for projects that are open."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Changes:
    """What has changed since the last look: folders, buffers (None where one was closed), and whether the disk may."""

    folders: tuple[Path, ...] | None = None
    buffers: dict[Path, bytes | None] = field(default_factory=dict)
    disk: bool = False

    def __bool__(self) -> bool:
        return self.folders is not None or bool(self.buffers) or self.disk
