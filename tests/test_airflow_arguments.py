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

from airflow_tables.everything import ALERTS, spec_text
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


def artifact() -> str:
    report = Report()
    disk = MemoryFiles(
        {
            "shop.dagwright.yaml": spec_text("3.3").encode(),
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
