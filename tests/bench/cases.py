"""What the bench measures: each case prepares, and returns the work to be timed.

    python cases.py CASE FOLDER MODELS

runs one case in this process and prints, as JSON, the CPU and wall seconds and the bytes of
memory that the work took. Imports are the preparation's, unless they are what is measured.
"""

# ruff: noqa: PLC0415 (an import is part of a case, or must come after its preparation)
from __future__ import annotations

import gc
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

sys.path.insert(1, str(Path(__file__).parents[1]))

import dbt_tasks
import shape

Work = Callable[[], object]
START: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
SPEC: Final = """\
version: 1
dag: {id: bench, schedule: "0 6 * * *", start_date: 2026-01-01, default_args: {retries: 2}}
render: {project_dir: project, group_by: folder}
execute: {mode: local, project_dir: /dbt/shop}
"""


def shim(folder: Path, count: int) -> Work:
    """A compiled DAG, as the DAG processor loads it."""
    from dagwright_airflow import load_dags

    _warm()
    if not (folder / "compiled" / "bench.dag.json").exists():
        shape.write(folder / "compiled", count)
    return lambda: load_dags(folder / "loader.py", "compiled")


def bash_by_hand(_folder: Path, count: int) -> Work:
    """The same DAG of BashOperators, written by hand, with `>>` for each edge."""
    from airflow.providers.standard.operators.bash import BashOperator

    _warm()
    tasks = list(shape.tasks(count))

    def make(task: Mapping[str, Any], group: Any) -> Any:
        return BashOperator(
            task_id=task["id"],
            bash_command=shlex.join(["dbt", *task["command"], *shape.FLAGS]),
            task_group=group,
            task_display_name=task["label"],
        )

    return lambda: _wired(tasks, make)


def same_by_hand(_folder: Path, count: int) -> Work:
    """The very operators that the runtime makes, written by hand, with `>>` for each edge."""
    from dagwright_airflow.operators.dbt import DbtOperator

    _warm()
    text = json.dumps(list(shape.tasks(count)))
    shared = shape.DEFAULTS["dbt"]

    def make(task: Mapping[str, Any], group: Any) -> Any:
        return DbtOperator(
            task_id=task["id"],
            command=tuple(task["command"]),
            nodes=tuple(task["nodes"]),
            task_group=group,
            task_display_name=task["label"],
            **shared,
        )

    return lambda: _wired(json.loads(text), make)


def _wired(tasks: Iterable[Mapping[str, Any]], make: Callable[..., Any]) -> object:
    from airflow.sdk import DAG, TaskGroup

    arguments = {"owner": "analytics", "retries": 2}
    with DAG("hand", schedule="0 6 * * *", start_date=START, default_args=arguments) as dag:
        groups: dict[str, TaskGroup] = {}
        made: dict[str, Any] = {}
        for task in tasks:
            name = task["group"]
            if name not in groups:
                groups[name] = TaskGroup(name, prefix_group_id=False)
            made[task["id"]] = below = make(task, groups[name])
            for up in task["after"]:
                made[up] >> below
    return dag


