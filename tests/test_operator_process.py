"""A process on its leash: output line by line, and nothing left behind however it ends."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes import all_gone, running_with

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc"),
]

STUBBORN = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
os.fork()
os.fork()
os.write(1, b"ready\\n")  # At once, or the lines of four processes mix.
time.sleep(600)
"""
POLITE = """
import sys, time
try:
    print("ready", flush=True)  # Inside, or the answer may be an interrupt that nothing catches.
    time.sleep(600)
except KeyboardInterrupt:
    print("queries cancelled", flush=True)
    sys.exit(1)
"""


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """A word in the environment of every process that a test starts; kills what it left."""
    word = f"LEASH_TEST={tmp_path}"
    yield word
    for process in running_with(word):
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def leashed(tmp_path: Path, mark: str) -> Callable[[str], Any]:
    """A function that returns a leashed process for a Python script, not yet started."""
    from dagwright_airflow.operators.process import LeashedProcess

    name, _, value = mark.partition("=")
    environment = {**os.environ, name: value}

    def make(script: str) -> Any:
        return LeashedProcess(["run", sys.executable, "-c", script], tmp_path, environment)

    return make


def test_output_and_errors_are_told_line_by_line_in_order(leashed: Any, tmp_path: Path) -> None:
    lines: list[str] = []
    script = "import os,sys\nfor n in range(3):\n os.write(1, b'out\\n')\n os.write(2, b'err')\n"
    assert leashed(script + "print(os.getcwd())\nsys.exit(7)").run(lines.append) == 7
    assert lines == ["out", "errout", "errout", f"err{tmp_path}"]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("", 0),
        ("raise SystemExit(2)", 2),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + 9),
    ],
)
def test_the_status_is_that_of_the_command(
    leashed: Any, mark: str, script: str, status: int
) -> None:
    assert leashed(script).run(print) == status
    assert all_gone(mark)


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    from dagwright_airflow.operators.process import LeashedProcess

    lines: list[str] = []
    program = tmp_path / "no-program"
    program.write_text("")
    assert LeashedProcess(["run", str(program)], tmp_path, {}).run(lines.append) == 127
    assert lines == [f"{program} cannot be started: Permission denied"]


def test_standard_input_is_empty(leashed: Any) -> None:
    lines: list[str] = []
    assert leashed("import sys; print(repr(sys.stdin.read()))").run(lines.append) == 0
    assert lines == ["''"]


def test_what_the_command_left_running_neither_holds_up_the_task_nor_stays(
    leashed: Any, mark: str
) -> None:
    script = "import os, sys, time\nif os.fork() == 0: time.sleep(600)\nprint('done')\n"
    lines: list[str] = []
    assert leashed(script).run(lines.append) == 0
    assert lines == ["done"]
    assert all_gone(mark)


@pytest.mark.parametrize("script", [STUBBORN, POLITE], ids=["stubborn", "polite"])
def test_an_exception_in_the_middle_ends_the_whole_group(
    leashed: Any, mark: str, script: str
) -> None:
    class TimeOut(BaseException):
        pass

    def tell(_line: str) -> None:
        raise TimeOut

    with pytest.raises(TimeOut):
        leashed(script).run(tell)
    assert running_with(mark) == []


@pytest.mark.parametrize("script", [STUBBORN, POLITE], ids=["stubborn", "polite"])
def test_stopping_from_a_signal_handler_ends_the_whole_group(
    leashed: Any, mark: str, script: str
) -> None:
    process = leashed(script)
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if "ready" in line:
            signal.setitimer(signal.ITIMER_REAL, 0.2)

    before = signal.signal(signal.SIGALRM, lambda *_: process.stop())
    try:
        status = process.run(tell)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert process.stopped
    assert running_with(mark) == []
    if script is POLITE:
        assert (lines, status) == (["ready", "queries cancelled"], 1)


def test_a_stop_before_the_start_leaves_nothing_running(leashed: Any, mark: str) -> None:
    process = leashed(POLITE)
    process.stop()
    process.run(print)
    assert running_with(mark) == []


def test_what_nobody_waits_for_is_stopped(leashed: Any, mark: str) -> None:
    process = leashed(POLITE)
    lines: list[str] = []
    assert process.run(lines.append, lambda: bool(lines)) == 1
    assert lines == ["ready", "queries cancelled"]
    assert process.stopped
    assert running_with(mark) == []


def test_a_lock_is_held_until_the_last_process_of_the_group_is_gone(
    mark: str, tmp_path: Path
) -> None:
    from dagwright_airflow.operators.process import LeashedProcess

    name, _, value = mark.partition("=")
    environment = {**os.environ, name: value}
    path = tmp_path / "lock"
    locked = False
    with path.open("w") as mine, path.open("w") as other:
        fcntl.flock(mine, fcntl.LOCK_EX)
        argv = ["run", sys.executable, "-c", POLITE]
        process = LeashedProcess(argv, tmp_path, environment, keep=[mine.fileno()])

        def tell(line: str) -> None:
            nonlocal locked
            mine.close()
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                locked = True
            process.stop()

        process.run(tell)
        assert locked
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_task_whose_supervisor_is_gone_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.execution_time import task_runner

    from dagwright_airflow.airflow_api import has_lost_its_supervisor

    assert not has_lost_its_supervisor()
    supervisor, task = socket.socketpair()
    with supervisor, task:
        comms = task_runner.CommsDecoder(socket=task)
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
        assert not has_lost_its_supervisor()
        supervisor.send(b"a message")
        assert not has_lost_its_supervisor()
        supervisor.close()
        assert has_lost_its_supervisor()


PARENT = """
import os, sys
from dagwright_airflow.operators.process import LeashedProcess
from pathlib import Path
LeashedProcess(["run", sys.executable, "-c", sys.argv[1]], Path.cwd(), os.environ).run(
    lambda line: print(line, flush=True)
)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
@pytest.mark.parametrize("script", [STUBBORN, POLITE], ids=["stubborn", "polite"])
def test_no_process_outlives_a_parent_that_was_killed(mark: str, script: str, number: int) -> None:
    name, _, value = mark.partition("=")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, script],
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        while "ready" not in parent.stdout.readline():
            assert parent.poll() is None
        assert len(running_with(mark)) >= 3
        parent.send_signal(number)
        parent.wait()
    assert all_gone(mark)


@given(st.lists(st.binary(max_size=40)))
def test_lines_do_not_depend_on_how_the_output_is_cut(chunks: list[bytes]) -> None:
    from dagwright_airflow.operators.process import bounded_lines

    whole = b"".join(chunks)
    expected = whole.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert list(bounded_lines(chunks)) == [
        line.decode(errors="replace").rstrip("\r") for line in expected
    ]


@given(st.lists(st.integers(min_value=0, max_value=20_000), max_size=6), st.integers(1, 9_000))
def test_lines_are_bounded_and_say_how_much_is_left_out(sizes: list[int], step: int) -> None:
    from dagwright_airflow.operators.process import LINE_BYTES, bounded_lines

    whole = b"".join(b"x" * size + b"\n" for size in sizes)
    chunks = [whole[at : at + step] for at in range(0, len(whole), step)]
    lines = list(bounded_lines(chunks))
    assert lines == [
        "x" * size
        if size <= LINE_BYTES
        else "x" * LINE_BYTES + f" [{size - LINE_BYTES} bytes left out]"
        for size in sizes
    ]
