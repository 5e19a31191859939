"""The sample shop, compiled and loaded by the shim, through the clouds' real operators and SDKs.

The servers are stand-ins of ours (`test_stand_ins`); dbt is the real one, on DuckDB. It runs in
processes of this machine, or in containers of a real Docker (`make test-docker`).

dbt gets a secret in every run. A run that gets the same as no secret is told apart by each place.
"""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from airflow_home import AirflowHome
from aws_stand_in import LOG_GROUP, LOG_PREFIX
from azure_stand_in import CONNECTION
from canary import CANARY, TELLS, TELLS_LENGTH, VARIABLE, places_with, told_by_dbt
from dag_runs import DagRun, connections, run_dag
from dagwright.cli import program
from engine import IMAGE, Engine
from google_stand_in import PROJECT, connection
from processes import child_of
from test_pods import until
from tiny import runner

pytestmark = [pytest.mark.dbt, pytest.mark.airflow, pytest.mark.xdist_group("clouds")]

LOADER = 'from dagwright_airflow import load_dags\n\nload_dags(__file__, "compiled")\n'
SEED, MODEL = "shop.raw_orders.seed", "shop.stg_orders.run"
LEAKING = {"secrets": {}, "env": {VARIABLE: CANARY}}
"""What makes of the secret a plain variable, for all to see."""
SHOWN = {"artifact", "log", "wire", "database", "rendered_task_instance_fields", "serialized_dag"}
"""The places that a plain variable shows up in."""


@dataclass(frozen=True)
class Shop:
    """The shop's seed and the model under it, to be run in a cloud."""

    home: AirflowHome
    configs: Path
    engine: Engine

    def compile(self, execute: dict[str, Any], target: str = "") -> str:
        """Compile them; return the artifact's text."""
        shop = self.engine.place(self.configs / "shop", "/dbt/shop")
        env = {"RUN": "{{ run_id }}", "SHOP_DIR": shop, **execute.pop("env", {})}
        spec = {
            "version": 1,
            "dag": {"id": "cloud", "schedule": None, "start_date": "2026-01-01"},
            "render": {
                "project_dir": str(self.configs / "shop"),
                "select": ["raw_orders", "stg_orders"],
                "tests": "none",
            },
            "execute": {
                "project_dir": shop,
                "profile": {"profiles_dir": shop, **({"target": target} if target else {})},
                "vars": {"day": "{{ ds }}"},
                "env": env,
                **execute,
            },
        }
        path = self.home.dags / "cloud.dagwright.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        done = CliRunner().invoke(program, ["compile", str(path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        (self.home.dags / "dbt.py").write_text(LOADER, encoding="utf-8")
        return (self.home.dags / "compiled/cloud.dag.json").read_text(encoding="utf-8")

    def tells(self, expression: str) -> None:
        told_by_dbt(self.configs / "shop", expression)


@pytest.fixture
def shop(airflow_home, configs, engine) -> Shop:
    return Shop(airflow_home, configs, engine)


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


def on_ecs(aws) -> dict[str, Any]:
    """Return `execute` for a task definition, made now, that has the secret by reference."""
    if "/dbt" not in str(aws.client("logs").describe_log_groups()):
        aws.define("dbt", "family", "dbt", IMAGE, **{VARIABLE: CANARY})
    network = aws.network()
    return {
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
        "operator_args": {"waiter_delay": 1, "awslogs_fetch_interval": 1},
    }


@cases
def test_ecs_by_our_moto(shop, aws, deferrable, target) -> None:
    """The worker never has the secret: it is the task definition's, by reference."""
    shop.tells(TELLS_LENGTH)
    text = shop.compile({**on_ecs(aws), "deferrable": deferrable}, target)
    run = run_dag(shop.home, "cloud", **connections(aws=aws.connection))
    assert_ended(run, target)
    asked = aws.asked[-1]
    assert (asked["cpu"], asked["memory"]) == ("512", "1024")
    assert asked["containerOverrides"][0]["command"][0] == "dbt"
    assert "dbt=1." in run.output  # What dbt printed came back through CloudWatch Logs.
    assert (f"told: {len(CANARY)}" in run.output) == (not target)
    assert places_with(CANARY, shop.home, text, run, aws.wire) == set()


def test_ecs_would_show_a_plain_variable(shop, aws) -> None:
    shop.tells(TELLS)
    seen = len(aws.wire)
    text = shop.compile({**on_ecs(aws), "env": LEAKING["env"]})
    run = run_dag(shop.home, "cloud", **connections(aws=aws.connection))
    assert SHOWN - places_with(CANARY, shop.home, text, run, aws.wire[seen:]) == set()
    del aws.wire[seen:]


def in_azure() -> dict[str, Any]:
    return {
        "mode": "azure_container_instance",
        "image": IMAGE,
        "resource_group": "rg",
        "region": "westeurope",
        "connection": "azure",
        "resources": {"cpu": "500m", "memory": "1.5Gi"},
        "secrets": {VARIABLE: {"variable": "mark"}},
        "operator_args": {"polling_interval": 0.5, "xcom_all": True},
    }


def plain_azure_wire(azure) -> list[bytes]:
    """Return what was asked for, but for what Azure keeps secret."""
    asked = json.loads(json.dumps(azure.asked))
    for body in asked:
        for container in body["properties"]["containers"]:
            for variable in container["properties"].get("environmentVariables", ()):
                variable.pop("secureValue", None)
    return [json.dumps(asked).encode()]


