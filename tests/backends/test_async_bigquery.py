"""`airflow_async` on BigQuery's API: real dbt, the real operator, a real trigger.

Airflow talks to the emulator through a proxy that says RUNNING first, dbt talks to it directly.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from airflow_home import BIN, AirflowHome
from bigquery_emulator import BIGQUERY, BigQuery, bigquery
from dag_runs import DagRun, connections, run_dag

PROJECT = Path(__file__).parent / "async_shop"
LOADER = """\
# airflow dag
from dagwright_airflow import load_dags
load_dags(__file__, "compiled")
"""
MODES = {
    "local": "mode: local",
    "airflow_async": """\
mode: airflow_async
  warehouse: bigquery
  connection: google
  poll_interval: 1s""",
}
SUBMITTED = {
    *("names", "odd", "orders", "revenue", "shelf", "stg_orders", "stock", "stock_report"),
}
"""The models whose statements Airflow submits; dbt builds `history` and `raw_orders`."""

CANARY = "canary-5b1c"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("bigquery"),
    pytest.mark.skipif(sys.version_info < (3, 11), reason="the emulator needs Python 3.11"),
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQuery]:
    with bigquery(tmp_path_factory.mktemp("emulator") / "log.txt") as served:
        yield served


@dataclass(frozen=True)
class Shop:
    """The project in an Airflow's dags folder, and the warehouse that it builds in."""

    home: AirflowHome
    warehouse: BigQuery

    def run(self, mode: str, dataset: str) -> DagRun:
        """Compile the project for `mode`, and run its DAG."""
        self.compile(mode, bad=dataset.startswith("bad"))
        return self.run_compiled(dataset)

    def compile(self, mode: str, *, bad: bool = False, select: str = "*", more: str = "") -> None:
        """Compile the project for `mode`."""
        spec = self.home.dags / "shop.dagwright.yaml"
        spec.write_text(
            f"version: 1\ndag: {{id: shop, start_date: 2026-01-01}}\n"
            f"render: {{project_dir: shop, select: '{select}'}}\nexecute:\n  {MODES[mode]}\n"
            f"  project_dir: shop\n  profile: {{profiles_dir: shop}}\n"
            f"  dbt_executable: {BIGQUERY / 'dbt'}\n{more}"
            f'  vars:\n    day: "{{{{ ds }}}}"\n    bad: {str(bad).lower()}\n',
            encoding="utf-8",
        )
        argv = [BIN / "dagwright", "compile", spec]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def run_compiled(self, dataset: str) -> DagRun:
        """Run the DAG as it was compiled; dbt and the statements write to `dataset`."""
        google = {"conn_type": "google_cloud_platform", "extra": {"is_anonymous": True}}
        google["extra"]["project"] = "p1"
        return run_dag(
            self.home,
            "shop",
            SHOP_DATASET=dataset,
            SHOP_BIGQUERY=self.warehouse.url,
            AIRFLOW_VAR_API_KEY=CANARY,
            BIGQUERY_EMULATOR_HOST=self.warehouse.slow_url,
            **connections(google=google),
        )


