"""`airflow_async` in a whole Airflow: what waits holds no slot, and every mode ends the same.

Airflow talks to an emulator of BigQuery through a proxy that says RUNNING first, for as long as a
test likes; dbt talks to the emulator directly.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from bigquery_emulator import BIGQUERY, BigQuery, bigquery
from live.postgres import Postgres
from live.server import BIN, LiveAirflow, running_airflow
from processes import running_titled

PROJECT: Final = Path(__file__).parents[1] / "backends/async_shop"
LOADER: Final = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"
SPEC: Final = """\
version: 1
dag: {{id: {dag}, schedule: null, default_args: {{retries: 1, retry_delay: 1s}}}}
render: {{project_dir: {project}, select: [{select}]}}
execute:
  {mode}
  project_dir: {project}
  profile: {{profiles_dir: {project}}}
  env: {{SHOP_DATASET: {dag}}}
  vars: {{day: monday, bad: {bad}}}
"""
MODES: Final = {
    "local": f"mode: local\n  dbt_executable: {BIGQUERY / 'dbt'}",
    "watcher": "mode: watcher\n  producer: "
    f"{{mode: local, dbt_executable: {BIGQUERY / 'dbt'}, task: {{retries: 0}}}}",
    "airflow_async": "mode: airflow_async\n  warehouse: bigquery\n  connection: google\n"
    f"  poll_interval: 1s\n  dbt_executable: {BIGQUERY / 'dbt'}",
}
HELPERS: Final = frozenset({"compiled.sql", "dagwright_producer", "dagwright_results"})
"""Tasks that modes add; they are no nodes."""

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="the emulator needs Python 3.11"
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQuery]:
    with bigquery(tmp_path_factory.mktemp("emulator") / "log.txt") as served:
        # Airflow fails a task whose trigger fires before its scheduler heard of the deferral.
        served.least_seconds = 5
        yield served


@pytest.fixture(scope="module")
def airflow(
    postgres: Postgres, warehouse: BigQuery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveAirflow]:
    """An Airflow of its own: its operators and triggers find the emulator by a variable."""
    google = {"conn_type": "google_cloud_platform"}
    environment = {
        "BIGQUERY_EMULATOR_HOST": warehouse.slow_url,
        "SHOP_BIGQUERY": warehouse.url,
        "AIRFLOW_CONN_GOOGLE": json.dumps(
            {**google, "extra": {"is_anonymous": True, "project": "p1"}}
        ),
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    }
    root = tmp_path_factory.mktemp("live_async") / "airflow"
    with running_airflow(postgres, root, environment) as running:
        yield running


@pytest.fixture(scope="module")
def parsed(airflow: LiveAirflow, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its manifest."""
    project = tmp_path_factory.mktemp("parsed") / "shop"
    shutil.copytree(PROJECT, project)
    done = subprocess.run(
        [BIGQUERY / "dbt", "parse", "--profiles-dir", project, "--vars", "day: x"],
        cwd=project,
        env=dict(airflow.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return project


@dataclass(frozen=True, slots=True)
class Shop:
    """A copy of the project, to be run by DAGs that write to the dataset of their own name."""

    airflow: LiveAirflow
    warehouse: BigQuery
    project: Path

    def deploy(self, dag: str, mode: str, *select: str, bad: bool = False) -> str:
        """Return the DAG, compiled and put where Airflow finds it."""
        folder = self.airflow.dags / dag
        folder.mkdir()
        spec = folder / f"{dag}.dagwright.yaml"
        words = {
            "project": self.project,
            "select": ", ".join(map(repr, select)),
            "bad": str(bad).lower(),
        }
        spec.write_text(SPEC.format(dag=dag, mode=MODES[mode], **words), encoding="utf-8")
        argv = [str(BIN / "dagwright"), "compile", str(spec)]
        argv += ["--output", str(folder / "compiled")]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "loader.py").write_text(LOADER, encoding="utf-8")
        return dag

    def states(self, dag: str, run: str) -> dict[str, str | None]:
        """Return the states of the tasks that are no helpers."""
        states = self.airflow.states(dag, run)
        return {task: state for task, state in states.items() if task not in HELPERS}

    def clear(self, dag: str, run: str, task: str, **how: bool) -> set[str]:
        """Clear a task and its set-up; return what was cleared."""
        body = {"dry_run": False, "only_failed": False, **how}
        body |= {"dag_run_id": run, "task_ids": [task]}
        cleared = self.airflow.call("POST", f"dags/{dag}/clearTaskInstances", body)
        return {one["task_id"] for one in cleared["task_instances"]}

    def jobs(self, dag: str, model: str) -> list[str]:
        """Return the ids of the jobs that made a model of a DAG."""
        made = f" `p1`.`{dag}`.`{model}`"
        jobs = self.warehouse.jobs.items()
        return [name for name, sql in jobs if sql.splitlines()[0].endswith(made)]


@pytest.fixture
def shop(airflow: LiveAirflow, warehouse: BigQuery, parsed: Path, tmp_path: Path) -> Shop:
    shutil.copytree(parsed, tmp_path / "shop")
    return Shop(airflow, warehouse, tmp_path / "shop")


def with_orders(shop: Shop, dataset: str) -> None:
    """Put the seed where models read it, without dbt."""
    shop.warehouse.make(dataset)
    shop.warehouse.query(f"create table `p1.{dataset}.raw_orders` as select 1 as id, 30 as price")


def slots(airflow: LiveAirflow) -> dict[str, int]:
    pool = airflow.call("GET", "pools/default_pool")
    return {name: pool[f"{name}_slots"] for name in ("occupied", "queued", "running", "deferred")}


def test_statements_that_wait_hold_no_slot(shop: Shop) -> None:
    airflow, dag = shop.airflow, shop.deploy("waiting", "airflow_async", "shelf", "names")
    with_orders(shop, dag)
    waiting = {"occupied": 0, "queued": 0, "running": 0, "deferred": 2}
    with shop.warehouse.held():
        run = airflow.trigger(dag)
        airflow.until(lambda: slots(airflow) == waiting, "both are deferred, and hold nothing")
        assert set(shop.states(dag, run).values()) == {"deferred"}
        for task in airflow.tasks(dag, run).values():
            assert running_titled(f"airflow worker -- {task['id']}") == []
    assert airflow.wait(dag, run) == "success"
    assert shop.states(dag, run) == {"shop.shelf.run": "success", "shop.names.run": "success"}
    assert len(shop.jobs(dag, "shelf")) == len(shop.jobs(dag, "names")) == 1


def test_a_triggerer_that_is_killed_is_not_missed(shop: Shop) -> None:
    airflow, dag = shop.airflow, shop.deploy("orphaned", "airflow_async", "shelf")
    with_orders(shop, dag)
    asked = shop.warehouse.said_running
    with shop.warehouse.held():
        run = airflow.trigger(dag)
        airflow.await_state(dag, run, "shop.shelf.run", "deferred")
        (job,) = shop.jobs(dag, "shelf")
        airflow.until(lambda: asked[job] > 3, "the trigger has asked")
        airflow.stop("triggerer", signal.SIGKILL)
        before = asked[job]
        airflow.start("triggerer")
        airflow.until(lambda: asked[job] > before, "another triggerer asks")
        assert shop.states(dag, run) == {"shop.shelf.run": "deferred"}
    assert airflow.wait(dag, run) == "success"
    assert shop.states(dag, run) == {"shop.shelf.run": "success"}
    assert shop.jobs(dag, "shelf") == [job]
    assert airflow.tasks(dag, run)["shop.shelf.run"]["try_number"] == 1


def test_a_model_that_was_mended_is_compiled_anew_where_it_is_cleared(shop: Shop) -> None:
    """Where somebody marks the compiling as done instead, nothing is green for it."""
    airflow, dag = shop.airflow, shop.deploy("cleared", "airflow_async", "shelf")
    with_orders(shop, dag)
    run = airflow.trigger(dag)
    assert airflow.wait(dag, run) == "success"
    mended = "{{ config(materialized='table') }} select 7 as dearest"
    (shop.project / "models/shelf.sql").write_text(mended, encoding="utf-8")
    assert shop.clear(dag, run, "shop.shelf.run") == {"shop.shelf.run", "compiled.sql"}
    assert airflow.wait(dag, run) == "success"
    assert airflow.tasks(dag, run)["compiled.sql"]["try_number"] == 2
    assert shop.warehouse.contents(dag)["shelf"] == ("TABLE", ["['7']"])

    airflow.call("PATCH", f"dags/{dag}", {"is_paused": True})
    shop.clear(dag, run, "shop.shelf.run")
    compiling = f"dags/{dag}/dagRuns/{run}/taskInstances/compiled.sql"
    airflow.call("DELETE", f"{compiling}/xcomEntries/model.shop.shelf")
    airflow.call("PATCH", compiling, {"new_state": "success"})
    airflow.call("PATCH", f"dags/{dag}", {"is_paused": False})
    assert airflow.wait(dag, run) == "failed"
    attempt = airflow.tasks(dag, run)["shop.shelf.run"]["try_number"]
    log = airflow.log(dag, run, "shop.shelf.run", attempt)
    assert "has no SQL of model.shop.shelf for this run" in log
    assert len(shop.jobs(dag, "shelf")) == 2
    # As ASYNC.md says: Airflow does not clear what succeeded where it is to clear what failed.
    how = {"only_failed": True, "dry_run": True}
    assert shop.clear(dag, run, "shop.shelf.run", **how) == {"shop.shelf.run"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is selected, whether it is bad, the models that are gone, and how each node ends."""

    select: tuple[str, ...]
    bad: bool
    gone: tuple[str, ...]
    ends: Mapping[str, str]


SCENARIOS: Final = {
    "all_is_well": Scenario(
        select=("raw_orders", "stg_orders", "shelf"),
        bad=False,
        gone=(),
        ends={
            "shop.raw_orders.seed": "success",
            "shop.stg_orders.run": "success",
            "shop.stg_orders.test": "success",
            "shop.shelf.run": "success",
        },
    ),
    "much_is_wrong": Scenario(
        select=("*",),
        bad=True,
        gone=("names",),
        ends={
            "shop.raw_orders.seed": "success",
            "shop.stg_orders.run": "success",
            "shop.stg_orders.test": "success",  # It warns.
            "shop.orders.run": "success",
            "shop.orders.test": "failed",
            "shop.revenue.run": "upstream_failed",
            "shop.history.run": "upstream_failed",
            "shop.stock.run": "failed",  # The warehouse refuses its SQL.
            "shop.stock_report.run": "upstream_failed",
            "shop.odd.run": "failed",  # dbt does not compile it.
            "shop.shelf.run": "success",
            "shop.names.run": "failed",  # Its selection is empty by now.
        },
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_mode_ends_the_same(shop: Shop, name: str) -> None:
    scenario = SCENARIOS[name]
    dags = {
        mode: shop.deploy(f"{name}_{mode}", mode, *scenario.select, bad=scenario.bad)
        for mode in MODES
    }
    for model in scenario.gone:
        (shop.project / f"models/{model}.sql").unlink()
    runs = {mode: shop.airflow.trigger(dag) for mode, dag in dags.items()}
    good = set(scenario.ends.values()) == {"success"}
    for mode, dag in dags.items():
        assert shop.airflow.wait(dag, runs[mode]) == ("success" if good else "failed"), mode
        assert shop.states(dag, runs[mode]) == scenario.ends, mode
    contents = {mode: shop.warehouse.contents(dag) for mode, dag in dags.items()}
    assert contents["airflow_async"] == contents["watcher"] == contents["local"]
    assert "shelf" in contents["local"]