def cosmos(folder: Path, count: int) -> Work:
    """The same project through astronomer-cosmos, from its manifest."""
    import manifest
    from airflow.sdk import DAG
    from cosmos import (
        DbtTaskGroup,
        ExecutionConfig,
        LoadMode,
        ProfileConfig,
        ProjectConfig,
        RenderConfig,
    )

    _warm()
    path = manifest.write(folder / "project", count)
    profiles = folder / "profiles.yml"
    profiles.write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: x}}}\n")
    (folder / "project" / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")

    def work() -> object:
        with DAG("cosmos", schedule="0 6 * * *", start_date=START) as dag:
            DbtTaskGroup(
                group_id="shop",
                project_config=ProjectConfig(manifest_path=path, project_name="shop"),
                profile_config=ProfileConfig("shop", "dev", profiles_yml_filepath=profiles),
                execution_config=ExecutionConfig(dbt_project_path=folder / "project"),
                render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
            )
        return dag

    return work


def worker(folder: Path, count: int) -> Work:
    """The last task of one DAG, as the task runner asks for it."""
    from airflow.sdk.execution_time import task_runner

    load = shim(folder, count)
    task_runner.SUPERVISOR_COMMS = object()  # type: ignore[assignment]
    os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = "bench"
    os.environ["_AIRFLOW_PARSING_CONTEXT_TASK_ID"] = f"model_{count - 1:05d}.run"
    return load


def worker_of_forty(folder: Path, count: int) -> Work:
    """The same, with forty DAGs of that size behind the loader."""
    work = worker(folder, count)
    text = (folder / "compiled" / "bench.dag.json").read_text()
    for number in range(39):
        other = folder / "compiled" / f"bench_{number:02}.dag.json"
        if not other.exists():
            other.write_text(text.replace('"id":"bench"', f'"id":"bench_{number:02}"', 1))
    return work


def runtime_import(_folder: Path, _count: int) -> Work:
    """Importing the runtime, over Airflow's own import."""
    import airflow.providers.standard.operators.bash
    import airflow.sdk.exceptions
    import airflow.sdk.execution_time.task_runner  # noqa: F401

    _warm()
    return lambda: __import__("dagwright_airflow")


STAND_IN: Final = """\
#!/bin/sh
while [ "$1" != --target-path ]; do shift; done
mkdir -p "$2"
echo '{"results": [{"unique_id": "model.shop.a", "status": "success"}]}' > "$2/run_results.json"
"""


def operator(folder: Path, _count: int) -> Work:
    """One dbt task whose dbt takes a few milliseconds: what remains is ours."""
    from dagwright_airflow.operators.dbt import DbtOperator

    program = folder / "dbt"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    task = DbtOperator(
        task_id="a", command=("run",), nodes=("model.shop.a",), executable=str(program)
    )
    return lambda: DbtOperator.execute.__wrapped__(task, {})


def decode(folder: Path, count: int) -> Work:
    """Reading a manifest into typed structs, and nothing else."""
    import manifest
    import msgspec

    from dagwright.project.manifest import _MANIFEST

    path = manifest.write(folder / "project", count)
    decoder: msgspec.json.Decoder[Any] = _MANIFEST
    return lambda: decoder.decode(path.read_bytes())


def compiler(folder: Path, count: int) -> Work:
    """Compiling a spec, from its text to the artifact's."""
    import manifest

    from dagwright.diagnostics import Report
    from dagwright.files import DiskFiles
    from dagwright.pipeline import Options, compile_spec

    manifest.write(folder / "project", count)
    spec = folder / "bench.dagwright.yaml"
    spec.write_text(SPEC)

    def work() -> object:
        made = compile_spec(DiskFiles(), str(spec), Options(), Report())
        if made is None:
            raise RuntimeError("the bench's spec does not compile")
        return made

    return work


CASES: Final[Mapping[str, Callable[[Path, int], Work]]] = MappingProxyType(
    {
        case.__name__: case
        for case in (
            shim,
            bash_by_hand,
            same_by_hand,
            cosmos,
            worker,
            worker_of_forty,
            runtime_import,
            operator,
            dbt_tasks.plain_dbt,
            dbt_tasks.task_by_program,
            dbt_tasks.task_by_api,
            dbt_tasks.cosmos_task,
            decode,
            compiler,
        )
    }
)


def _warm() -> None:
    """Make Airflow import what any DAG with a schedule makes it import, which is not measured."""
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, TaskGroup

    with DAG("warm", schedule="0 6 * * *", start_date=START) as dag, TaskGroup("group"):
        BashOperator(task_id="one", bash_command="true")
    dag.validate()


def _resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(case: str, folder: str, count: str) -> None:
    """Run one case and print what it took."""
    work = CASES[case](Path(folder), int(count))
    before = _resident_bytes()
    cpu, wall = time.process_time(), time.perf_counter()
    kept = work()
    taken = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    taken["bytes"] = _resident_bytes() - before
    del kept
    sys.stdout.write(f"\n{json.dumps(taken)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
