"""Run the sample shop in a real Airflow, from nothing, and show what ran: `make demo`.

    python configs/demo.py [--keep]

The Python that runs this has Airflow, dbt-duckdb and dagwright installed. Everything happens in a
throw-away folder: a copy of the shop, an Airflow home, a DuckDB file. dbt parses the project once,
`dagwright compile` makes the artifact, Airflow loads it through the two-line loader and runs each
task. The exit code is 0 only if every task succeeded and every mart holds rows.

One thing is not as on a worker: the `dbt` that tasks find is a process that stays (warm_dbt.py),
because starting dbt some thirty times would take most of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

HERE: Final = Path(__file__).parent
WARM_DBT: Final = HERE / "warm_dbt.py"
BIN: Final = Path(sys.executable).parent
SPEC: Final = "shop_demo.dagwright.yaml"
DAG_ID: Final = "shop_demo"
FINISHED: Final = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
POLL_SECONDS: Final = 0.2
SHOWN_LINES: Final = 30
"""How much of a log is shown where something failed."""


class DemoError(Exception):
    """A step of the demo failed; the sentence says which, and where its log is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The throw-away folder, and the environment of every program that runs in it."""

    root: Path
    environment: Mapping[str, str]

    @property
    def shop(self) -> Path:
        """The copy of the dbt project."""
        return self.root / "shop"

    @property
    def dags(self) -> Path:
        """Airflow's dags folder."""
        return self.root / "dags"

    @property
    def artifact(self) -> Path:
        """What `dagwright compile` writes and Airflow loads."""
        return self.dags / "compiled" / f"{DAG_ID}.dag.json"

    @property
    def socket(self) -> Path:
        """Where the dbt that stays is called."""
        return self.root / "dbt.sock"

    @property
    def duckdb(self) -> Path:
        """The warehouse."""
        return self.root / "shop.duckdb"


@dataclass(frozen=True, slots=True)
class Ran:
    """What Airflow's database says about one task, and what the task said about its nodes."""

    task_id: str
    state: str
    seconds: float
    results: Sequence[Mapping[str, Any]]


def main() -> int:
    """Return the exit code: 0 if every task succeeded and every mart holds rows."""
    parser = argparse.ArgumentParser(description="Run the sample shop in a real Airflow.")
    parser.add_argument("--keep", action="store_true", help="keep the throw-away folder")
    keep = parser.parse_args().keep
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that everything is cleaned up.
    console = Console(width=None if sys.stdout.isatty() else 120)
    root = Path(tempfile.mkdtemp(prefix="dagwright-demo-"))
    started = time.monotonic()
    try:
        scene = set_up(root)
        with lasting_dbt(scene):
            prepare(scene, console)
            ran = run_dag(scene, console)
        passed = report(scene, ran, console)
    except DemoError as failure:
        complain(console, str(failure))
        passed = False
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    console.print(f"{time.monotonic() - started:.0f} seconds in all")
    if keep:
        console.print(f"kept: {root}")
    return 0 if passed else 1


def set_up(root: Path) -> Scene:
    """Return the scene in `root`: project, specs and loader copied, a `dbt` on the PATH."""
    left = shutil.ignore_patterns("target", "logs", "*.duckdb*", ".user.yml")
    shutil.copytree(HERE / "shop", root / "shop", ignore=left)
    (root / "dags").mkdir()
    for name in ("dbt.py", "shop.dagwright.yaml", SPEC):
        shutil.copy(HERE / "dags" / name, root / "dags" / name)
    path = (str(root / "bin"), str(BIN), os.environ.get("PATH", os.defpath))
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(path),
        "AIRFLOW_HOME": str(root / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "SHOP_DIR": str(root / "shop"),
        "SHOP_DUCKDB": str(root / "shop.duckdb"),
    }
    scene = Scene(root, environment)
    caller = [sys.executable, "-I", "-S", str(WARM_DBT), "call", str(scene.socket)]
    program = root / "bin" / "dbt"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(caller)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return scene


@contextmanager
def lasting_dbt(scene: Scene) -> Iterator[None]:
    """Have one dbt process answer all calls for as long as the block runs."""
    command = [sys.executable, str(WARM_DBT), "serve", str(scene.socket)]
    with running(scene, "dbt", command) as server:
        while not scene.socket.exists():
            if server.poll() is not None:
                raise DemoError(f"no dbt:\n{tail(scene, 'dbt')}")
            time.sleep(POLL_SECONDS)
        yield


