"""A temporary folder of one dbt call, which is gone afterwards, however the task ended.

A process that is killed cannot remove its folder. So each folder is locked for as long as the
process lives that made it, which the kernel sees to, and whoever makes the next one removes those
that nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "dagwright-task-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder of this process alone; it is removed when the block ends."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked_folder() -> tuple[Path, int]:
    """Return a new folder and the open lock on it; another one if somebody was quicker."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):  # A file system without locks: nobody will take it.
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of this user that no process holds."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # It is gone by now, or somebody holds it.
            if folder.lstat().st_uid != os.geteuid():
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
