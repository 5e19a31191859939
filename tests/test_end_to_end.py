"""From the example specs to DAGs in a real Airflow, through the command line and the loader."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from airflow_home import airflow_home_in
from dagwright.cli import program

pytestmark = [pytest.mark.dbt, pytest.mark.airflow]

LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
tasks = {}
for name, dag in bag.dags.items():
    again = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert sorted(again.task_ids) == sorted(dag.task_ids)
    tasks[name] = {
        task.task_id: {
            "after": sorted(task.upstream_task_ids),
            "before": sorted(task.downstream_task_ids),
            "again": sorted(again.get_task(task.task_id).upstream_task_ids),
            "retries": task.retries,
            "label": task.task_display_name,
            "inlets": sorted(asset.uri for asset in task.inlets),
            "outlets": sorted(asset.uri for asset in again.get_task(task.task_id).outlets),
        }
        for task in dag.tasks
    }
again = {n: DagSerialization.from_dict(DagSerialization.to_dict(d)) for n, d in bag.dags.items()}
written = {(a.name, a.uri) for d in again.values() for t in d.tasks for a in t.outlets}
condition = again["follower"].timetable.asset_condition
waited_for = [(key.name, key.uri) for key, _ in condition.iter_assets()]
assert len(waited_for) == 2 and written.issuperset(waited_for), (waited_for, written)
print("LOADED" + json.dumps(tasks))
"""

FOLLOWER = """\
version: 1
extends: finance.dagwright.yaml
dag:
  id: follower
  schedule: {assets: ["dbt://duckdb/shop/finance/fct_orders", "dbt://duckdb/shop/raw/raw_orders"]}
render: {select: [order_margins]}
"""


@pytest.fixture(scope="module")
def loaded(
    parsed_configs: Path, migrated_airflow: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The example specs compiled in a dags folder, and what Airflow's DagBag made of them."""
    home = airflow_home_in(tmp_path_factory.mktemp("examples"), migrated_airflow)
    shutil.copytree(parsed_configs / "dags", home.dags, dirs_exist_ok=True)
    shutil.copytree(parsed_configs / "shop", home.root / "shop")
    (home.dags / "follower.dagwright.yaml").write_text(FOLLOWER, encoding="utf-8")
    specs = [str(path) for path in sorted(home.dags.glob("*.dagwright.yaml"))]
    compiled = CliRunner().invoke(program, ["compile", *specs], catch_exceptions=False)
    assert compiled.exit_code == 0, compiled.output
    printed = home.python(LOAD, str(home.dags))
    line = next(line for line in printed.splitlines() if line.startswith("LOADED"))
    return home.dags, json.loads(line.removeprefix("LOADED"))


def test_airflow_has_the_tasks_and_edges_of_the_artifacts(loaded) -> None:
    dags, found = loaded
    artifacts = {
        path.name.removesuffix(".dag.json"): path
        for path in (dags / "compiled").glob("*.dag.json")
    }
    assert set(found) == {*artifacts, "workshop"}
    assert len(artifacts) > 2
    for name, path in artifacts.items():
        artifact = json.loads(path.read_bytes())
        wanted = {task["id"]: task for task in artifact["tasks"]}
        assert set(found[name]) == set(wanted)
        for task, made in found[name].items():
            assert made["after"] == made["again"] == sorted(wanted[task]["after"])
            assert made["label"] == wanted[task]["label"]
            below = sorted(one for one, other in wanted.items() if task in other["after"])
            assert made["before"] == below


def test_a_handwritten_dag_holds_the_compiled_group(loaded) -> None:
    dags, found = loaded
    artifact = json.loads((dags / "compiled/repairs.group.json").read_bytes())
    ids = {f"repairs.{task['id']}" for task in artifact["tasks"]}
    assert set(found["workshop"]) == ids | {"notebook_is_in", "mechanics_are_told"}
    first = {f"repairs.{task['id']}" for task in artifact["tasks"] if not task["after"]}
    assert set(found["workshop"]["notebook_is_in"]["before"]) == first


def test_settings_reach_airflow(loaded) -> None:
    _, found = loaded
    assert found["finance"]["shop.order_margins.build"]["retries"] == 0
    assert found["finance"]["shop.stg_orders.build"]["retries"] == 1


def test_tables_are_assets_in_airflow(loaded) -> None:
    """That `follower` is woken by them is asserted where Airflow has both."""
    _, found = loaded
    orders = found["shop"]["shop.fct_orders.run"]
    assert orders["outlets"] == ["dbt://duckdb/shop/finance/fct_orders"]
    assert "dbt://duckdb/shop/staging/stg_orders" in orders["inlets"]
    assert found["shop"]["shop.fct_orders.test"]["outlets"] == []
    artifact = {name for name in found["finance"] if found["finance"][name]["outlets"]}
    assert artifact == {name for name in found["finance"] if name.endswith(".build")}