@pytest.fixture
def shop(airflow_home: AirflowHome, warehouse: BigQuery) -> Shop:
    project = airflow_home.dags / "shop"
    shutil.copytree(PROJECT, project)
    (airflow_home.dags / "dbt.py").write_text(LOADER, encoding="utf-8")
    parse = ["parse", "--project-dir", project, "--profiles-dir", project, "--vars", "day: x"]
    done = subprocess.run(
        [BIGQUERY / "dbt", *parse],
        env={**airflow_home.environment, "DBT_SEND_ANONYMOUS_USAGE_STATS": "False"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return Shop(airflow_home, warehouse)


def of_dbt(run: DagRun) -> dict[str, str]:
    return {task: state for task, state in run.states.items() if task != "compiled.sql"}


def test_async_ends_as_local_does_with_the_same_tables(shop: Shop) -> None:
    local = shop.run("local", "good_one")
    before = set(shop.warehouse.jobs)
    submitted = shop.run("airflow_async", "good_two")
    assert set(local.states.values()) == {"success"}, local.output
    assert of_dbt(submitted) == local.states, submitted.output
    assert submitted.states["compiled.sql"] == "success"
    assert shop.warehouse.contents("good_two") == shop.warehouse.contents("good_one")
    assert set(shop.warehouse.contents("good_two")) == {*SUBMITTED, "raw_orders", "history"}
    # Each statement was one job, which said RUNNING until after its task had deferred.
    jobs = {name: sql for name, sql in shop.warehouse.jobs.items() if name not in before}
    assert len(jobs) == len(SUBMITTED), jobs
    assert all(shop.warehouse.said_running[name] == 3 for name in jobs)
    assert submitted.output.count("DEFERRED") >= len(SUBMITTED)


BAD = {
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
    "shop.shelf.run": "success",  # A view is in its place.
    "shop.names.run": "failed",  # A table is in its place, which dbt leaves there.
}


def test_async_fails_as_local_does(shop: Shop) -> None:
    for dataset in ("bad_one", "bad_two"):
        shop.warehouse.make(dataset)
        shop.warehouse.query(f"create view `p1.{dataset}.shelf` as select 9 as n")
        shop.warehouse.query(f"create table `p1.{dataset}.names` as select 9 as id")
    local = shop.run("local", "bad_one")
    submitted = shop.run("airflow_async", "bad_two")
    assert local.states == BAD, local.output
    assert of_dbt(submitted) == BAD, submitted.output
    assert submitted.states["compiled.sql"] == "success"
    assert shop.warehouse.contents("bad_two") == shop.warehouse.contents("bad_one")
    assert shop.warehouse.contents("bad_two")["shelf"] == ("TABLE", ["['30']"])
    assert "this is odd" in submitted.output
    assert "names` is a table in the warehouse" in submitted.output


def test_what_is_not_as_it_was_compiled_is_not_submitted(shop: Shop, tmp_path: Path) -> None:
    models = shop.home.dags / "shop/models"
    odd = (models / "odd.sql").read_text(encoding="utf-8")
    changed = odd.replace('"table"', '"table", labels={"team": "shop"}')
    more = f"  sql_store: file://{tmp_path}/sql\n  secrets: {{API_KEY: {{variable: api_key}}}}\n"
    select = "raw_orders odd shelf names stock revenue"
    shop.compile("airflow_async", select=select, more=more)
    (models / "odd.sql").write_text(changed, encoding="utf-8")
    asks = "{{ config(materialized='table') }} select '{{ flags.WHICH }}' as n"
    (models / "stock.sql").write_text(asks, encoding="utf-8")
    tells = "{{ config(materialized='table') }} select '{{ env_var('API' ~ '_KEY') }}' as n"
    (models / "revenue.sql").write_text(tells, encoding="utf-8")
    (models / "names.sql").unlink()  # The selection of its task is empty now.
    run = shop.run_compiled("later")
    assert run.states == {
        "compiled.sql": "success",
        "shop.raw_orders.seed": "success",
        "shop.shelf.run": "success",
        "shop.odd.run": "failed",
        "shop.stock.run": "failed",
        "shop.revenue.run": "failed",
        "shop.names.run": "failed",
    }, run.output
    assert CANARY not in run.output
    assert "its SQL holds a secret" in run.output
    assert "its config has 'labels' here" in run.output
    assert "`flags` in stock is known only when it runs" in run.output
    assert "has no such model" in run.output
    kept = sorted(path.name for path in tmp_path.rglob("sql/**/*.json"))
    names = ("names", "odd", "revenue", "shelf", "stock")
    assert kept == [f"model.shop.{name}.json" for name in names]
    assert not any(CANARY in path.read_text() for path in tmp_path.rglob("sql/**/*.json"))


def test_where_nothing_may_be_submitted_nothing_is_green_for_it(shop: Shop) -> None:
    shop.compile("airflow_async", select="raw_orders shelf")
    with (shop.home.dags / "shop/dbt_project.yml").open("a", encoding="utf-8") as project:
        project.write('on-run-start: ["select 1"]\n')
    run = shop.run_compiled("hooked")
    assert run.states == {
        "compiled.sql": "failed",
        "shop.raw_orders.seed": "success",
        "shop.shelf.run": "upstream_failed",
    }, run.output
    assert "dbt runs the hook operation.shop.shop-on-run-start-0" in run.output
    assert "shelf" not in shop.warehouse.tables("hooked")
