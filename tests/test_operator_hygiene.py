"""What a task leaves behind: nothing, not even where the project cannot be written to."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from airflow_home import AirflowHome

pytestmark = [pytest.mark.airflow, pytest.mark.filterwarnings("ignore")]

TINY = Path(__file__).parent / "projects" / "tiny"

TASK = """
import sys
from dagwright_airflow.operators.dbt import DbtOperator

project, database, invocation = sys.argv[1:]
for command, nodes in ((["seed"], ["seed.tiny.raw_orders"]),
                       (["run", "--select", "orders"], ["model.tiny.orders"])):
    operator = DbtOperator(
        task_id="a", command=command, nodes=nodes, invocation=invocation,
        paths={"--project-dir": project, "--profiles-dir": project},
        partial_parse=("target/partial_parse.msgpack",),
        env={"TINY_DATABASE": database},
    )
    DbtOperator.execute.__wrapped__(operator, {})
print("DONE")
"""


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file below `folder`, with the time of its last change and its content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_project_that_cannot_be_written_to_is_enough(
    invocation: str, airflow_home: AirflowHome, parsed_tiny: Path, tmp_path: Path
) -> None:
    """The mount is read-only for root too; it ends with the process that made it."""
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    project = Path(shutil.copytree(parsed_tiny, tmp_path / "tiny"))
    before = everything(project)
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    mount = f"mount --bind {project} {project} && mount -o remount,ro,bind {project} && exec "
    program = [sys.executable, "-c", TASK, str(project), "../tiny.duckdb", invocation]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount + '"$@"', "sh", *program],
        env={**airflow_home.environment, "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "DONE" in done.stdout
    assert "Unable to do partial parsing" not in output
    assert everything(project) == before
    assert list(scratch.iterdir()) == []


STAND_IN = f"""\
#!{sys.executable}
import json, os, pathlib, sys, time
target = pathlib.Path(sys.argv[sys.argv.index("--target-path") + 1])
logs = pathlib.Path(sys.argv[sys.argv.index("--log-path") + 1])
for folder in (target / "compiled", logs):
    folder.mkdir(parents=True)  # Fails where another task has been.
mine = sys.argv[sys.argv.index("--select") + 1]
(target / "compiled" / "a.sql").write_text(mine)
time.sleep(0.02)
assert (target / "compiled" / "a.sql").read_text() == mine
results = [{{"unique_id": mine, "status": "success"}}]
(target / "run_results.json").write_text(json.dumps({{"results": results}}))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("airflow")
def test_five_hundred_tasks_share_nothing_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagwright_airflow.operators.dbt import DbtOperator

    scratch, project = tmp_path / "tmp", Path(shutil.copytree(TINY, tmp_path / "tiny"))
    scratch.mkdir()
    program = tmp_path / "dbt"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before, files = everything(project), open_files()

    def run(number: int) -> Any:
        node = f"model.tiny.m{number}"
        operator = DbtOperator(
            task_id=f"m{number}",
            command=("run", "--select", node),
            nodes=(node,),
            paths={"--project-dir": str(project)},
            executable=str(program),
        )
        return DbtOperator.execute.__wrapped__(operator, {})["nodes"][0]["unique_id"]

    with ThreadPoolExecutor(8) as pool:
        ran = list(pool.map(run, range(500)))
    assert ran == [f"model.tiny.m{number}" for number in range(500)]
    assert everything(project) == before
    assert list(scratch.iterdir()) == []
    assert open_files() <= files + 3
