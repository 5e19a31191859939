"""Secrets of a worker's dbt: in the environment of dbt, and in nothing that comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from artifact_builder import dbt_task
from tiny import runner

pytestmark = [pytest.mark.airflow, pytest.mark.dbt, pytest.mark.slow]

CANARY = "canary-dDq8PZ0wL3"
TELLS = "{{ log('the secret is ' ~ env_var('THE_SECRET'), info=True) }} select 1 as id"
KEEPS = "select '{{ env_var('THE_SECRET') }}' as id"
CALL = dbt_task("orders.run", ["run", "--select", "orders"], ["model.tiny.orders"])
CONNECTION = {"conn_type": "generic", "extra": {"token": CANARY}}


def outputs(tiny: Any, sql: str, **shared: Any) -> tuple[str, bytes]:
    """Return the log of a task that runs `sql`, and the bytes of Airflow's database after it."""
    home = tiny(CALL, **shared)
    (home.root / "tiny/models/orders.sql").write_text(sql)
    (home.root / "tiny/models/models.yml").write_text("version: 2\n")
    (home.root / "tiny/models/revenue.sql").unlink()
    environment = {**home.environment, "AIRFLOW_CONN_SHOP": json.dumps(CONNECTION)}
    with runner(type(home)(home.root, environment), "orders.run") as process:
        log, _ = process.communicate()
    assert "state: success" in log, log
    database = b"".join(path.read_bytes() for path in sorted(home.root.glob("airflow.db*")))
    return log, database


@pytest.mark.parametrize("sql", [TELLS, KEEPS], ids=["told", "compiled"])
@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_secret_reaches_dbt_and_nothing_else(tiny: Any, sql: str, invocation: str) -> None:
    where = {"connection": "shop", "field": "extra.token"}
    log, database = outputs(tiny, sql, invocation=invocation, secrets={"THE_SECRET": where})
    assert CANARY not in log
    assert CANARY.encode() not in database
    if sql == TELLS:
        assert "the secret is ***" in log
    else:
        assert b"as id" in database  # The rendered fields hold the SQL, the secret blanked out.


def test_the_canary_sings_where_it_is_no_secret(tiny: Any) -> None:
    log, database = outputs(tiny, KEEPS, env={"THE_SECRET": CANARY})
    assert CANARY.encode() in database
    assert "state: success" in log


@pytest.mark.parametrize("connection", ["shop", "nowhere"])
def test_a_secret_that_is_not_there_is_named(tiny: Any, connection: str) -> None:
    home = tiny(CALL, secrets={"THE_SECRET": {"connection": connection, "field": "password"}})
    environment = {**home.environment, "AIRFLOW_CONN_SHOP": json.dumps(CONNECTION)}
    with runner(type(home)(Path(home.root), environment), "orders.run") as process:
        log, _ = process.communicate()
    assert "state: failed" in log
    where = f"field 'password' of connection '{connection}'"
    assert f"the secret for THE_SECRET is not there: {where}" in log
    assert CANARY not in log
