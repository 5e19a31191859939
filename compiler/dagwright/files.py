"""The only door to the disk: what a compile reads and writes goes through `Files`.

A path may be the address of an object (`s3://...`), which is read as a file is.

Three implementations: the disk; an in-memory twin for tests, which logs what was read; and drafts
over another, for what is piped in or not written yet. Paths are `str` with forward slashes, as
written in specs and resolved by `posixpath`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import EISDIR
from pathlib import Path
from stat import S_IMODE
from typing import Protocol

from dagwright.object_stores import is_address, read_object


class Files(Protocol):
    """Read and write whole files; every failure is an `OSError` that the caller translates."""

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Replace the file at `path` by `data`, whole or not at all."""
        ...

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Replace the files at these paths by these bytes: all of them, or none.

        The `OSError` of a failure names the path that is in the way.
        """
        ...

    def exists(self, path: str) -> bool:
        """Return whether a file or folder lies at `path`."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; none where there is no such folder."""
        ...

    def real(self, path: str) -> str:
        """Return where `path` leads once links are followed; itself where nothing is known."""
        ...


class DiskFiles:
    """The real disk, and the objects that were read from elsewhere."""

    def __init__(self) -> None:
        """Begin with no objects."""
        self._objects: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`; an object is fetched once."""
        if not is_address(path):
            return Path(path).read_bytes()
        if path not in self._objects:
            self._objects[path] = read_object(path)
        return self._objects[path]

    def write(self, path: str, data: bytes) -> None:
        """Replace the file at `path` by `data`; a killed compile leaves no half file."""
        self.write_all({path: data})

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Replace the files at these paths: each in one step, and none before all are prepared."""
        staged: list[tuple[Path, Path]] = []
        try:
            for path, data in contents.items():
                staged.append((_staged(Path(path), data), Path(path)))
            for temporary, target in staged:
                temporary.replace(target)
        finally:
            for temporary, _ in staged:
                temporary.unlink(missing_ok=True)

    def exists(self, path: str) -> bool:
        """Return whether a file or folder lies at `path`, or an object that can be read."""
        if not is_address(path):
            return Path(path).exists()
        try:
            self.read(path)
        except OSError:
            return False
        return True

    def names(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; none where there is no such folder."""
        try:
            return sorted(entry.name for entry in Path(folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def real(self, path: str) -> str:
        """Return where `path` leads once links are followed, as an absolute path."""
        return Path(os.path.realpath(path)).as_posix()


def _staged(target: Path, data: bytes) -> Path:
    """Return a file beside `target` that holds `data`, ready to take its place.

    Raises:
        OSError: there is no place for it; the error names `target`.
    """
    try:
        if target.is_dir():
            raise IsADirectoryError(EISDIR, "a folder has that name")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(_file_mode(target))
    except OSError as error:
        Path(name).unlink()
        raise OSError(error.errno, error.strerror, str(target)) from error
    return Path(name)


def _file_mode(target: Path) -> int:
    """Return the mode that the file has or would have had: `mkstemp` makes private ones."""
    if target.exists():
        return S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@dataclass(slots=True)
class MemoryFiles:
    """A disk in a dictionary, which remembers what was read and written."""

    contents: dict[str, bytes] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`."""
        self.reads.append(path)
        try:
            return self.contents[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", path) from None

    def write(self, path: str, data: bytes) -> None:
        """Replace the file at `path` by `data`."""
        self.writes.append(path)
        self.contents[path] = data

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Replace the files at these paths by these bytes."""
        self.writes += contents
        self.contents.update(contents)

    def exists(self, path: str) -> bool:
        """Return whether a file or folder lies at `path`."""
        return path in self.contents or any(
            other.startswith(f"{path.rstrip('/')}/") for other in self.contents
        )

    def names(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; none where there is no such folder."""
        prefix = f"{folder.rstrip('/')}/"
        return sorted(
            {
                path[len(prefix) :].partition("/")[0]
                for path in self.contents
                if path.startswith(prefix)
            }
        )

    def real(self, path: str) -> str:
        """Return where `path` leads by `links`, the first part of it that is one."""
        for link, target in self.links.items():
            if path == link or path.startswith(f"{link}/"):
                return f"{target}{path[len(link) :]}"
        return path


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

    def real(self, path: str) -> str:
        """Return where `path` leads on the disk."""
        return self.below.real(path)