def prepare(scene: Scene, console: Console) -> None:
    """Make Airflow's database, dbt's manifest and the artifact.

    Raises:
        DemoError: one of the programs did.
    """
    with step(console, "airflow db migrate, and dbt parse beside it"):
        folders = ["--project-dir", str(scene.shop), "--profiles-dir", str(scene.shop)]
        parse = ["dbt", "parse", "--target", "dev", *folders]
        airflow = [str(BIN / "airflow"), "db", "migrate"]
        with running(scene, "migrate", airflow) as migrating:
            with running(scene, "parse", parse) as parsing:
                finish(scene, "parse", parsing)
            finish(scene, "migrate", migrating)
    with step(console, f"dagwright compile {SPEC}"):
        output = ["--output", str(scene.artifact.parent)]
        compiler = [sys.executable, "-m", "dagwright", "compile", str(scene.dags / SPEC), *output]
        with running(scene, "compile", compiler) as compiling:
            finish(scene, "compile", compiling)


def run_dag(scene: Scene, console: Console) -> list[Ran]:
    """Return what became of each task of one run, which Airflow makes task after task.

    Raises:
        DemoError: Airflow made no run.
    """
    tasks = [task["id"] for task in json.loads(scene.artifact.read_bytes())["tasks"]]
    with running(scene, "run", [str(BIN / "airflow"), "dags", "test", DAG_ID]) as runner:
        watch(scene, runner, tasks, console)
    ran = {row.task_id: row for row in read_runs(scene)}
    if not ran:
        raise DemoError(f"Airflow ran nothing:\n{tail(scene, 'run')}")
    missing = (task for task in tasks if task not in ran)
    return [*ran.values(), *(Ran(task, "not run", 0.0, ()) for task in missing)]


def watch(
    scene: Scene, runner: subprocess.Popen[bytes], tasks: Sequence[str], console: Console
) -> None:
    """Show each task as it finishes: a bar on a terminal, a line elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    shown: set[str] = set()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("loading the DAG", total=len(tasks))
        over = False
        while not over:
            over = runner.poll() is not None  # Asked first, so that the last rows are seen too.
            for row in read_states(scene):
                if row.state not in FINISHED or row.task_id in shown:
                    continue
                shown.add(row.task_id)
                progress.update(bar, completed=len(shown), description=row.task_id[:40])
                if not console.is_terminal:
                    place = f"{len(shown):>3}/{len(tasks)}"
                    line = f"{place}  {row.seconds:5.1f} s  {row.state:<15}  {row.task_id}"
                    console.print(line, soft_wrap=True)
            time.sleep(0 if over else POLL_SECONDS)


def read_states(scene: Scene) -> list[Ran]:
    """Return the tasks of the run so far, in the order in which they ended."""
    with closing(open_airflow(scene)) as database:
        rows = database.execute(
            "SELECT task_id, state, duration FROM task_instance"
            " WHERE dag_id = ? ORDER BY end_date IS NULL, end_date, task_id",
            (DAG_ID,),
        )
        return [Ran(task, state or "not run", seconds or 0.0, ()) for task, state, seconds in rows]


def read_runs(scene: Scene) -> list[Ran]:
    """Return the tasks of the run, each with the summary that it pushed to XCom."""
    with closing(open_airflow(scene)) as database:
        pushed = dict(
            database.execute(
                "SELECT task_id, value FROM xcom WHERE dag_id = ? AND key = 'return_value'",
                (DAG_ID,),
            ).fetchall()
        )
    return [
        Ran(row.task_id, row.state, row.seconds, summary(pushed.get(row.task_id)))
        for row in read_states(scene)
    ]


def open_airflow(scene: Scene) -> sqlite3.Connection:
    """Return a connection that can only read. The tables are those of Airflow 3.3."""
    path = scene.root / "airflow" / "airflow.db"
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def summary(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return the results by node that a task pushed; none for a task that pushed nothing."""
    while isinstance(value, str):  # XCom holds JSON, and its column does once more.
        value = json.loads(value)
    return value["nodes"] if isinstance(value, dict) else ()


