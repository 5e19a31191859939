"""Mode `virtualenv` with the real dbt, made by a task of a real Airflow."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from airflow_home import AirflowHome
from artifact_builder import dbt_task
from dagwright.cli import program
from dbt_environment import DbtEnvironment
from processes import all_gone, child_of, running_with
from tiny import LOADER, runner

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.dbt,
    pytest.mark.slow,
    pytest.mark.xdist_group("virtualenv"),
]

SPEC = """\
version: 1
dag: {id: shop, schedule: null, start_date: 2026-01-01, default_args: {retries: 0}}
render:
  project_dir: ../shop
  dbt: {profiles_dir: ../shop, target: dev}
  select: [raw_orders, stg_orders]
execute:
  mode: virtualenv
  project_dir: ../shop
  profile: {target: dev, profiles_dir: ../shop}
"""
SLOW = dbt_task("slow.run", ["run", "--select", "slow"], ["model.tiny.slow"])


def test_the_first_task_makes_the_environment_and_the_next_one_finds_it(
    airflow_home: AirflowHome, parsed_configs: Path, dbt_environment: DbtEnvironment
) -> None:
    home = airflow_home
    shutil.copytree(parsed_configs / "shop", home.root / "shop")
    (home.dags / "dbt.py").write_text(LOADER)
    spec = home.dags / "shop.dagwright.yaml"
    wanted = f"  requirements: {list(dbt_environment.requirements)}\n  venv_dir: ../venvs\n"
    spec.write_text(SPEC + wanted)
    made = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    logs = []
    for task in ("shop.raw_orders.seed", "shop.stg_orders.run"):
        with runner(home, task, "shop") as process:
            logs.append(process.communicate()[0])
        assert "state: success" in logs[-1], logs[-1]
    assert ["Making the virtual environment" in log for log in logs] == [True, False]
    assert "OK loaded seed file raw.raw_orders" in logs[0]
    assert all("By the Python API of dbt 1." in log for log in logs)
    assert "OK created sql view model staging.stg_orders" in logs[1]


CANARY = "canary-pQ5vB8n2"
"""The name of a folder that DuckDB takes for its home: a secret which SQL can ask for."""
TELLS = """\
{% set asked = "select current_setting('home_directory')" %}
{% set found = run_query(asked).columns[0].values()[0] if execute else "" %}
{{ log('the secret is ' ~ found, info=True) }}
"""


@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_connection_is_the_profile_of_its_dbt_and_the_secret_comes_out_nowhere(
    airflow_home: AirflowHome,
    parsed_configs: Path,
    dbt_environment: DbtEnvironment,
    tmp_path: Path,
    invocation: str,
) -> None:
    home, project = airflow_home, airflow_home.root / "shop"
    shutil.copytree(parsed_configs / "shop", project)
    (project / "profiles.yml").unlink()
    model = project / "models/staging/stg_customers.sql"
    model.write_text(TELLS + model.read_text())
    (home.dags / "dbt.py").write_text(LOADER)
    shutil.copy(dbt_environment.lock, home.dags / "shop.requirements.lock")
    spec = home.dags / "shop.dagwright.yaml"
    by_connection = "profile: {connection: shop_db, type: duckdb, name: shop, target: dev}"
    spec.write_text(
        SPEC.replace("profile: {target: dev, profiles_dir: ../shop}", by_connection)
        .replace("dbt: {profiles_dir: ../shop, target: dev}", "load: manifest")
        .replace("[raw_orders, stg_orders]", "[raw_customers, stg_customers]")
        + f"  invocation: {invocation}\n{dbt_environment.keys}"
    )
    made = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    stated = {
        "conn_type": "duckdb",
        "host": str(project / "shop.duckdb"),
        "extra": {"settings": {"home_directory": f"/tmp/{CANARY}"}},  # noqa: S108
    }
    secretly = {"AIRFLOW_CONN_SHOP_DB": json.dumps(stated), "TMPDIR": str(temporary)}
    home = AirflowHome(home.root, {**home.environment, **secretly})
    logs = []
    for task in ("shop.raw_customers.seed", "shop.stg_customers.run"):
        with runner(home, task, "shop") as process:
            logs.append(process.communicate()[0])
        assert "state: success" in logs[-1], logs[-1]
        assert "(duckdb, method file) has by the Airflow connection shop_db: " in logs[-1]
    assert "the secret is ***" in logs[1]
    files = [path for folder in (home.root, temporary) for path in folder.rglob("*")]
    shown = {str(path): path.read_bytes() for path in files if path.is_file()}
    shown["the log"] = "".join(logs).encode()
    assert [place for place, content in shown.items() if CANARY.encode() in content] == []
    assert [place for place, content in shown.items() if b"stg_customers" in content]


@pytest.mark.parametrize(
    ("invocation", "number"),
    [("subprocess", signal.SIGKILL), ("dbt_runner", signal.SIGTERM)],
    ids=["subprocess-kill", "dbt_runner-term"],
)
def test_a_killed_task_leaves_no_dbt_of_the_environment(
    tiny: Any, dbt_environment: DbtEnvironment, invocation: str, number: int
) -> None:
    home = tiny(SLOW, invocation=invocation, virtualenv=dbt_environment.stated)
    variable = f"AIRFLOW_HOME={home.root}"
    with runner(home, "slow.run") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any("START sql table model main.slow" in line for line in lines)
        (place,) = dbt_environment.places
        assert len(running_with(variable, "--target-path")) >= 2
        assert running_with(f"VIRTUAL_ENV={place}", "--target-path")
        os.kill(child_of(process.pid), number)
        rest = "".join(lines)
    assert all_gone(variable, "--target-path")
    if number == signal.SIGTERM:
        assert "dbt was stopped because the task was killed" in rest
        assert "state: failed" in rest
