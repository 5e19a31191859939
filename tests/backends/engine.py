"""What a stand-in for a cloud runs a container with: a process of this machine, or Docker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

IMAGE = "registry.example/dbt:1.11"
"""The one image that there is."""


@dataclass(frozen=True, slots=True)
class Container:
    """What is asked of an engine: the image's program is not asked, `argv` is all of it."""

    image: str
    argv: Sequence[str]
    environment: Mapping[str, str]


class Running(Protocol):
    """A container that was started."""

    def code(self) -> int | None:
        """Return the exit code, None while it runs."""

    def output(self) -> str:
        """Return what it has printed so far, both streams."""

    def interrupt(self) -> None:
        """Send it an interrupt, if it still runs."""

    def stop(self) -> None:
        """End it, if it still runs."""


class Engine(Protocol):
    """Starts containers."""

    name: str

    def place(self, folder: Path, inside: str) -> str:
        """Make `folder` part of every container, at `inside` if it can; return where it is."""

    def start(self, container: Container) -> Running:
        """Start `container`; a `LookupError` says that there is no such image."""


@dataclass
class ProcessEngine:
    """Containers that are processes of this machine, without the variables of this process.

    `images` are the names it answers to; folders are where they are here.
    """

    images: frozenset[str]
    printed: Path
    """The folder for what they print."""
    name: str = "process"

    def place(self, folder: Path, inside: str) -> str:
        return str(folder)

    def start(self, container: Container) -> Running:
        if container.image not in self.images:
            raise LookupError(container.image)
        return _Process(container, self.printed)


class _Process:
    _process: subprocess.Popen[bytes] | None

    def __init__(self, container: Container, printed: Path) -> None:
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "HOME": str(printed),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
            **container.environment,
        }
        number, name = tempfile.mkstemp(dir=printed)
        self._printed, self._process = Path(name), None
        with os.fdopen(number, "wb") as file:
            try:
                self._process = subprocess.Popen(
                    list(container.argv),
                    env=environment,
                    cwd=printed,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:  # As a container: it starts, its program is not there.
                file.write(str(error).encode())

    def code(self) -> int | None:
        return 127 if self._process is None else self._process.poll()

    def output(self) -> str:
        return self._printed.read_text(encoding="utf-8", errors="replace")

    def interrupt(self) -> None:
        self._signal(signal.SIGINT)

    def stop(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


@dataclass
class Started:
    """A container of a stand-in, and since when; `ended` is set when it is first seen over."""

    running: Running
    began: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    ended: datetime | None = None

    def code(self) -> int | None:
        code = self.running.code()
        if code is not None and self.ended is None:
            self.ended = datetime.now(timezone.utc)
        return code


def stamp(moment: datetime | None) -> str | None:
    """Return `moment` as the clouds write it."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
