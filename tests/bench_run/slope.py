"""What a producer adds to a real dbt, node by node: python tests/bench_run/slope.py SIZE...

Projects of trivial views on DuckDB are built twice: by dbt alone, as its users see it, and by dbt
under the producer, which asks for the structured log, reads each line and publishes what nodes
report; only Airflow's API is played, by a pause. CPU seconds are those of dbt and of the producer.
"""

# ruff: noqa: PLC0415 (Airflow is configured before it is imported)
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any, Final, NamedTuple

SIZES: Final = (100, 1_000, 3_000)
DBT: Final = str(Path(sys.executable).parent / "dbt")


class Cost(NamedTuple):
    """CPU seconds of a build of `nodes` models."""

    nodes: int
    alone: float
    under: float
    """Of dbt, with the log that the producer asks for."""
    producer: float
    xcoms: int

    @property
    def added(self) -> float:
        """What the producer adds, its longer log included."""
        return self.under + self.producer - self.alone


def main(sizes: Sequence[int]) -> None:
    """Print a row a size, and the slope between the first and the last."""
    say("| models | dbt alone, CPU s | its dbt, CPU s | the producer, CPU s | more ms a node |")
    say("| --- | --- | --- | --- | --- |")
    costs = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="dagwright-slope-") as folder:
            costs.append(one := cost(Path(folder), size))
        say(
            f"| {size} | {one.alone:.1f} | {one.under:.1f} | {one.producer:.2f} "
            f"| {one.added / size * 1e3:.2f} |"
        )
    first, last = costs[0], costs[-1]
    if first.nodes != last.nodes:
        slope = (last.added - first.added) / (last.nodes - first.nodes)
        alone = (last.producer - first.producer) / (last.nodes - first.nodes)
        say(
            f"\nFrom {first.nodes} to {last.nodes} models each adds {slope * 1e3:.2f} ms of CPU, "
            f"{alone * 1e3:.2f} ms of them in the producer; {last.xcoms} XComs."
        )


def cost(folder: Path, size: int) -> Cost:
    """Return what the two builds of a new project take."""
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "False"
    os.environ["AIRFLOW_HOME"] = str(folder / "airflow")
    project = project_of(folder / "project", size)
    dbt(project, "parse")
    start = children()
    dbt(project, "build")
    alone = children() - start
    written: dict[str, int] = {}
    start, mine = children(), time.process_time()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        faults = produced(project, size, written)
    under, producer = children() - start, time.process_time() - mine
    assert not faults, faults
    assert sum(written.values()) >= size
    return Cost(size, alone, under, producer, len(written))


def dbt(project: Path, word: str) -> None:
    """Run a command of dbt on all of a project."""
    argv = [DBT, word, "--profiles-dir", "."]
    subprocess.run(argv, cwd=project, check=True, stdout=subprocess.DEVNULL)


def children() -> float:
    """Return the CPU seconds of all processes that this one started and that ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def project_of(folder: Path, size: int) -> Path:
    """Return a project of so many views that read nothing."""
    (folder / "models").mkdir(parents=True)
    output = "{type: duckdb, path: ':memory:', threads: 1}"
    (folder / "profiles.yml").write_text(f"slope: {{target: dev, outputs: {{dev: {output}}}}}\n")
    (folder / "dbt_project.yml").write_text("name: slope\nprofile: slope\n")
    for number in range(size):
        (folder / f"models/m{number:05d}.sql").write_text(f"select {number} as id\n")
    return folder


def produced(project: Path, size: int, written: dict[str, int]) -> list[Any]:
    """Return what went wrong in a build under the producer, which writes XComs to `written`."""
    from dagwright_airflow.watcher.house import InWorker
    from dagwright_airflow.watcher.ledger import Head, Publisher
    from dagwright_airflow.watcher.producer import producing
    from dagwright_airflow.watcher.states import Plan

    tasks = {
        f"m{number:05d}": {"nodes": [f"model.slope.m{number:05d}"], "after": [], "select": []}
        for number in range(size)
    }
    producer = producing(InWorker)(
        task_id="producer",
        phases=[{"tasks": list(tasks), "words": ["build"], "base": ["build"]}],
        watched=tasks,
        ledger="results",
        executable=DBT,
        paths={"--project-dir": str(project), "--profiles-dir": str(project)},
    )

    def write(key: str, value: Any) -> None:
        written[key] = len(value) if isinstance(value, list) else 0
        json.dumps(value)
        time.sleep(0.01)  # About what Airflow's API takes.

    publisher = Publisher(write, Head(1, 0))
    faults: list[Any] = producer._run_phases(dict.fromkeys(tasks, Plan.RUN), publisher, {})
    publisher.end(tasks)
    return faults


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or SIZES)
