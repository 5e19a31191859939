"""The live Airflow itself, so that a broken one is not taken for a broken product."""

from __future__ import annotations

DAG = """
from airflow.sdk import DAG, BaseHook, task

with DAG("hello", schedule=None):
    @task
    def look():
        return BaseHook.get_connection("of_the_test").host

    @task
    def wrong():
        raise RuntimeError("on purpose")

    look() >> wrong()
"""


def test_a_dag_runs_and_tells_what_it_did(live_airflow) -> None:
    live_airflow.add_connection("of_the_test", conn_type="postgres", host="nowhere.example")
    (live_airflow.dags / "hello.py").write_text(DAG, encoding="utf-8")
    run = live_airflow.trigger("hello")
    assert live_airflow.wait("hello", run) == "failed"
    assert live_airflow.states("hello", run) == {"look": "success", "wrong": "failed"}
    assert live_airflow.xcom("hello", run, "look") == "nowhere.example"
    assert "on purpose" in live_airflow.log("hello", run, "wrong")


def test_a_wrong_password_is_refused(postgres) -> None:
    import psycopg2  # noqa: PLC0415 (no part of the tests' own environment)
    import pytest  # noqa: PLC0415

    from live.postgres import Postgres  # noqa: PLC0415

    with pytest.raises(psycopg2.OperationalError, match="password"):
        Postgres(postgres.port, "wrong").connect()
