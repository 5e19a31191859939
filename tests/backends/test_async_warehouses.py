"""`airflow_async` beyond BigQuery: each warehouse's real operator and trigger, on its API.

What dbt would compile is given here; that each adapter makes tables by these statements is read in
its macros, and no test can run it without the warehouse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_stand_in import Aws
from dag_runs import connections, run_dag
from dagwright.plan.warehouses import WAREHOUSES
from dagwright_airflow.statements.text import statements
from loopback import loopback
from test_async_safety import project, spec, tasks_and_defaults
from warehouse_stand_ins import (
    DATABRICKS,
    SNOWFLAKE,
    TOKEN,
    Submitted,
    databricks,
    slow_moto,
    snowflake,
)

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("clouds")]

DAG = """\
import json
from pathlib import Path
from airflow.sdk import DAG, task
from dagwright_airflow.kinds import kind_named

case = json.loads(Path(__file__).with_name("case.json").read_text())
kind = kind_named(case["kind"])

with DAG("warehouse"):
    @task(task_id="compiled.sql")
    def compiled(ti=None):
        for node, row in case["rows"].items():
            ti.xcom_push(key=node, value=row)

    first = compiled()
    for node in case["rows"]:
        first >> kind.operator()(task_id=node, nodes=[node], **case["shared"])
"""
TRUSTING = """\
# Triggers ask by aiohttp, which looks at the proxy of the environment only when it is told to.
import aiohttp
_init = aiohttp.ClientSession.__init__
def init(self, *args, **kwargs):
    _init(self, *args, **{"trust_env": True, **kwargs})
aiohttp.ClientSession.__init__ = init
"""
FOUND = {"relation": "d.s.a", "temporary": "d.s.t", "name": "a", "replaceable": True}


def rows(warehouse: str) -> dict[str, dict[str, list[str]]]:
    """Return the statements of a good model and of one that fails; what is there is dropped."""
    row = WAREHOUSES[warehouse]
    wanted = "view" if "table" in row.refusals else "table"
    there = "view" if "view" in row.drops[wanted] else wanted
    rules = {"statements": row.statements, "drops": row.drops}
    made = {}
    for name, sql in {"good": "select '{{ ds }}' as a", "bad": "select a from nowhere"}.items():
        made[name] = {"statements": statements(wanted, {**FOUND, "type": there}, sql, rules)}
    return made


def put(folder: Path, warehouse: str) -> dict[str, dict[str, list[str]]]:
    """Write the DAG for `warehouse`; return what it is to submit."""
    _, defaults = tasks_and_defaults(spec(warehouse, ", poll_interval: 1s"), project(warehouse))
    kind = WAREHOUSES[warehouse].kind
    case = {"kind": kind, "rows": rows(warehouse), "shared": defaults[kind]}
    (folder / "case.json").write_text(json.dumps(case), encoding="utf-8")
    (folder / "warehouse.py").write_text(DAG, encoding="utf-8")
    return rows(warehouse)


ENDS = {"compiled.sql": "success", "good": "success", "bad": "failed"}


@pytest.fixture
def slow_aws(aws: Aws) -> Iterator[tuple[Aws, Submitted]]:
    submitted = Submitted()
    with slow_moto(submitted):
        yield aws, submitted


@pytest.mark.parametrize("warehouse", ["redshift", "athena"])
def test_moto(airflow_home, slow_aws, warehouse: str) -> None:
    aws, submitted = slow_aws
    sent = put(airflow_home.dags, warehouse)
    run = run_dag(airflow_home, "warehouse", **connections(there=aws.connection))
    assert run.states == ENDS, run.output
    assert run.output.count("DEFERRED") >= 2
    if warehouse == "athena":
        told = [one["query"] for one in submitted.requests]
        assert sorted(told) == sorted(";\n".join(row["statements"]) for row in sent.values())
        return
    assert sorted(one["Sqls"] for one in submitted.requests) == sorted(
        row["statements"] for row in sent.values()
    )
    assert all(len(one["Sqls"]) == 4 for one in submitted.requests)
    assert {one["WorkgroupName"] for one in submitted.requests} == {"small"}
    assert {one["Database"] for one in submitted.requests} == {"shop"}


CONNECTIONS = {
    "snowflake": {
        "conn_type": "snowflake",
        "login": "shop",
        "password": TOKEN,
        "extra": {
            "account": "xy12345",
            "authenticator": "programmatic_access_token",
            "warehouse": "small",
            "database": "d",
        },
    },
    "databricks": {"conn_type": "databricks", "host": f"https://{DATABRICKS}", "password": TOKEN},
}


@pytest.mark.parametrize("warehouse", ["snowflake", "databricks"])
def test_servers_of_ours(airflow_home, tmp_path: Path, warehouse: str) -> None:
    submitted = Submitted()
    sent = put(airflow_home.dags, warehouse)
    (tmp_path / "trusting").mkdir()
    (tmp_path / "trusting/sitecustomize.py").write_text(TRUSTING, encoding="utf-8")
    hosts = {SNOWFLAKE: snowflake(submitted), DATABRICKS: databricks(submitted)}
    with loopback(hosts, tmp_path / "certificates") as proxy:
        run = run_dag(
            airflow_home,
            "warehouse",
            **proxy.environment,
            PYTHONPATH=str(tmp_path / "trusting"),
            **connections(there=CONNECTIONS[warehouse]),
        )
    assert run.states == ENDS, run.output
    assert run.output.count("DEFERRED") >= 2
    assert proxy.refused == []
    told = sorted(str(one["statement"]) for one in submitted.requests)
    assert told == sorted(";\n".join(row["statements"]) for row in sent.values())
    assert all(count > 3 for count in submitted.asked.values())
    assert TOKEN not in run.output
