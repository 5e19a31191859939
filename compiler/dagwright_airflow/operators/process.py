"""A running dbt: started on a leash, its output passed on line by line, stopped for good.

Knows processes and nothing of dbt's results or of Airflow.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from dagwright_airflow import leash

LINE_BYTES: Final = 8_192
"""The longest line that is passed on; the rest of a longer one is left out."""

_ESCALATION: Final = (
    (signal.SIGINT, leash.INTERRUPT_SECONDS),  # dbt cancels its queries on this one only.
    (signal.SIGTERM, 1.0),
    (signal.SIGKILL, 1.0),
)
"""Signals and the seconds each is given. Airflow itself kills a task after five."""

_POLL_SECONDS: Final = 0.05
_DRAIN_SECONDS: Final = 1.0


class LeashedProcess:
    """One command in a process group of its own, which does not outlive this process."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        python: str = sys.executable,
        keep: Sequence[int] = (),
    ) -> None:
        """Start nothing yet: a `stop` that comes before `run` makes `run` end at once.

        Args:
            argv: what the leash does, and its arguments.
            folder: the working directory.
            environment: all variables of the command.
            python: the interpreter of the leash, and of a `dbt-runner`.
            keep: open files that the group inherits, and so holds until all of it is gone.
        """
        self._argv = list(argv)
        self._folder = folder
        self._environment = dict(environment)
        self._python = python
        self._keep = tuple(keep)
        self._process: subprocess.Popen[bytes] | None = None
        self.longest_line = LINE_BYTES
        self.stopped = False

    def run(
        self, tell: Callable[[str], None], abandoned: Callable[[], bool] = lambda: False
    ) -> int:
        """Return the exit status of the command, after every line of output was told to `tell`.

        The command is stopped as well when nobody waits for it any more: `abandoned` is asked
        about once a second while it prints nothing, and after whatever it prints. However this
        ends, by a signal handler's exception as well, no process of the group is left behind.
        """
        with (
            subprocess.Popen(  # noqa: S603 (argv comes from the artifact; no shell)
                [self._python, *_leash(self._argv[0]), *self._argv[1:]],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._keep,
            ) as process
        ):
            self._process = process
            try:
                if self.stopped:
                    self.stop()
                for line in bounded_lines(self._chunks(process, abandoned), self.longest_line):
                    tell(line)
                while process.poll() is None:
                    self._stop_if(abandoned)
                    time.sleep(_POLL_SECONDS)
            finally:
                self._kill()
        return process.returncode

    def stop(self) -> None:
        """End the command and all that it started; returns when they are gone.

        Safe to call from a signal handler, at any time, more than once.
        """
        self.stopped = True
        self._kill()

    def _stop_if(self, abandoned: Callable[[], bool]) -> None:
        if not self.stopped and abandoned():
            self.stop()

    def _chunks(
        self, process: subprocess.Popen[bytes], abandoned: Callable[[], bool]
    ) -> Iterator[bytes]:
        """Yield the output until its end, or until none but a stray background process writes."""
        if process.stdout is None:  # Always a pipe here.
            return
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                self._stop_if(abandoned)
                if selector.select(_DRAIN_SECONDS):
                    chunk = os.read(process.stdout.fileno(), 65_536)
                    if not chunk:
                        return
                    yield chunk
                elif process.poll() is not None:
                    return

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        for number, seconds in _ESCALATION:
            if process.poll() is not None:
                break
            _signal_group(process, number)
            until = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < until:
                time.sleep(_POLL_SECONDS)
        if process.returncode is not None and process.returncode < 0:
            # The leash ends by itself only after its command. This one was killed.
            _signal_group(process, signal.SIGKILL)
            _wait_for_group(process)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _wait_for_group(process: subprocess.Popen[bytes]) -> None:
    """Return when none of the killed is left, or soon: a container may reap nobody."""
    until = time.monotonic() + _DRAIN_SECONDS
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.killpg(process.pid, 0)
            time.sleep(_POLL_SECONDS)


def _leash(mode: str) -> list[str]:
    """Return the leash's words; without site packages where it needs none, which is faster."""
    bare = () if mode == leash.DBT_RUNNER else ("-I", "-S")
    return [*bare, leash.__file__, mode]


def bounded_lines(chunks: Iterable[bytes], longest: int = LINE_BYTES) -> Iterator[str]:
    r"""Yield the lines of `chunks`, none with more than `longest` bytes of text.

    Memory is bounded as well, whatever is written: a program that never ends its line is cut.

    Example:
        >>> list(bounded_lines([b"one\ntw", b"o\r\nthr", b"ee"]))
        ['one', 'two', 'three']
    """
    held = b""
    left_out = 0
    for chunk in chunks:
        *ended, rest = (held + chunk).split(b"\n")
        for line in ended:
            yield _text(line, left_out, longest)
            left_out = 0
        held = rest[:longest]
        left_out += len(rest) - len(held)
    if held:
        yield _text(held, left_out, longest)


def _text(line: bytes, left_out: int, longest: int) -> str:
    left_out += max(0, len(line) - longest)
    text = line[:longest].decode(errors="replace").rstrip("\r")
    return f"{text} [{left_out} bytes left out]" if left_out else text
