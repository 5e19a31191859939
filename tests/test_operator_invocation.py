"""The program and the Python API do the same, and neither takes a DAG file for a plugin."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

TINY = Path(__file__).parent / "projects" / "tiny"
SEED = (("seed", "--select", "raw_orders"), ("seed.tiny.raw_orders",))
ORDERS = (("run", "--select", "orders"), ("model.tiny.orders",))
TESTS = (
    ("test", "--select", "orders", "--exclude", "test_type:unit", "source:*"),
    (
        "test.tiny.amount_is_small.f369cc9b05",
        "test.tiny.not_null_orders_id.84ef11d8fe",
        "test.tiny.unique_orders_id.1360ecc70e",
    ),
)
FRESHNESS = (
    ("source", "freshness", "--select", "source:shop.raw_orders"),
    ("source.tiny.shop.raw_orders",),
)
NOTHING = (("run", "--select", "gone"), ("model.tiny.gone",))
STRICT = ("--warn-error-options", '{"error": ["NoNodesForSelectionCriteria"]}')


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def run(project: Path, call: Any, invocation: str, **more: Any) -> tuple[Any, str]:
    """Return what is pushed to XCom, times left out, and what was raised."""
    from airflow.sdk.exceptions import AirflowException

    from dagwright_airflow.operators.dbt import DbtOperator

    command, nodes = call
    operator = DbtOperator(
        task_id="a",
        command=command,
        nodes=nodes,
        flags=STRICT,
        paths={"--project-dir": str(project), "--profiles-dir": str(project)},
        invocation=invocation,
        env={"TINY_DATABASE": str(project.parent / "tiny.duckdb")},
        **more,
    )
    try:
        done = DbtOperator.execute.__wrapped__(operator, {})
    except AirflowException as error:
        first = str(error).split("; its last lines:")[0]
        return operator.compiled_sql, f"{type(error).__name__}: {first}"
    for node in done["nodes"]:
        del node["seconds"]
    return [done["nodes"], operator.compiled_sql], ""


def break_model(project: Path) -> None:
    (project / "models/orders.sql").write_text("select gone from {{ ref('raw_orders') }}")


def break_end_hook(project: Path) -> None:
    with (project / "dbt_project.yml").open("a") as file:
        file.write('on-run-end: ["select 1", "select nothing from nowhere"]\n')


def break_rows(project: Path) -> None:
    with (project / "seeds/raw_orders.csv").open("a") as file:
        file.write("4,99,2026-01-04\n")


def only_warn(project: Path) -> None:
    break_rows(project)
    with (project / "dbt_project.yml").open("a") as file:
        file.write("data_tests: {tiny: {+severity: warn}}\n")


def nothing(_project: Path) -> None:
    pass


CASES = {
    "success": (nothing, [SEED, ORDERS, TESTS, FRESHNESS], ["", "", "", ""]),
    "model error": (break_model, [SEED, ORDERS], ["", "AirflowException: 1 of 2 failed:"]),
    "failed test": (
        break_rows,
        [SEED, ORDERS, TESTS],
        ["", "", "AirflowFailException: 1 of 4 failed:"],
    ),
    "warning": (only_warn, [SEED, ORDERS, TESTS], ["", "", ""]),
    "failed hook": (break_end_hook, [SEED], ["AirflowException: 1 of 4 failed:"]),
    "nothing": (nothing, [NOTHING], ["AirflowFailException: dbt ran nothing. Expected:"]),
    "no start": (
        lambda project: (project / "dbt_project.yml").write_text("no: [yaml"),
        [SEED],
        ["AirflowException: dbt ran nothing. Expected: seed.tiny.raw_orders. It gave up"],
    ),
}


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_both_invocations_come_to_the_same(case: str, project: Path, tmp_path: Path) -> None:
    change, calls, raised = CASES[case]
    change(project)
    other = Path(shutil.copytree(project, tmp_path / "other" / "tiny"))
    by_program = [run(project, call, "subprocess") for call in calls]
    by_api = [run(other, call, "dbt_runner") for call in calls]
    assert by_program == by_api
    for (_, said), start in zip(by_api, raised, strict=True):
        assert said.startswith(start)
        assert bool(said) == bool(start)


@pytest.mark.dbt
@pytest.mark.slow
def test_warnings_are_told_to_the_callbacks_and_the_task_succeeds(project: Path) -> None:
    only_warn(project)
    told: list[Any] = []

    def fails(_context: object) -> None:
        raise RuntimeError("not the task's fault")

    more = {"on_warning": (fails, told.append)}
    assert [run(project, call, "auto", **more)[1] for call in (SEED, ORDERS, TESTS)] == [""] * 3
    (context,) = told
    (warned,) = context["dbt_warnings"]
    assert warned["unique_id"] == "test.tiny.amount_is_small.f369cc9b05"
    assert warned["failures"] == 1


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_dag_file_never_becomes_a_plugin_of_dbt(
    invocation: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = Path(os.environ["AIRFLOW_HOME"]) / "dags"
    loader = project.parent / "bundle"
    library = project.parent / "library"
    seen = project.parent / "imported"
    for number, folder in enumerate((dags, loader, library)):
        folder.mkdir(exist_ok=True)
        line = f"open({str(seen)!r}, 'a').write('{number}')\n"
        (folder / f"dbt_file_{number}.py").write_text(line)
    paths = (dags, loader, library)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths)))
    try:
        assert run(project, SEED, invocation, folder=str(loader))[1] == ""
    finally:
        (dags / "dbt_file_0.py").unlink()
    assert set(seen.read_text()) == {"2"}  # A plugin on a path of its own is the user's.


def test_auto_is_the_api_of_the_very_program_that_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagwright_airflow import leash
    from dagwright_airflow.operators.invocation import program

    log = logging.getLogger("test")
    own = str(Path(sys.executable).parent)
    other = tmp_path / "dbt"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert program("auto", "dbt", {"PATH": own}, log) == [leash.DBT_RUNNER]
    assert program("auto", "dbt", {"PATH": str(tmp_path / "empty")}, log) == [leash.DBT_RUNNER]
    assert program("auto", "dbt", {"PATH": f"{tmp_path}:{own}"}, log) == [leash.RUN, str(other)]
    assert program("auto", str(other), {"PATH": own}, log) == [leash.RUN, str(other)]
    assert program("subprocess", "dbt", {"PATH": own}, log) == [leash.RUN, f"{own}/dbt"]
