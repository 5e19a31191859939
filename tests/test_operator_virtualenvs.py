"""Virtual environments on a worker: made once, whoever asks, and whoever is killed meanwhile."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from processes import all_gone, running_with
from small_wheels import make_wheels

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc"),
]

UV = Path(sys.executable).with_name("uv")
HALTING_UV = """\
#!/bin/sh
halt() {
    if mkdir "$HALTS/$1" 2>/dev/null; then
        echo $PPID > "$HALTS/$1/pid.tmp"
        mv "$HALTS/$1/pid.tmp" "$HALTS/$1/pid"
        sleep 600
    fi
}
case $1 in venv) step=venv ;; *) step=install ;; esac
halt $step-begins
"$UV" "$@" || exit
halt $step-ends
"""
"""A uv that stops the first time that it comes to each step, and tells the leash's process."""

STEPS = ("venv-begins", "venv-ends", "install-begins", "install-ends")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker with a folder of environments, packages that it can install, and a lock of them."""

    root: Path
    environment: dict[str, str]
    mark: str

    @property
    def folder(self) -> Path:
        return self.root / "venvs"

    def wanted(self, **changed: Any) -> Any:
        from dagwright_airflow.operators.virtualenvs import Wanted

        lock = (self.root / "requirements.lock").read_text(encoding="utf-8")
        lock += self.environment.get("MORE_OF_THE_LOCK", "")
        given = {"lock": lock, "python": None, "folder": self.folder}
        return Wanted(**{**given, **changed})

    def run(self, argv: Sequence[str], tell: Callable[[str], None], keep: int) -> int:
        from dagwright_airflow.operators.process import LeashedProcess

        command = ["run", *self.found(argv)]
        process = LeashedProcess(command, self.root, self.environment, keep=[keep])
        return process.run(tell)

    def found(self, argv: Sequence[str]) -> list[str]:
        program = shutil.which(argv[0], path=self.environment["PATH"])
        assert program, argv
        return [program, *argv[1:]]

    def ask(self, tell: Callable[[str], None] = print, **changed: Any) -> Path:
        from dagwright_airflow.operators.virtualenvs import virtualenv

        return virtualenv(self.wanted(**changed), self.environment, tell, self.run)

    def left(self) -> list[str]:
        """What lies in the folder beside links, the environments they name, and lock files."""
        links = [path for path in self.folder.iterdir() if path.is_symlink()]
        known = {link.readlink().name for link in links} | {link.name for link in links}
        return sorted(
            path.name
            for path in self.folder.iterdir()
            if path.name not in known and path.suffix != ".lock"
        )


@pytest.fixture
def worker(tmp_path: Path) -> Any:
    lock = make_wheels(tmp_path / "wheels")
    (tmp_path / "requirements.lock").write_text(lock, encoding="utf-8")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "uv").symlink_to(UV)
    mark = f"VENV_TEST={tmp_path}"
    name, _, value = mark.partition("=")
    environment = {
        **os.environ,
        "PATH": f"{programs}:/usr/bin:/bin",
        "UV_FIND_LINKS": str(tmp_path / "wheels"),
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "UV_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        name: value,
    }
    yield Worker(tmp_path, environment, mark)
    for process in running_with(mark):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def without_uv(worker: Worker) -> None:
    """Leave only pip: no uv on the PATH, and none to import."""
    (worker.root / "programs" / "uv").unlink(missing_ok=True)
    sys.path[:] = [path for path in sys.path if "site-packages" not in path]


def said(place: Path, *arguments: str) -> str:
    """What the environment's dbt prints, started by its own program."""
    argv = [str(place / "bin" / "dbt"), *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={})
    return done.stdout


def test_the_program_of_the_environment_runs_where_it_was_put(worker: Worker) -> None:
    lines: list[str] = []
    place = worker.ask(lines.append)
    assert said(place, "one").startswith("small dbt 3.")
    assert str(worker.folder) in said(place)
    assert (place / "requirements.lock").read_text(encoding="utf-8") == worker.wanted().lock
    assert lines[-1] == "The virtual environment is ready."
    lines.clear()
    assert worker.ask(lines.append) == place
    assert lines == []
    assert worker.left() == []


