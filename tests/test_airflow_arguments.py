"""Everything that a spec can tell Airflow reaches a real DAG: spec, artifact, DAG bag."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.spec.model import Dag, TaskSettings
from manifests import manifest

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

SCHEMA = Path(__file__).parents[1] / "schemas/artifact-1.json"
ALERTS = """\
async def late(context, channel):
    pass
def slow(context):
    pass
def notify(context):
    pass
def fiscal_year(day):
    return day[:4]
"""
SPEC = """\
version: 1
requires: {airflow: ">=3.3"}
dag:
  id: shop
  description: All of it
  schedule: "0 6 * * *"
  start_date: 2026-01-01
  end_date: 2027-01-01
  timezone: Europe/Amsterdam
  catchup: true
  max_active_runs: 2
  max_active_tasks: 3
  max_consecutive_failed_dag_runs: 4
  dagrun_timeout: 6h
  deadline:
    - reference: {average_runtime: {max_runs: 20}}
      interval: 30m
      callback: shop_alerts.slow
      runs_in: executor
      name: slow
    - {reference: dagrun_queued_at, interval: 2h, callback: shop_alerts.late,
       arguments: {channel: "#dbt"}}
    - {reference: {fixed_datetime: "2026-06-30T18:00"}, interval: 0s, callback: shop_alerts.late}
  allowed_run_types: [scheduled, manual]
  tags: [dbt]
  params: {day: today}
  doc_md: About it
  owner_links: {analytics: "https://example.org/analytics"}
  render_template_as_native_obj: true
  fail_fast: true
  is_paused_upon_creation: false
  disable_bundle_versioning: true
  rerun_with_latest_version: true
  access_control: {analyst: [can_read], owner: {DAGs: [can_edit], DAG Runs: [can_create]}}
  user_defined_macros: {fiscal_year: shop_alerts.fiscal_year}
  user_defined_filters: {year: shop_alerts.fiscal_year}
  display_name: The shop
  default_args:
    owner: analytics
    email: [a@example.org]
    email_on_failure: false
    email_on_retry: false
    retries: 2
    retry_delay: 5m
    retry_exponential_backoff: 1.5
    max_retry_delay: 1h
    execution_timeout: 2h
    depends_on_past: true
    ignore_first_depends_on_past: true
    wait_for_downstream: true
    wait_for_past_depends_before_skipping: true
    trigger_rule: all_success
    pool: heavy
    pool_slots: 2
    queue: big
    priority_weight: 5
    weight_rule: absolute
    executor: LocalExecutor
    executor_config: {memory: {limit: 1Gi}}
    run_as_user: dbt
    max_active_tis_per_dag: 6
    max_active_tis_per_dagrun: 7
    do_xcom_push: false
    render_template_as_native_obj: false
    doc_md: See the wiki
    logger_name: shop
    on_execute_callback: shop_alerts.notify
    on_success_callback: [shop_alerts.notify]
    on_failure_callback: shop_alerts.notify
    on_retry_callback: shop_alerts.notify
    on_skipped_callback: shop_alerts.notify
  on_success_callback: shop_alerts.notify
  on_failure_callback: shop_alerts.notify
