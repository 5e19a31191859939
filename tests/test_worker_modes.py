"""Both modes of workers and both invocations come to the same on the sample shop, task by task.

A part of the shop that has a task of every dbt command: all of it four times would take too long.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from airflow_home import airflow_home_in
from dagwright.cli import program
from dbt_environment import DbtEnvironment
from tiny import LOADER

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.dbt,
    pytest.mark.slow,
    pytest.mark.xdist_group("virtualenv"),
]

SPEC = """\
version: 1
dag: {id: shop, schedule: null, start_date: 2026-01-01, default_args: {retries: 0}}
render:
  project_dir: ../shop
  dbt: {profiles_dir: ../shop, target: dev}
  select: ["+path:models/marts/workshop", "+products_history", "+stg_deliveries"]
  tests: build
  sources: with_tests_or_freshness
execute:
  project_dir: ../shop
  profile: {target: dev, profiles_dir: ../shop}
  artifacts: {path: ../kept, files: [run_results, sources]}
"""
RUN = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag

bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
run = bag.dags["shop"].test()
tasks = {}
for one in run.get_task_instances():
    done = one.xcom_pull(task_ids=one.task_id) if one.state == "success" else {"nodes": []}
    told = [{key: node[key] for key in sorted(node) if key != "seconds"} for node in done["nodes"]]
    tasks[one.task_id] = [one.state, told]
print("TASKS" + json.dumps(tasks))
"""
WRONG = ("2026-01-08,2026-01-11", "2026-01-08,2026-01-01")
"""A repair that ends before it starts, in the seed: a test fails, and what it gates is not run."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a run came to: by task, its state and what it told; dbt's statuses; and the rows."""

    tasks: dict[str, Any]
    statuses: dict[str, dict[str, str]]
    rows: dict[str, list[str]]
    log: str


@pytest.fixture(scope="module")
def came(
    parsed_configs: Path,
    migrated_airflow: Path,
    dbt_environment: DbtEnvironment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A function that runs the shop by a mode and an invocation, each once."""
    known: dict[tuple[str, str], Came] = {}
    keys = {"local": "", "virtualenv": dbt_environment.keys}

    def run(mode: str, invocation: str) -> Came:
        if (mode, invocation) not in known:
            root = tmp_path_factory.mktemp(f"{mode}-{invocation}") / "airflow"
            home = airflow_home_in(root, migrated_airflow)
            shutil.copytree(parsed_configs / "shop", root / "shop")
            seed = root / "shop/seeds/raw_repairs.csv"
            assert WRONG[0] in seed.read_text()
            seed.write_text(seed.read_text().replace(*WRONG))
            how = f"  mode: {mode}\n  invocation: {invocation}\n{keys[mode]}"
            spec = home.dags / "shop.dagwright.yaml"
            spec.write_text(SPEC + how)
            shutil.copy(dbt_environment.lock, home.dags / "shop.requirements.lock")
            made = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
            assert made.exit_code == 0, made.output
            (home.dags / "dbt.py").write_text(LOADER)
            known[mode, invocation] = ran(root, dict(home.environment))
        return known[mode, invocation]

    return run


def ran(root: Path, environment: dict[str, str]) -> Came:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(root / "dags")],
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    line = next((one for one in done.stdout.splitlines() if one.startswith("TASKS")), None)
    assert line is not None, done.stdout
    statuses: dict[str, dict[str, str]] = {}
    for path in sorted((root / "kept").rglob("*.json")):
        task = path.relative_to(root / "kept").parts[2]
        results = json.loads(path.read_bytes())["results"]
        statuses.setdefault(task, {}).update({one["unique_id"]: one["status"] for one in results})
    return Came(json.loads(line.removeprefix("TASKS")), statuses, rows(root / "shop"), done.stdout)


def rows(project: Path) -> dict[str, list[str]]:
    """All rows of all tables and views, by name."""
    with closing(duckdb.connect(str(project / "shop.duckdb"), read_only=True)) as connection:
        connection.execute(f"set file_search_path = '{project}'")
        made = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        return {
            f"{schema}.{name}": sorted(
                map(repr, connection.execute(f'from "{schema}"."{name}"').fetchall())
            )
            for schema, name in made
        }


def test_what_is_compared_is_all_there_and_not_all_well(came: Any) -> None:
    first = came("local", "dbt_runner")
    states = {state for state, _ in first.tasks.values()}
    assert states == {"success", "failed", "upstream_failed"}
    started = {task for task, (state, _) in first.tasks.items() if state != "upstream_failed"}
    assert set(first.statuses) == started
    assert "fail" in {status for one in first.statuses.values() for status in one.values()}
    kinds = {node.partition(".")[0] for one in first.statuses.values() for node in one}
    assert kinds == {"seed", "source", "snapshot", "model", "test"}
    assert len(first.rows) > 5
    assert all(first.rows.values())


@pytest.mark.parametrize(
    ("mode", "invocation"),
    [("local", "subprocess"), ("virtualenv", "dbt_runner"), ("virtualenv", "subprocess")],
)
def test_it_comes_to_the_same(came: Any, mode: str, invocation: str) -> None:
    first, other = came("local", "dbt_runner"), came(mode, invocation)
    assert other.tasks == first.tasks
    assert other.statuses == first.statuses
    assert other.rows == first.rows
    by_api = "By the Python API of dbt" in other.log
    assert by_api == (invocation == "dbt_runner")