def test_the_key_is_the_lock_the_python_and_the_platform(worker: Worker) -> None:
    place = worker.ask()
    digest = sha256(worker.wanted().lock.encode()).hexdigest()
    assert place.name.startswith(f"{digest[:16]}-{sys.implementation.cache_tag}-{sys.platform}-")
    assert worker.ask(lock=worker.wanted().lock + "# another\n") != place


def _in_child(worker: Worker, number: int, ready: Any, change: Callable[[Worker], None]) -> None:
    """Ask for the environment when all others are there, and note what was told."""
    change(worker)
    told = worker.root / f"told-{number}"
    with told.open("w", encoding="utf-8") as stream:
        ready.wait()

        def tell(line: str) -> None:
            stream.write(f"{line}\n")
            stream.flush()

        try:
            stream.write(f"PLACE {worker.ask(tell)}\n")
        except BaseException as error:
            stream.write(f"FAILED {error!r}\n")
            raise


def start_all(
    worker: Worker, count: int, change: Callable[[Worker], None] = lambda _: None
) -> list[Any]:
    """`count` processes that ask at the same moment; forked, since each imports Airflow."""
    from dagwright_airflow.operators import virtualenvs

    assert virtualenvs
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(count)
    children = [
        context.Process(target=_in_child, args=(worker, number, ready, change))
        for number in range(count)
    ]
    for child in children:
        child.start()
    return children


