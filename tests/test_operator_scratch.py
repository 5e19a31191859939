"""The folder of a dbt call: nobody else's while it is used, and gone when its process is."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]
HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])  # Without the package, which would import Airflow.
from scratch import scratch_folder

with scratch_folder() as folder:
    (folder / "target").mkdir()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def parent(airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_gone_when_the_block_ends_even_by_an_error(parent: Path) -> None:
    from dagwright_airflow.operators.scratch import scratch_folder

    def fail() -> None:
        with scratch_folder() as folder:
            (folder / "target").mkdir()
            assert list(parent.iterdir()) == [folder]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(parent: Path) -> None:
    from dagwright_airflow.operators import scratch

    others = (parent / "dagwright-other", parent / "dagwright-task-file")
    others[0].mkdir()
    others[1].write_text("no folder")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(Path(scratch.__file__).parent)],
        env={**os.environ, "TMPDIR": str(parent)},
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        with scratch.scratch_folder() as mine:
            assert {*parent.iterdir()} == {held, mine, *others}
        holder.send_signal(signal.SIGKILL)
    assert held.is_dir()
    with scratch.scratch_folder() as mine:
        assert {*parent.iterdir()} == {mine, *others}


def test_many_at_once_take_nothing_from_each_other() -> None:
    from dagwright_airflow.operators.scratch import scratch_folder

    def use(number: int) -> str:
        with scratch_folder() as folder:
            (folder / "mine").write_text(str(number))
            return (folder / "mine").read_text()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(400))) == [str(number) for number in range(400)]
