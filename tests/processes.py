"""Find the processes that a test started, by a variable in their environment."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path


def running_with(variable: str, argument: str = "") -> list[int]:
    """Return the processes with `NAME=value` in their environment, zombies left out.

    If `argument` is given, it must be one of the words that the process was started with.
    """
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if variable.encode() in _words(folder / "environ")
        and (not argument or argument.encode() in _words(folder / "cmdline"))
    ]


def running_titled(title: str) -> list[int]:
    """Return the processes that call themselves so."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if _text(folder / "cmdline").rstrip(b"\0").decode(errors="replace") == title
    ]


def all_gone(variable: str, argument: str = "", *, seconds: float = 20) -> bool:
    """Return whether no such process is left, soon."""
    until = time.monotonic() + seconds
    while running_with(variable, argument) and time.monotonic() < until:
        time.sleep(0.05)
    return not running_with(variable, argument)


def child_of(parent: int) -> int:
    """Return the first child of `parent`."""
    line = f"\nPPid:\t{parent}\n"
    return next(
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if line in _text(folder / "status").decode(errors="replace")
    )


def _words(path: Path) -> list[bytes]:
    return _text(path).split(b"\0")


def _text(path: Path) -> bytes:
    with suppress(OSError):  # It may end while we look.
        return path.read_bytes()
    return b""
