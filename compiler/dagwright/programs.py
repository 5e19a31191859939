"""Start a program and wait for it: argv lists only, bounded in time, nothing left running.

The only place where the compiler starts a program.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

TIMEOUT_SECONDS: Final = 1_800
TIMED_OUT: Final = 124


class Ended(NamedTuple):
    """How a program ended, and all that it printed on both streams."""

    code: int
    output: str


def run_program(
    argv: Sequence[str], environment: Mapping[str, str], folder: str | None = None
) -> Ended:
    """Return how the program `argv` ended; one that takes too long is stopped.

    Args:
        argv: the program and its arguments; no shell reads them.
        environment: all of its environment variables.
        folder: where it runs; the working directory if not given.

    Raises:
        OSError: it cannot be started.
    """
    with subprocess.Popen(  # noqa: S603 - the spec's author names the program
        list(argv),
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return Ended(TIMED_OUT, f"it took longer than {TIMEOUT_SECONDS} s and was stopped")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.returncode, output)