render: {project_dir: shop, assets: false}
execute: {mode: local, project_dir: /srv/shop}
"""


def artifact() -> str:
    report = Report()
    disk = MemoryFiles(
        {
            "shop.dagwright.yaml": SPEC.encode(),
            "shop/target/manifest.json": manifest("model.shop.orders\n"),
        }
    )
    made = compile_spec(disk, "shop.dagwright.yaml", Options(), report)
    assert made is not None, report.sorted()
    return made.text


@pytest.fixture
def dags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled/shop.dag.json").write_text(artifact())
    (tmp_path / "shop_alerts.py").write_text(ALERTS)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("shop_alerts", None)
    return tmp_path


def load(dags: Path, allowed: str) -> Any:
    from airflow.dag_processing.dagbag import BundleDagBag

    (dags / "dbt.py").write_text(
        "# airflow dag loader\nfrom dagwright_airflow import load_dags\n"
        f'load_dags(__file__, "compiled", callbacks=({allowed!r},))\n'
    )
    bag = BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="test", load_op_links=False)
    assert bag.import_errors == {}
    return bag.dags["shop"]


def test_the_spec_says_all_that_one_can_say_and_the_artifact_too() -> None:
    document = json.loads(artifact())
    assert set(document["dag"]) == set(Dag.model_fields)
    assert set(document["dag"]["default_args"]) == set(TaskSettings.model_fields)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft7Validator)


def test_every_argument_reaches_the_dag(dags: Path) -> None:
    dag = load(dags, "shop_alerts.")
    assert dag.tags == {"dbt"}, getattr(dag.tasks[0], "reason", "")
    assert (dag.description, dag.doc_md, dag.dag_display_name) == (
        "All of it",
        "About it",
        "The shop",
    )
    assert (dag.timezone.name, dag.catchup, dag.params.dump()) == (
        "Europe/Amsterdam",
        True,
        {"day": "today"},
    )
    limits = ("max_active_runs", "max_active_tasks", "max_consecutive_failed_dag_runs")
    assert [getattr(dag, name) for name in limits] == [2, 3, 4]
    assert dag.dagrun_timeout == timedelta(hours=6)
    assert {kind.value for kind in dag.allowed_run_types} == {"scheduled", "manual"}
    assert dag.access_control == {
        "analyst": {"DAGs": {"can_read"}},
        "owner": {"DAGs": {"can_edit"}, "DAG Runs": {"can_create"}},
    }
    assert dag.user_defined_macros["fiscal_year"]("2026-01") == "2026"
    assert dag.user_defined_filters["year"]("2026-01") == "2026"
    flags = (
        *("render_template_as_native_obj", "fail_fast", "is_paused_upon_creation"),
        *("disable_bundle_versioning", "rerun_with_latest_version"),
    )
    assert [getattr(dag, name) for name in flags] == [True, True, False, True, True]


def test_every_setting_reaches_the_task(dags: Path) -> None:
    (task,) = load(dags, "shop_alerts").tasks
    stated = json.loads(artifact())["dag"]["default_args"]
    seconds = {"retry_delay", "max_retry_delay", "execution_timeout"}
    for name, value in stated.items():
        got = getattr(task, name)
        if name.endswith("_callback"):
            assert [function.__name__ for function in got] == ["notify"]
        elif name in seconds:
            assert got == timedelta(seconds=value)
        elif name == "logger_name":
            assert task._logger_name == value
        else:
            assert got == value, name


def test_deadlines_are_airflows_own(dags: Path) -> None:
    from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
    from airflow.serialization.serialized_objects import DagSerialization

    dag = load(dags, "shop_alerts")
    average, queued, fixed = dag.deadline
    assert average.name == "slow"
    assert (average.reference, average.callback) == (
        DeadlineReference.AVERAGE_RUNTIME(20),
        SyncCallback("shop_alerts.slow"),
    )
    assert queued == DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT,
        timedelta(hours=2),
        AsyncCallback("shop_alerts.late", {"channel": "#dbt"}),
    )
    moment = fixed.reference.serialize_reference()["datetime"]
    assert moment == 1782835200  # 2026-06-30T16:00Z, which is 18:00 in Amsterdam.
    text = json.dumps(DagSerialization.serialize_dag(dag))
    assert text.count("shop_alerts.late") == 2


@pytest.mark.parametrize("allowed", ["other", "shop_alerts.notify"])
def test_no_path_is_followed_that_the_loader_does_not_allow(dags: Path, allowed: str) -> None:
    dag = load(dags, allowed)
    assert dag.tags == {"broken-artifact"}
    assert "is not allowed here" in dag.tasks[0].reason


def test_a_callback_that_cannot_be_awaited_is_told(dags: Path) -> None:
    (dags / "shop_alerts.py").write_text(ALERTS.replace("async ", ""))
    dag = load(dags, "shop_alerts")
    assert "cannot make the deadline with shop_alerts.late" in dag.tasks[0].reason