def ended(worker: Worker, children: list[Any]) -> list[str]:
    """All lines that were told, after all processes have ended."""
    for child in children:
        child.join(300)
    assert not [child for child in children if child.is_alive()]
    return [
        line
        for path in worker.root.glob("told-*")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _nothing(_: Worker) -> None:
    """Change nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("change", [_nothing, without_uv], ids=["uv", "pip"])
def test_fifty_that_ask_at_once_make_it_once(worker: Worker, change: Any) -> None:
    lines = ended(worker, start_all(worker, 50, change))
    assert [line for line in lines if line.startswith("FAILED")] == []
    assert len({line for line in lines if line.startswith("PLACE")}) == 1
    assert len([line for line in lines if line.startswith("PLACE")]) == 50
    assert len([line for line in lines if line.startswith("Making")]) == 1
    assert len([line for line in lines if line.endswith("is ready.")]) == 1
    (place,) = (path for path in worker.folder.iterdir() if path.is_symlink())
    assert said(place).startswith("small dbt")
    assert worker.left() == []


def _of_two_locks(worker: Worker) -> None:
    worker.environment["MORE_OF_THE_LOCK"] = f"# {os.getpid() % 2}\n"


@pytest.mark.slow
def test_two_locks_that_are_asked_for_at_once_are_made_once_each(worker: Worker) -> None:
    lines = ended(worker, start_all(worker, 20, _of_two_locks))
    assert [line for line in lines if line.startswith("FAILED")] == []
    assert len({line for line in lines if line.startswith("PLACE")}) == 2
    assert len([line for line in lines if line.startswith("Making")]) == 2
    assert worker.left() == []


@pytest.mark.slow
def test_builders_killed_at_every_step_leave_one_build_and_no_failure(worker: Worker) -> None:
    """Of fifty that ask, the one that builds is killed at each step, until one is left alone."""
    uv = worker.root / "programs" / "uv"
    uv.unlink()
    uv.write_text(HALTING_UV, encoding="utf-8")
    uv.chmod(0o755)
    halts = worker.root / "halts"
    halts.mkdir()
    worker.environment.update(HALTS=str(halts), UV=str(UV))
    children = start_all(worker, 50)
    killed = []
    for step in STEPS:
        leash = int(awaited(halts / step / "pid"))
        builder = parent_of(leash)
        assert builder in [child.pid for child in children]
        os.kill(builder, signal.SIGKILL)
        killed.append(builder)
    lines = ended(worker, children)
    assert sorted(child.pid for child in children if child.exitcode != 0) == sorted(killed)
    assert len([line for line in lines if line.startswith("PLACE")]) == 50 - len(STEPS)
    assert len({line for line in lines if line.startswith("PLACE")}) == 1
    assert len([line for line in lines if line.startswith("Making")]) == 1 + len(STEPS)
    assert len([line for line in lines if line.endswith("is ready.")]) == 1
    (place,) = (path for path in worker.folder.iterdir() if path.is_symlink())
    assert said(place).startswith("small dbt")
    assert worker.left() == []
    assert all_gone(worker.mark, "sleep")


def awaited(path: Path) -> str:
    until = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.02)
    return path.read_text(encoding="utf-8")


def parent_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("\nPPid:")[2].split()[0])


@pytest.mark.slow
def test_what_is_killed_at_any_moment_is_made_by_the_next(worker: Worker) -> None:
    for number, seconds in enumerate((0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)):
        (child,) = start_all(worker, 1)
        time.sleep(seconds)
        child.kill()
        child.join()
        place = worker.ask()
        assert said(place).startswith("small dbt"), number
        assert worker.left() == []
        for path in worker.folder.glob(f"{place.name}*"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@pytest.mark.parametrize("moment", ["Making", "The virtual environment is ready"])
def test_a_builder_that_dies_as_it_begins_or_when_all_is_done(worker: Worker, moment: str) -> None:
    """The last moment is that between the rename and the release of the lock."""

    def dies(line: str) -> None:
        if line.startswith(moment):
            os.kill(os.getpid(), signal.SIGKILL)

    context = multiprocessing.get_context("fork")
    child = context.Process(target=worker.ask, args=(dies,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    lines: list[str] = []
    assert said(worker.ask(lines.append)).startswith("small dbt")
    assert bool(lines) == (moment == "Making")
    assert worker.left() == []


FULL_DISK = """\
#!/bin/sh
ulimit -f 1
exec "{uv}" "$@"
"""
"""A uv that can write no file of more than some hundred bytes."""


def test_a_disk_that_fills_up_leaves_nothing_and_the_next_one_makes_it(worker: Worker) -> None:
    from dagwright_airflow.operators.virtualenvs import VirtualenvError

    uv = worker.root / "programs" / "uv"
    uv.unlink()
    uv.write_text(FULL_DISK.format(uv=UV), encoding="utf-8")
    uv.chmod(0o755)
    with pytest.raises(VirtualenvError, match="uv exited with"):
        worker.ask()
    assert worker.left() == []
    uv.unlink()
    uv.symlink_to(UV)
    assert said(worker.ask()).startswith("small dbt")


def test_a_reader_writes_nothing(worker: Worker) -> None:
    """So a folder that is read-only is enough, once an environment is there."""
    place = worker.ask()
    place.with_name(f"{place.name}.lock").unlink()
    before = sorted(path.name for path in worker.folder.iterdir())
    assert worker.ask() == place
    assert sorted(path.name for path in worker.folder.iterdir()) == before


def test_a_copy_that_followed_the_link_is_used_and_replaced_when_it_breaks(
    worker: Worker,
) -> None:
    place = worker.ask()
    whole = shutil.copytree(place, worker.root / "copy", symlinks=True)
    place.unlink()
    Path(whole).rename(place)
    assert worker.ask() == place
    assert not place.is_symlink()
    (place / "bin" / "dbt").unlink()
    assert said(worker.ask()).startswith("small dbt")
    assert place.is_symlink()
    assert worker.left() == []


def test_pythons_that_lie_elsewhere_have_environments_of_their_own(worker: Worker) -> None:
    """Or else machines that share a folder would remove what they cannot start themselves."""
    other = worker.root / "other-python"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    link = worker.root / "linked-python"
    link.symlink_to(Path(sys.executable).resolve())
    place = worker.ask()
    assert worker.ask(python=str(link)) == place
    assert worker.ask(python=str(other)) != place
    assert said(place).startswith("small dbt")


def test_a_link_that_was_not_put_in_place_is_removed(worker: Worker) -> None:
    place = worker.ask()
    made = place.readlink().name
    place.rename(place.with_name(f"{place.name}.0000abcd.link"))
    assert worker.ask() == place
    assert place.readlink().name != made
    assert worker.left() == []


def test_an_environment_whose_python_is_gone_is_made_anew(worker: Worker) -> None:
    place = worker.ask()
    (place / "bin" / "python").unlink()
    (place / "bin" / "python").symlink_to("/nowhere/python")
    assert worker.ask() == place
    assert said(place).startswith("small dbt")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"python": "3.99"}, "Python 3.99 is not on this worker"),
        ({"python": "three"}, "neither a version, as 3.11, nor a path"),
        ({"python": "/nowhere/python"}, "does not run on this worker"),
        ({"folder": Path("/proc/venvs")}, "cannot hold virtual environments.*execute.venv_dir"),
    ],
)
def test_what_cannot_be_made_is_told_with_the_reason(
    worker: Worker, changed: dict[str, Any], message: str
) -> None:
    from dagwright_airflow.operators.virtualenvs import VirtualenvError

    with pytest.raises(VirtualenvError, match=message):
        worker.ask(**changed)


@pytest.mark.parametrize("change", [_nothing, without_uv], ids=["uv", "pip"])
def test_a_package_that_is_not_the_locked_one_is_refused(
    worker: Worker, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagwright_airflow.operators.virtualenvs import VirtualenvError

    lock = worker.root / "requirements.lock"
    text = lock.read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])  # `without_uv` changes it.
    first = text.partition("sha256:")[2][:8]
    lock.write_text(text.replace(first, "0" * 8), encoding="utf-8")
    lines: list[str] = []
    change(worker)
    with pytest.raises(
        VirtualenvError, match="a package is not the one that was locked"
    ) as raised:
        worker.ask(lines.append)
    assert "exited with 1, and its last lines are:" in str(raised.value)
    assert "dbt" in str(raised.value).rpartition("last lines are:")[2]
    assert any("hash" in line.lower() for line in lines), lines
    assert worker.left() == []


def test_a_uv_that_does_not_start_finds_no_python(worker: Worker) -> None:
    from dagwright_airflow.operators.virtualenvs import VirtualenvError

    uv = worker.root / "programs" / "uv"
    uv.unlink()
    uv.write_bytes(b"\x7fELF")
    uv.chmod(0o755)
    with pytest.raises(VirtualenvError, match=r"Python 3\.99 is not on this worker"):
        worker.ask(python="3.99")


def test_passwords_of_indexes_are_not_told(worker: Worker) -> None:
    """The index does not answer, and the installer complains about its address."""
    from dagwright_airflow.operators.virtualenvs import VirtualenvError

    del worker.environment["UV_OFFLINE"]
    shutil.rmtree(worker.root / "wheels")
    (worker.root / "wheels").mkdir()
    worker.environment.update(
        UV_INDEX_URL="http://robot:canary-1%21@127.0.0.1:9/simple", UV_HTTP_RETRIES="0"
    )
    lines: list[str] = []
    with pytest.raises(VirtualenvError) as raised:
        worker.ask(lines.append)
    lines.append(str(raised.value))
    assert "127.0.0.1:9" in lines[-1]
    assert "canary-1" not in "\n".join(lines)
    assert "robot" not in "\n".join(lines)


def test_a_long_output_is_cut_in_the_middle_and_masked(tmp_path: Path) -> None:
    from dagwright_airflow.operators.virtualenvs import _Bounded, _masked

    lines: list[str] = []
    environment = {"UV_INDEX_SHOP_PASSWORD": "canary-2", "A": "https://me:canary%2F3@host/simple"}
    printed = _Bounded(_masked(lines.append, environment))
    for number in range(1000):
        printed(f"line {number} canary-2 canary/3 at https://x:y@host")
    printed.end()
    assert len(lines) == 251
    assert lines[0] == "line 0 *** *** at https://***@host"
    assert lines[200] == "[750 lines left out]"
    assert lines[-1].startswith("line 999 ")
