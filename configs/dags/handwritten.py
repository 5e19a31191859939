"""A DAG written by hand, with a compiled task group in the middle."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from dagwright_airflow import load_task_group

HERE = Path(__file__).parent

with DAG(
    "workshop",
    description="The notebook comes in, the marts are built, the mechanics are told",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,  # DuckDB lets one process write at a time.
    max_active_tasks=1,
):
    notebook_is_in = EmptyOperator(task_id="notebook_is_in")
    repairs = load_task_group("compiled/repairs.group.json", folder=HERE)
    mechanics_are_told = EmptyOperator(task_id="mechanics_are_told")

    notebook_is_in >> repairs >> mechanics_are_told
