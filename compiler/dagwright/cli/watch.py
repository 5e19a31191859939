"""Do something again whenever the files that it read have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from dagwright.files import DiskFiles

Stamp: TypeAlias = tuple[int, int] | None
"""When a file was changed and how long it is; None where there is none."""


def stamp(path: str) -> Stamp:
    """Return what tells one state of a file from another, without reading it."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@dataclass(slots=True)
class Noting(DiskFiles):
    """The disk, with a note of the state in which each file was read."""

    seen: dict[str, Stamp] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`."""
        # Noted first: what changes while it is read is then read again.
        self.seen[path] = stamp(path)
        return DiskFiles.read(self, path)


def watch(
    check: Callable[[Noting], None], specs: Callable[[], list[str]], pause: Callable[[], None]
) -> None:
    """Call `check` now, and after every change; does not return.

    A change is one in a file that `check` read, in what it reads through `Noting`, or in which
    files `specs` names. `pause` waits between two looks.
    """
    while True:
        files, named = Noting(), specs()
        check(files)
        while specs() == named and all(stamp(path) == at for path, at in files.seen.items()):
            pause()