def report(scene: Scene, ran: Sequence[Ran], console: Console) -> bool:
    """Return whether all is well, having shown a table of the tasks and the total."""
    nodes = json.loads((scene.shop / "target" / "manifest.json").read_bytes())["nodes"]
    counts = count_rows(scene, nodes)
    table = Table("task", "state", "seconds", "rows or tests", title=f"DAG {DAG_ID}")
    for column in table.columns[2:]:
        column.justify = "right"
    for row in ran:
        state = row.state if row.state == "success" else f"[red]{row.state}[/red]"
        table.add_row(row.task_id, state, f"{row.seconds:.1f}", outcome(row, counts))
    failed = [row.task_id for row in ran if row.state == "failed"]
    stopped = [row.task_id for row in ran if row.state not in ("failed", "success")]
    total = f"{len(failed)} failed, {len(stopped)} stopped" if failed or stopped else "success"
    table.add_section()
    table.add_row(f"{len(ran)} tasks", total, f"{sum(row.seconds for row in ran):.1f}", "")
    console.print(table)

    marts = (name for name, node in nodes.items() if node["fqn"][1:2] == ["marts"])
    empty = [name for name in marts if name.startswith("model.") and not counts.get(name)]
    for task in failed:
        complain(console, f"{task} failed:\n{said(scene, task)}")
    if empty:
        complain(console, f"marts without rows: {', '.join(empty)}")
    return not failed and not stopped and not empty


def said(scene: Scene, task_id: str) -> str:
    """Return the end of what one task wrote to the log of the run, without stack frames."""
    lines = log(scene, "run").read_text(encoding="utf-8", errors="replace").splitlines()
    ends = (n for n, line in enumerate(lines) if f"end task task_id={task_id} " in line)
    last = next(ends, len(lines))
    shown = lines[max(0, last - SHOWN_LINES) : last]
    return "\n".join(line for line in shown if not line.startswith(('  File "', "    ")))


def complain(console: Console, text: str) -> None:
    """Show a complaint, with whatever brackets are in it."""
    console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)


def outcome(row: Ran, counts: Mapping[str, int]) -> str:
    """Return what a task made: rows in its table, or its tests by what became of them."""
    rows = [counts[name] for result in row.results if (name := result["unique_id"]) in counts]
    tests = [result["status"] for result in row.results if is_test(result["unique_id"])]
    told = [f"{sum(rows)} rows"] if rows else []
    if tests:
        passed = tests.count("pass")
        told.append(
            f"{passed} passed" if passed == len(tests) else f"{passed}/{len(tests)} passed"
        )
    return ", ".join(told)


def is_test(unique_id: str) -> bool:
    """Return whether `unique_id` is a data test or a unit test."""
    return unique_id.startswith(("test.", "unit_test."))


def count_rows(scene: Scene, nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return how many rows each relation of the project holds; what does not exist is left out."""
    counts: dict[str, int] = {}
    if not scene.duckdb.exists():
        return counts
    with duckdb.connect(scene.duckdb, read_only=True) as warehouse:
        for name, node in nodes.items():
            relation = node.get("relation_name")
            if is_test(name) or not relation:
                continue
            try:
                found = warehouse.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608 (from our own manifest)
            except duckdb.CatalogException:
                continue
            counts[name] = found[0] if found else 0
    return counts


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """Say what goes on, and how long it took once it is done."""
    started = time.monotonic()
    with console.status(title):
        yield
    console.print(f"{time.monotonic() - started:5.1f} s  {title}")


@contextmanager
def running(scene: Scene, name: str, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for at most as long as the block; what it says goes to the log `name`."""
    with log(scene, name).open("wb") as output:
        program = subprocess.Popen(  # noqa: S603 (commands of this file)
            command,
            cwd=scene.root,
            env=scene.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield program
    finally:
        program.terminate()
        program.wait()


def finish(scene: Scene, name: str, program: subprocess.Popen[bytes]) -> None:
    """Wait for the program.

    Raises:
        DemoError: its exit code was not 0.
    """
    if program.wait() != 0:
        raise DemoError(f"{name} failed:\n{tail(scene, name)}")


def log(scene: Scene, name: str) -> Path:
    """Return where the output of the program `name` goes."""
    return scene.root / f"{name}.log"


def tail(scene: Scene, name: str) -> str:
    """Return the last lines of a log."""
    lines = log(scene, name).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-SHOWN_LINES:])


if __name__ == "__main__":
    sys.exit(main())
