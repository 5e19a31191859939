"""What Airflow's OpenLineage provider tells of a task: the tables that its dbt read and wrote."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from airflow_home import AirflowHome
from artifact_builder import dbt_task
from lineage_events import by_table, told

pytestmark = [pytest.mark.airflow, pytest.mark.dbt, pytest.mark.slow]

BUILD = dbt_task(
    "build",
    ["build", "--select", "raw_orders", "orders"],
    [
        "seed.tiny.raw_orders",
        "model.tiny.orders",
        "test.tiny.not_null_orders_id.84ef11d8fe",
        "test.tiny.unique_orders_id.1360ecc70e",
        "test.tiny.amount_is_small.f369cc9b05",
    ],
)

MODEL = dbt_task("model", ["run", "--select", "orders"], ["model.tiny.orders"])


@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_task_tells_what_it_wrote_and_how_that_fared(
    tiny: Callable[..., AirflowHome], invocation: str, tmp_path: Path
) -> None:
    home = tiny(BUILD, invocation=invocation)
    output, (event,) = told(home, "build", tmp_path / "events")
    assert "state: success" in output, output
    assert event["eventType"] == "COMPLETE"
    assert event["job"]["namespace"] == "shop"
    assert event["inputs"] == []  # What the tests read was written here.
    outputs = by_table(event["outputs"])
    assert sorted(outputs) == ["tiny.main.orders", "tiny.main.raw_orders"]
    assert outputs["tiny.main.raw_orders"]["outputFacets"]["outputStatistics"]["rowCount"] == 3
    facets = outputs["tiny.main.orders"]["facets"]
    tests = facets["dataQualityAssertions"]["assertions"]
    assert [(one["name"], one["success"]) for one in tests] == [
        ("amount_is_small", True),
        ("not_null_orders_id", True),
        ("unique_orders_id", True),
    ]
    (source,) = facets["columnLineage"]["fields"]["id"]["inputFields"]
    assert (source["name"], source["field"]) == ("tiny.main.raw_orders", "id")


def test_a_model_tells_the_seed_that_it_read(tiny, tmp_path: Path) -> None:
    home = tiny(MODEL)
    seed = [str(Path(sys.executable).parent / "dbt"), "seed", "--profiles-dir", "."]
    subprocess.run(seed, cwd=home.root / "tiny", env=home.environment, check=True)
    output, (event,) = told(home, "model", tmp_path / "events")
    assert "state: success" in output, output
    assert list(by_table(event["inputs"])) == ["tiny.main.raw_orders"]
    assert list(by_table(event["outputs"])) == ["tiny.main.orders"]


def records_of(log: logging.Logger) -> list[str]:
    """Return a list of what is written to `log` from now on."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    return records


def test_what_cannot_be_read_is_told_and_fails_nothing(airflow, tmp_path: Path) -> None:
    from dagwright_airflow.operators.lineage import read_lineage

    log = logging.getLogger("lineage")
    records = records_of(log)
    assert read_lineage(tmp_path, tmp_path, {}, log, str) is None
    assert "OpenLineage cannot read dbt's files (FileNotFoundError" in records[0]


def test_an_error_that_quotes_a_secret_of_the_profile_is_blanked(airflow, tmp_path: Path) -> None:
    """OpenLineage quotes a type that it does not know; here the type is the secret."""
    from dagwright_airflow.operators.blank import blanker
    from dagwright_airflow.operators.lineage import read_lineage

    secret = "canary-7Hq2"  # noqa: S105 (it is none)
    profile = "shop: {target: dev, outputs: {dev: {type: \"{{ env_var('KIND') }}\"}}}\n"
    (tmp_path / "profiles.yml").write_text(profile)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    schema = "https://schemas.getdbt.com/dbt/{}.json"
    metadata = {"dbt_schema_version": schema.format("manifest/v12"), "adapter_type": "duckdb"}
    (tmp_path / "manifest.json").write_text(json.dumps({"metadata": metadata}))
    metadata = {"dbt_schema_version": schema.format("run-results/v6"), "invocation_id": "1"}
    args = {"profiles_dir": str(tmp_path), "which": "run"}
    told = {"metadata": metadata, "args": args, "results": []}
    (tmp_path / "run_results.json").write_text(json.dumps(told))
    log = logging.getLogger("lineage.secret")
    records = records_of(log)
    for blank in (str, blanker([secret])):
        assert read_lineage(tmp_path, tmp_path, {"KIND": secret}, log, blank) is None
    assert secret in records[0]  # So the second one had something to blank.
    assert secret not in "".join(records[len(records) // 2 :])
    assert "***" in records[-1]


def test_calls_of_one_task_are_told_together(airflow) -> None:
    """As of a producer, whose tests at the end read what its build wrote."""
    from dagwright_airflow.operators.lineage import Lineage, joined

    def dataset(name: str, **facets: str) -> SimpleNamespace:
        return SimpleNamespace(namespace="shop", name=name, facets=facets)

    build = Lineage((dataset("raw"),), (dataset("orders", schema="s"),))
    tests = Lineage((dataset("orders", tests="t"), dataset("lone")), ())
    both = joined(joined(None, build), tests)
    assert both is not None
    assert [one.name for one in both.inputs] == ["raw", "lone"]
    assert [(one.name, one.facets) for one in both.outputs] == [
        ("orders", {"schema": "s", "tests": "t"})
    ]
