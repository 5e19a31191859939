"""Run one command in a process group that ends when this program's parent ends.

    python leash.py run PROGRAM ARGUMENT...
    python leash.py dbt-runner ARGUMENT...

A task process can be killed with no chance to clean up, and then its dbt would go on writing to
the warehouse with nobody watching, while Airflow retries the task. So dbt runs below this small
program, whose standard input is a pipe that only the task process holds: when it closes, for
whatever reason, the whole group is interrupted, and then killed.

`dbt-runner` calls dbt's Python API (`dbtRunner`) of this interpreter. It does so in a child, and
not in the task process: dbt's threads cannot be stopped from outside, its logging and its
settings outlive a call, and a fresh interpreter shares none of it with Airflow. So a manifest is
loaded once, in the process of the task that uses it, and no other task sees what became of it.

This file runs as a program by its path, and imports nothing of Airflow and nothing of dagwright.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Final, NoReturn

RUN: Final = "run"
DBT_RUNNER: Final = "dbt-runner"

INTERRUPT_SECONDS: Final = 2.5
"""How long dbt may take to cancel its queries before it is killed."""


def main(mode: str, command: list[str]) -> int:
    """Return the exit status of `command`; 128 and the signal's number if a signal ended it.

    Returns twice, in this process and in the child, as `os.fork` does.
    """
    if os.getpgrp() != os.getpid():
        os.setsid()  # Its own signals to the group are for nobody else.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stay)  # Signals go to the group; the status is still wanted.
    child = os.fork()
    if child == 0:
        return _command(mode, command)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _, status = os.waitpid(child, 0)
    os.killpg(0, signal.SIGTERM)  # What dbt left running in the background.
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _stay(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, this is not handed down to programs."""


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGINT)
    time.sleep(INTERRUPT_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _command(mode: str, command: list[str]) -> int:
    """Return the exit status of a command that could not be started, or of dbt's Python API."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if mode == DBT_RUNNER:
        return _run_dbt(command)
    try:
        os.execv(command[0], command)  # noqa: S606 (no shell is the point)
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
        return 127


def _run_dbt(arguments: list[str]) -> int:
    """Return what the `dbt` program would exit with: 0, 1 for failed nodes, 2 for no run."""
    sys.path.pop(0)  # The folder of this file, whose modules are not for dbt to find.
    gc.set_threshold(*_COLLECT_SELDOM)
    try:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 (only a worker with dbt gets here)
    except Exception as error:  # noqa: BLE001 (whatever a package does when it is imported)
        said = f"{type(error).__name__}: {error}"
        sys.stderr.write(f"the Python API of dbt cannot be imported by {sys.executable}: {said}\n")
        _leave(2)

    gc.freeze()
    result = dbtRunner().invoke(arguments)
    if _NO_JSON in arguments and hasattr(result.result, "write"):
        result.result.write(_results_file(arguments))
    if result.exception is not None:
        sys.stderr.write(f"{type(result.exception).__name__}: {result.exception}\n")
        _leave(2)
    _leave(0 if result.success else 1)


_NO_JSON: Final = "--no-write-json"
"""dbt then writes no results, and above all not twice its whole manifest: we write the results."""

_COLLECT_SELDOM: Final = (200_000, 50, 100)
"""dbt makes hundreds of objects a node, all of which stay: to look at them often is a waste."""


def _results_file(arguments: list[str]) -> str:
    name = "sources.json" if arguments[0] == "source" else "run_results.json"
    return os.path.join(arguments[arguments.index("--target-path") + 1], name)  # noqa: PTH118


def _leave(status: int) -> NoReturn:
    """End as children of `multiprocessing` do: what is registered runs, nothing is taken apart."""
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
