"""The sample shop on PostgreSQL, run by a scheduler: what it builds, and what it leaves."""

from __future__ import annotations

import json

import pytest

from live.server import LiveAirflow
from live.shop_in_postgres import (
    Shop,
    bake,
    connection,
    dbt,
    deploy,
    everything,
    shop_in_duckdb,
    shop_in_postgres,
)

NOT_TAKEN = ("Unable to do partial parsing", "Starting full parse")
"""What dbt says where it parses the project anew although there is a parse."""

SPEC = """\
version: 1
dag: {{id: {dag}, schedule: null, default_args: {{retries: 0}}}}
render: {{project_dir: {project}, tests: build, sources: with_tests_or_freshness{more}}}
execute:
  mode: local
  invocation: {invocation}
  project_dir: {project}
  profile: {{name: shop, target: warehouse, connection: shop_db, type: postgres, schema: main}}
"""


def connect(airflow: LiveAirflow, shop: Shop, **other: object) -> None:
    """Make Airflow's connection to the shop's database, with `other` fields than it has."""
    airflow.add_connection("shop_db", **{**connection(shop), **other})


def prepare(airflow: LiveAirflow, shop: Shop, dag: str, invocation: str, more: str = "") -> None:
    """Let dbt parse the shop for a DAG of it, and deploy that.

    What the tasks start from is made by the connection itself where they call dbt's API, by a file
    with the same profile where they do not.
    """
    connect(airflow, shop)
    secret = {"DBT_ENV_SECRET_SHOP": shop.postgres.password}
    dbt(shop.folder, "parse", **secret)
    spec = SPEC.format(dag=dag, project=shop.folder, invocation=invocation, more=more)
    deploy(airflow, dag, spec)
    if invocation == "subprocess":
        bake(airflow.dags / dag, shop.folder, **secret)
        return
    told = {key: value for key, value in connection(shop).items() if value is not None}
    variables = {
        "AIRFLOW_CONN_SHOP_DB": json.dumps(told),
        "AIRFLOW_HOME": str(airflow.dags.parent),
    }
    bake(airflow.dags / dag, None, **variables)


@pytest.fixture(scope="module")
def shop(postgres, tmp_path_factory) -> Shop:
    return shop_in_postgres(postgres, tmp_path_factory.mktemp("shop") / "shop", "shop_pg")


@pytest.fixture(scope="module")
def in_duckdb(tmp_path_factory) -> dict[str, list[object]]:
    """What the shop builds in DuckDB, by one call of dbt."""
    return shop_in_duckdb(tmp_path_factory.mktemp("duck") / "shop")


def test_every_table_is_that_of_duckdb(live_airflow, shop, in_duckdb) -> None:
    """All tasks are green and parse nothing; no file, no session and no folder is left."""
    prepare(live_airflow, shop, "shop_pg", "dbt_runner")
    before = everything(shop.folder)

    run = live_airflow.trigger("shop_pg")
    assert live_airflow.wait("shop_pg", run) == "success"
    states = live_airflow.states("shop_pg", run)
    assert set(states.values()) == {"success"}
    assert shop.tables() == in_duckdb

    for task in states:
        log = live_airflow.log("shop_pg", run, task)
        assert not [sign for sign in NOT_TAKEN if sign in log], log
        assert shop.postgres.password not in log
    assert everything(shop.folder) == before
    assert shop.sessions() == []
    assert live_airflow.scratch() == []


@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_task_starts_from_what_was_baked_or_tells_why_not(
    live_airflow, shop, invocation: str
) -> None:
    """By another host, the profile is another one for dbt, though the server is the same."""
    dag = f"shop_by_{invocation}"
    prepare(live_airflow, shop, dag, invocation, more=", select: [raw_orders]")
    logs = []
    for host in (shop.postgres.host, "localhost"):
        connect(live_airflow, shop, host=host)
        run = live_airflow.trigger(dag)
        assert live_airflow.wait(dag, run) == "success"
        logs.append(live_airflow.log(dag, run, "shop.raw_orders.build"))
    assert not [sign for sign in NOT_TAKEN if sign in logs[0]]
    assert "Unable to do partial parsing because profile has changed" in logs[1]
