"""The sample shop, compiled and loaded by the shim, through the clouds' real operators and SDKs.

The servers are stand-ins of ours (`test_stand_ins`); dbt is the real one, on DuckDB.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aws_stand_in import LOG_GROUP, LOG_PREFIX
from azure_stand_in import CONNECTION
from dag_runs import DagRun, connections, run_dag
from dagwright.cli import program
from engine import IMAGE
from google_stand_in import PROJECT, connection

pytestmark = [pytest.mark.dbt, pytest.mark.airflow, pytest.mark.xdist_group("clouds")]

LOADER = 'from dagwright_airflow import load_dags\n\nload_dags(__file__, "compiled")\n'
CANARY = "canary-4711-of-the-warehouse"
SEED, MODEL = "shop.raw_orders.seed", "shop.stg_orders.run"


def compiled(home, configs: Path, engine, execute: dict, *, target: str) -> str:
    """Compile the seed and the model under it into `home`; return the artifact's text."""
    shop = engine.place(configs / "shop", "/dbt/shop")
    spec = {
        "version": 1,
        "dag": {"id": "cloud", "schedule": None, "start_date": "2026-01-01"},
        "render": {
            "project_dir": str(configs / "shop"),
            "select": ["raw_orders", "stg_orders"],
            "tests": "none",
        },
        "execute": {
            "project_dir": shop,
            "profile": {"profiles_dir": shop, **({"target": target} if target else {})},
            "env": {"RUN": "{{ run_id }}"},
            "vars": {"day": "{{ ds }}"},
            **execute,
        },
    }
    path = home.dags / "cloud.dagwright.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    done = CliRunner().invoke(program, ["compile", str(path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (home.dags / "dbt.py").write_text(LOADER, encoding="utf-8")
    return (home.dags / "compiled/cloud.dag.json").read_text(encoding="utf-8")


def assert_ended(run: DagRun, target: str) -> None:
    if target:  # There is no such target: dbt fails, and the operator says so.
        assert run.states[SEED] == "failed", run.output
        assert run.states[MODEL] == "upstream_failed"
    else:
        assert run.states == {SEED: "success", MODEL: "success"}, run.output


cases = pytest.mark.parametrize(
    ("deferrable", "target"),
    [(False, ""), (True, ""), (False, "nowhere")],
    ids=["waiting", "deferred", "failing"],
)


@cases
def test_ecs_by_our_moto(airflow_home, configs, aws, engine, deferrable, target) -> None:
    if "/dbt" not in str(aws.client("logs").describe_log_groups()):
        aws.define("dbt", "family", "dbt", IMAGE)
    network = aws.network()
    execute = {
        "mode": "aws_ecs",
        "cluster": "dbt",
        "task_definition": "family",
        "container": "dbt",
        "entrypoint": "keep",
        "connection": "aws",
        "launch_type": "FARGATE",
        "subnets": network["subnets"],
        "security_groups": network["securityGroups"],
        "resources": {"cpu": "500m", "memory": "1Gi"},
        "labels": {"team": "finance"},
        "logs": {"group": LOG_GROUP, "stream_prefix": LOG_PREFIX},
        "deferrable": deferrable,
        "operator_args": {"waiter_delay": 1, "awslogs_fetch_interval": 1},
    }
    compiled(airflow_home, configs, engine, execute, target=target)
    run = run_dag(airflow_home, "cloud", **connections(aws=aws.connection))
    assert_ended(run, target)
    asked = aws.asked[-1]
    assert (asked["cpu"], asked["memory"]) == ("512", "1024")
    assert asked["containerOverrides"][0]["command"][0] == "dbt"
    assert "dbt=1." in run.output  # What dbt printed came back through CloudWatch Logs.


@cases
def test_aci_by_our_azure(
    airflow_home, configs, azure, clouds, engine, deferrable, target
) -> None:
    execute = {
        "mode": "azure_container_instance",
        "image": IMAGE,
        "resource_group": "rg",
        "region": "westeurope",
        "connection": "azure",
        "resources": {"cpu": "500m", "memory": "1.5Gi"},
        "secrets": {"DBT_TOKEN": {"variable": "token"}},
        "deferrable": deferrable,
        "operator_args": {"polling_interval": 0.5},
    }
    text = compiled(airflow_home, configs, engine, execute, target=target)
    known = {**connections(azure=CONNECTION), "AIRFLOW_VAR_TOKEN": CANARY}
    run = run_dag(airflow_home, "cloud", **clouds.environment, **known)
    assert_ended(run, target)
    container = azure.asked[-1]["properties"]["containers"][0]["properties"]
    assert {"name": "DBT_TOKEN", "secureValue": CANARY} in container["environmentVariables"]
    assert container["resources"]["requests"] == {"cpu": 0.5, "memoryInGB": 1.5}
    assert CANARY not in text
    assert CANARY not in run.output
    assert azure.groups == {}
    assert clouds.refused == []


@cases
def test_cloud_run_by_our_google(
    airflow_home, configs, cloud_run, clouds, engine, deferrable, target
) -> None:
    full = f"projects/{PROJECT}/locations/europe-west1/jobs/dbt"
    container = {"name": "dbt", "image": IMAGE, "command": ["dbt"]}
    cloud_run.jobs[full] = {"name": full, "template": {"template": {"containers": [container]}}}
    execute = {
        "mode": "gcp_cloud_run_job",
        "job": "dbt",
        "container": "dbt",
        "region": "europe-west1",
        "project": PROJECT,
        "connection": "google",
        "timeout": "1h",
        "deferrable": deferrable,
        "operator_args": {"transport": "rest", "polling_period_seconds": 0.5},
    }
    compiled(airflow_home, configs, engine, execute, target=target)
    known = connections(google=connection())
    run = run_dag(airflow_home, "cloud", **clouds.environment, **known)
    assert_ended(run, target)
    overrides = cloud_run.asked[-1]["overrides"]
    assert overrides["taskCount"] == 1
    assert overrides["timeout"] == "3600s"
    assert overrides["containerOverrides"][0]["env"][0]["name"] == "RUN"
    assert clouds.refused == []