@cases
def test_aci_by_our_azure(shop, azure, clouds, deferrable, target) -> None:
    """The worker has the secret, and knows it again where dbt tells it."""
    shop.tells(TELLS)
    text = shop.compile({**in_azure(), "deferrable": deferrable}, target)
    known = {**connections(azure=CONNECTION), "AIRFLOW_VAR_MARK": CANARY}
    run = run_dag(shop.home, "cloud", **clouds.environment, **known)
    assert_ended(run, target)
    container = azure.asked[-1]["properties"]["containers"][0]["properties"]
    assert {"name": VARIABLE, "secureValue": CANARY} in container["environmentVariables"]
    assert container["resources"]["requests"] == {"cpu": 0.5, "memoryInGB": 1.5}
    assert places_with(CANARY, shop.home, text, run, plain_azure_wire(azure)) == set()
    assert azure.groups == {}
    assert clouds.refused == []


def test_aci_would_show_a_plain_variable(shop, azure, clouds) -> None:
    shop.tells(TELLS)
    seen = len(azure.asked)
    text = shop.compile({**in_azure(), **LEAKING})
    known = connections(azure=CONNECTION)
    run = run_dag(shop.home, "cloud", **clouds.environment, **known)
    found = places_with(CANARY, shop.home, text, run, plain_azure_wire(azure))
    assert (SHOWN | {"xcom"}) - found == set()
    del azure.asked[seen:]


def in_cloud_run(cloud_run) -> dict[str, Any]:
    """Return `execute` for a job, made now, that has the secret by reference."""
    full = f"projects/{PROJECT}/locations/europe-west1/jobs/dbt"
    reference = {"secret": "mark-of-the-shop", "version": "latest"}
    secret = {"name": VARIABLE, "valueSource": {"secretKeyRef": reference}}
    container = {"name": "dbt", "image": IMAGE, "command": ["dbt"], "env": [secret]}
    cloud_run.jobs[full] = {"name": full, "template": {"template": {"containers": [container]}}}
    cloud_run.secrets["mark-of-the-shop"] = CANARY
    return {
        "mode": "gcp_cloud_run_job",
        "job": "dbt",
        "container": "dbt",
        "region": "europe-west1",
        "project": PROJECT,
        "connection": "google",
        "timeout": "1h",
        "operator_args": {"transport": "rest", "polling_period_seconds": 0.5},
    }


def google_wire(clouds) -> list[bytes]:
    return [one.body for one in clouds.requests if one.host == "run.googleapis.com"]


@cases
def test_cloud_run_by_our_google(shop, cloud_run, clouds, deferrable, target) -> None:
    """The worker never has the secret: it is the job's, by reference."""
    shop.tells(TELLS_LENGTH)
    text = shop.compile({**in_cloud_run(cloud_run), "deferrable": deferrable}, target)
    known = connections(google=connection())
    run = run_dag(shop.home, "cloud", **clouds.environment, **known)
    assert_ended(run, target)
    overrides = cloud_run.asked[-1]["overrides"]
    assert overrides["taskCount"] == 1
    assert overrides["timeout"] == "3600s"
    assert overrides["containerOverrides"][0]["env"][0]["name"] == "RUN"
    told = cloud_run.output()
    assert (f"told: {len(CANARY)}" in told) == (not target), told
    assert places_with(CANARY, shop.home, text, run, google_wire(clouds)) == set()
    assert clouds.refused == []


@pytest.mark.parametrize("seconds", [0, 2], ids=["at work", "while it is started"])
def test_a_killed_task_cancels_its_execution(
    shop, cloud_run, clouds, monkeypatch, seconds
) -> None:
    """The provider's own operator leaves it going; here the container sleeps."""
    monkeypatch.setattr(cloud_run, "answer_seconds", seconds)
    seen = len(cloud_run.cancelled)
    block = in_cloud_run(cloud_run)
    job = next(iter(cloud_run.jobs.values()))
    job["template"]["template"]["containers"][0]["command"] = ["sh", "-c", "sleep 600"]
    shop.compile({**block, "deferrable": False})
    known = {**clouds.environment, **connections(google=connection())}
    home = AirflowHome(shop.home.root, {**shop.home.environment, **known})
    before, asked = len(cloud_run.executions), len(clouds.requests)
    with runner(home, SEED, "cloud") as process:
        until(lambda: len(cloud_run.executions) > before)
        name, execution = list(cloud_run.executions.items())[-1]
        assert execution.started.code() is None
        if not seconds:
            until(lambda: any("/operations/" in one.path for one in clouds.requests[asked:]))
        os.kill(child_of(process.pid), signal.SIGTERM)
        rest = process.stdout.read()
    assert cloud_run.cancelled[seen:] == [name]
    assert execution.started.code() is not None
    assert "state: failed" in rest


def test_cloud_run_would_show_a_plain_variable(shop, cloud_run, clouds) -> None:
    """But for dbt's output, which goes to Google's log and not to Airflow's."""
    text = shop.compile({**in_cloud_run(cloud_run), "env": LEAKING["env"]})
    known = connections(google=connection())
    seen = len(clouds.requests)
    run = run_dag(shop.home, "cloud", **clouds.environment, **known)
    found = places_with(CANARY, shop.home, text, run, google_wire(clouds))
    assert SHOWN - {"log"} - found == set()
    del clouds.requests[seen:]
