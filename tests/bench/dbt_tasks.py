"""One model's task with a real dbt on DuckDB: plain dbt, ours in both ways, and the peer's.

Each starts from a parse that is warm, and each takes the wall time from the call to its end.
"""

# ruff: noqa: PLC0415 (an import is part of a case, or must come after its preparation)
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

DBT: Final = str(Path(sys.executable).parent / "dbt")
NODE: Final = "model.shop.model_00000"
RUN: Final = ("run", "--select", "model_00000")


def plain_dbt(folder: Path, count: int) -> Callable[[], object]:
    """`dbt run --select MODEL`, as one would type it."""
    project = _parsed(folder, count)
    words = [DBT, *RUN, "--profiles-dir", "."]
    return lambda: subprocess.run(words, cwd=project, check=True, capture_output=True)


def task_by_program(folder: Path, count: int) -> Callable[[], object]:
    """Our task, `invocation: subprocess`."""
    return _task(folder, count, "subprocess")


def task_by_api(folder: Path, count: int) -> Callable[[], object]:
    """Our task, `invocation: auto` where dbt is in Airflow's environment."""
    return _task(folder, count, "auto")


def cosmos_task(folder: Path, count: int) -> Callable[[], object]:
    """The task of astronomer-cosmos in its local mode, as it is by default."""
    from cosmos import ProfileConfig
    from cosmos.operators.local import DbtRunLocalOperator

    project = _parsed(folder, count)
    task = DbtRunLocalOperator(
        task_id="a",
        project_dir=str(project),
        select="model_00000",
        install_deps=False,
        emit_datasets=False,
        cache_dir=project,  # As its converter gives one, so that it starts from a parse too.
        profile_config=ProfileConfig(
            profile_name="shop", target_name="dev", profiles_yml_filepath=project / "profiles.yml"
        ),
    )
    context: Any = {"run_id": "one"}
    return lambda: task.build_and_run_cmd(context=context, cmd_flags=[])


def _task(
    folder: Path, count: int, invocation: Literal["subprocess", "auto"]
) -> Callable[[], object]:
    from dagwright_airflow.operators.dbt import DbtOperator

    project = _parsed(folder, count)
    path = f"{Path(DBT).parent}{os.pathsep}{os.environ['PATH']}"
    task: Any = DbtOperator(
        task_id="a",
        command=RUN,
        nodes=(NODE,),
        invocation=invocation,
        paths={"--project-dir": str(project), "--profiles-dir": str(project)},
        env={"PATH": path},
    )
    return lambda: DbtOperator.execute.__wrapped__(task, {})


def _parsed(folder: Path, count: int) -> Path:
    """Return a project of `count` models with two tests each, made and parsed once."""
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "False"
    project = folder / "project"
    if (project / "target").exists():
        return project
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    output = "{type: duckdb, path: shop.duckdb, threads: 1}"
    (project / "profiles.yml").write_text(f"shop: {{target: dev, outputs: {{dev: {output}}}}}\n")
    lines = ["models:"]
    for number in range(count):
        name, before = f"model_{number:05d}", f"model_{number - 1:05d}"
        reads = f" from {{{{ ref('{before}') }}}}" if number % 10 else ""
        (project / "models" / f"{name}.sql").write_text(f"select {number} as id{reads}\n")
        lines.append(
            f"  - {{name: {name}, columns: [{{name: id, data_tests: [unique, not_null]}}]}}"
        )
    (project / "models" / "models.yml").write_text("\n".join(lines) + "\n")
    words = [DBT, "parse", "--profiles-dir", ".", "--target", "dev", "--profile", "shop"]
    if folder.name.startswith("cosmos"):  # It names both, and dbt compares what is named.
        subprocess.run(words, cwd=project, check=True, capture_output=True)
    else:
        subprocess.run(words[:4], cwd=project, check=True, capture_output=True)
    return project
