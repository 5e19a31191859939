"""Texts that are not on the disk, or not yet: what is piped in, and what a fix would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dagwright.files import Files


@dataclass(frozen=True, slots=True)
class Drafts:
    """A disk with some files over it; what is written goes over it too."""

    below: Files
    texts: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`."""
        return self.texts[path] if path in self.texts else self.below.read(path)

    def write(self, path: str, data: bytes) -> None:
        """Keep `data` for `path`, and leave the disk as it is."""
        self.texts[path] = data

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Keep `contents`, and leave the disk as it is."""
        self.texts.update(contents)

    def exists(self, path: str) -> bool:
        """Return whether a file or folder lies at `path`."""
        return path in self.texts or self.below.exists(path)

    def names(self, folder: str) -> list[str]:
        """Return the names in `folder` on the disk."""
        return self.below.names(folder)
