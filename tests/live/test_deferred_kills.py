"""A task that waits in the triggerer, and is ended by hand there, takes along what it started.

A whole Airflow over the stand-ins of clouds and clusters, whose containers sleep, whatever they
are asked to run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aws_stand_in import REGION, Aws, aws, is_eks_token
from azure_stand_in import CONNECTION, Azure
from clusters import Cluster, stand_in_cluster
from dag_runs import connections
from dagwright.cli import program
from engine import IMAGE, Container, ProcessEngine, Running
from gke_stand_in import HOST, gke, is_google_token
from google_stand_in import PROJECT, CloudRun, connection
from kubernetes_stand_in import kubernetes_stand_in
from live.server import LiveAirflow, running_airflow
from loopback import loopback
from manifests import manifest

LOADER = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"
TASK = "shop.orders.run"
LOCATION = "europe-west1"
JOB = f"projects/{PROJECT}/locations/{LOCATION}/jobs/dbt"
MODES = (
    "kubernetes",
    "aws_eks",
    "gcp_gke",
    "aws_ecs",
    "azure_container_instance",
    "gcp_cloud_run_job",
)
BEGUN = {
    **dict.fromkeys(("kubernetes", "aws_eks", "gcp_gke"), "Checking pod"),
    "aws_ecs": "Status of the task is",
}
"""By mode: what its trigger says when it has begun to wait; the others are seen to ask."""
SOON = {"startup_check_interval_seconds": 1, "poll_interval": 1}


@dataclass
class Sleeping(ProcessEngine):
    """Containers that sleep for ten minutes; `started` are all of them."""

    started: list[Running] = field(default_factory=list)

    def start(self, container: Container) -> Running:
        self.started.append(super().start(replace(container, argv=["sleep", "600"])))
        return self.started[-1]


@dataclass(frozen=True, slots=True)
class Places:
    """A live Airflow, and where its tasks are sent."""

    airflow: LiveAirflow
    engine: Sleeping
    blocks: Mapping[str, Mapping[str, Any]]
    """By mode: keys of `execute`."""
    asked: Callable[[], int]
    """How often the clouds were asked something."""

    def deploy(self, mode: str) -> None:
        """Compile a spec of one task for `mode`, and put it where Airflow finds it."""
        folder = self.airflow.dags / mode
        (folder / "shop/target").mkdir(parents=True)
        (folder / "shop/target/manifest.json").write_bytes(manifest("model.shop.orders"))
        spec = {
            "version": 1,
            "dag": {"id": mode, "schedule": None},
            "render": {"project_dir": "shop"},
            "execute": {
                "mode": mode,
                "project_dir": "/dbt/shop",
                "deferrable": True,
                **self.blocks[mode],
            },
        }
        path = folder / f"{mode}.dagwright.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        done = CliRunner().invoke(program, ["compile", str(path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        (folder / "loader.py").write_text(LOADER, encoding="utf-8")

    def waiting(self, mode: str) -> tuple[str, Running]:
        """Return a run whose one task waits in the triggerer, and what it has started."""
        before = len(self.engine.started)
        run = self.airflow.trigger(mode)
        self.until_begun(mode, run)
        asked = self.asked()
        if mode not in BEGUN:
            self.airflow.until(lambda: self.asked() > asked + 3, f"{mode} is asked")
        self.airflow.until(lambda: len(self.engine.started) > before, "it is there")
        return run, self.engine.started[-1]

    def until_begun(self, mode: str, run: str, attempt: int = 1) -> None:
        """Return when a try waits in the triggerer, and its trigger has begun."""
        self.airflow.await_state(mode, run, TASK, "deferred")
        where = f"dag_id={mode}/run_id={run}/task_id={TASK}"
        logs = self.airflow.root / "logs" / where
        self.airflow.until(
            lambda: any(
                BEGUN.get(mode, "starting") in one.read_text(encoding="utf-8")
                for one in logs.glob(f"attempt={attempt}.log.trigger.*")
            ),
            f"the trigger of {mode} has begun",
        )


@pytest.fixture(scope="module")
def places(postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    root: Path = tmp_path_factory.mktemp("deferred")
    for name in ("printed", "kubernetes", "certificates"):
        (root / name).mkdir()
    engine = Sleeping(frozenset({IMAGE}), root / "printed")
    azure, cloud_run = Azure(engine), CloudRun(engine)
    with (
        kubernetes_stand_in(engine, root / "kubernetes") as api,
        aws(engine) as amazon,
        gke() as found,
        loopback(
            {**azure.hosts, **cloud_run.hosts}, root / "certificates", {HOST: found.port}
        ) as proxy,
    ):
        api.knows.extend((is_eks_token, is_google_token))
        cluster = stand_in_cluster(api)
        full = f"projects/{PROJECT}/locations/{LOCATION}/clusters/main"
        found.clusters[full] = (cluster.url, cluster.authority)
        amazon.make_cluster("main", cluster.url, cluster.authority)
        amazon.define("dbt", "family", "dbt", IMAGE)
        container = {"name": "dbt", "image": IMAGE}
        cloud_run.jobs[JOB] = {"name": JOB, "template": {"template": {"containers": [container]}}}
        known = connections(
            cluster=cluster.connection,
            aws=amazon.connection,
            azure=CONNECTION,
            google=connection(),
        )
        environment = {**proxy.environment, **known}
        with running_airflow(postgres, root / "airflow", environment) as airflow:
            made = Places(airflow, engine, blocks(cluster, amazon), lambda: len(proxy.requests))
            for mode in MODES:
                made.deploy(mode)
            yield made


def blocks(cluster: Cluster, amazon: Aws) -> Mapping[str, Mapping[str, Any]]:
    network = amazon.network()
    google = {"region": LOCATION, "project": PROJECT, "connection": "google"}
    return {
        "kubernetes": {"image": IMAGE, "connection": "cluster", "operator_args": SOON},
        "aws_eks": {
            "image": IMAGE,
            "cluster": "main",
            "region": REGION,
            "connection": "aws",
            "operator_args": SOON,
        },
        "gcp_gke": {"image": IMAGE, "cluster": "main", **google, "operator_args": SOON},
        "aws_ecs": {
            "cluster": "dbt",
            "task_definition": "family",
            "container": "dbt",
            "connection": "aws",
            "launch_type": "FARGATE",
            "subnets": network["subnets"],
            "security_groups": network["securityGroups"],
            "operator_args": {"waiter_delay": 1},
        },
        "azure_container_instance": {
            "image": IMAGE,
            "resource_group": "rg",
            "region": "westeurope",
            "connection": "azure",
            "operator_args": {"polling_interval": 0.5},
        },
        "gcp_cloud_run_job": {
            "job": "dbt",
            **google,
            "operator_args": {"transport": "rest", "polling_period_seconds": 0.5},
        },
    }


@pytest.mark.parametrize("mode", MODES)
def test_a_deferred_task_that_is_marked_failed_takes_its_dbt_along(places, mode) -> None:
    run, running = places.waiting(mode)
    assert running.code() is None
    path = f"dags/{mode}/dagRuns/{run}/taskInstances/{TASK}"
    places.airflow.call("PATCH", path, {"new_state": "failed"})
    places.airflow.until(lambda: running.code() is not None, f"what {mode} started has ended")
    assert places.airflow.states(mode, run) == {TASK: "failed"}
    assert places.engine.started[-1] is running


def test_a_deferred_task_that_is_cleared_has_one_pod_at_a_time(places) -> None:
    """The pod of the first try is deleted, and the second starts its own."""
    mode = "kubernetes"
    run, first = places.waiting(mode)
    body = {"dag_run_id": run, "dry_run": False, "only_failed": False, "task_ids": [TASK]}
    places.airflow.call("POST", f"dags/{mode}/clearTaskInstances", body)
    places.airflow.until(lambda: first.code() is not None, "the first pod has ended")
    places.airflow.until(lambda: places.engine.started[-1] is not first, "there is another")
    second = places.engine.started[-1]
    places.until_begun(mode, run, attempt=2)
    assert second.code() is None
    path = f"dags/{mode}/dagRuns/{run}/taskInstances/{TASK}"
    places.airflow.call("PATCH", path, {"new_state": "failed"})
    places.airflow.until(lambda: second.code() is not None, "the second pod has ended")
