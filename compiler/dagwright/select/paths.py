"""Match `path:` values, which dbt takes for a glob on the root project's folder.

No file system is asked: the files are those that the manifest names, and their folders. That
differs from dbt only where a folder of the root project holds no resource at all, while a package
has resources under the same relative path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from dagwright.select.wild import matcher

_RECURSIVE: Final = "**"

Fault = Literal["empty", "absolute", "stars"]


def fault_of(pattern: str) -> Fault | None:
    """Return why `Path.glob` would refuse `pattern`, or None where it would not."""
    if pattern.startswith("/"):
        return "absolute"
    parts = _parts(pattern)
    if not parts:
        return "empty"
    if any(_RECURSIVE in part and part != _RECURSIVE for part in parts):
        return "stars"
    return None


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders above `path`, nearest first; the last is ".", the project's own.

    Example:
        >>> list(folders_of("models/staging/orders.sql"))
        ['models/staging', 'models', '.']
    """
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)
    yield "."


def plain(path: str) -> str:
    """Return `path` as `pathlib` prints it: no doubled or final slash, and no part that is "."."""
    return "/".join(_parts(path)) or "."


class Tree:
    """The files and folders of the root project that the manifest knows of."""

    def __init__(self, files: Iterable[str]) -> None:
        """Take `files`, plain and relative to the project's folder, and all folders above them."""
        self._files = frozenset(files)
        self._folders = frozenset(above for path in self._files for above in folders_of(path))

    @property
    def known(self) -> frozenset[str]:
        """Every file and folder but the project's own."""
        return (self._files | self._folders) - {"."}

    def glob(self, pattern: str) -> frozenset[str]:
        """Return the files and folders that `pattern` matches; it must have no fault.

        A wildcard stays inside one part of a path, but for `**`, which is any number of folders.
        A pattern that ends with a slash, or with `**`, matches folders alone.
        """
        parts = _parts(pattern)
        folders_only = pattern.endswith("/") or parts[-1] == _RECURSIVE
        if not any(mark in pattern for mark in "*?["):
            wanted = "/".join(parts)
            known = wanted in self._folders or (not folders_only and wanted in self._files)
            return frozenset((wanted,)) if known else frozenset()
        found = self._folders if folders_only else self._folders | self._files
        return frozenset(path for path in found if _fits(parts, _parts(path)))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _fits(pattern: list[str], path: list[str]) -> bool:
    """Return whether the parts of `pattern` match all parts of `path`, one by one."""
    if not pattern:
        return not path
    first, rest = pattern[0], pattern[1:]
    if first == _RECURSIVE:
        return any(_fits(rest, path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and bool(matcher(first)(path[0])) and _fits(rest, path[1:])
