"""A part of the sample shop in pods, by KubernetesPodOperator and the API's real client.

Each test is of a real cluster (`make test-kubernetes`) and of the stand-in, which is held to it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kubernetes import client

from airflow_home import AirflowHome, airflow_home_in
from canary import TELLS, VARIABLE, places_with, told_by_dbt
from clusters import LABELS, TAINT, Cluster, stand_in_cluster
from dag_runs import DagRun, connections, run_dags
from dagwright.cli import program
from live.shop_in_postgres import output

RUNNER = str(Path(__file__).parents[1] / "airflow_runner.py")
REAL = "DAGWRIGHT_TEST_KUBERNETES"
LOADER = 'from dagwright_airflow import load_dags\n\nload_dags(__file__, "compiled")\n'
CANARY = "canary-4711-of-the-cluster"
SEED, MODEL = "shop.raw_orders.seed", "shop.stg_orders.run"
HOOK = """
on-run-start:
  - "{{ log('the token has ' ~ (env_var('SHOP_TOKEN') | length), info=true) }}"
  - "{{ log('said: ' ~ env_var('SAID', '') ~ ' ' ~ var('said', ''), info=true) }}"
"""
SAID = "$(SHOP_TOKEN) $$ $$$$ $5"  # To the spec, which makes one of two.

RETRIED = {"model": {"retries": 1, "retry_delay": "1s"}}
HEAVY = {
    "select": "stg_orders",
    "resources": {"cpu": "300m"},
    "labels": {"size": "heavy"},
    "pod": {"spec": {"containers": [{"name": "dbt", "env": [{"name": "NODE", "value": "x"}]}]}},
}
DAGS = {
    "waiting": {
        "deferrable": False,
        "on_finish": "keep_pod",
        "resources": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"memory": "2Gi"},
        "labels": {"team": "finance", "day": "{{ ds }}"},
        "overrides": [HEAVY],
        "pod": {"spec": {"terminationGracePeriodSeconds": 7}},
    },
    "deferred": {"deferrable": True},
    "failing": {"on_finish": "delete_succeeded_pod", "policy": RETRIED},
    "failing-deferred": {
        "deferrable": True,
        "on_finish": "delete_succeeded_pod",
        "policy": RETRIED,
    },
}
"""By id of a DAG: what its block has beside what all have; the model fails in those so called."""

pytestmark = [pytest.mark.dbt, pytest.mark.airflow, pytest.mark.xdist_group("pods")]
needs_machine = pytest.mark.skipif(
    REAL not in os.environ, reason="builds and starts a whole Kubernetes: `make test-kubernetes`"
)


@pytest.fixture(scope="module", params=["stand-in", pytest.param("real", marks=[needs_machine])])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    if request.param == "real":
        from kubernetes_cluster import running_cluster

        with running_cluster() as made:
            yield made
    else:
        yield stand_in_cluster(request.getfixturevalue("kubernetes"))


@dataclass(frozen=True, slots=True)
class Ended:
    """The runs of `DAGS` on a cluster, one after the other in one process."""

    home: AirflowHome
    artifacts: dict[str, str]
    runs: dict[str, DagRun]


@pytest.fixture(scope="module")
def ended(
    cluster: Cluster,
    parsed_configs: Path,
    migrated_airflow: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ended:
    """The runs, of a shop that tells how long its secret is; its profile lies in a Secret."""
    root = tmp_path_factory.mktemp("pods")
    home = airflow_home_in(root / "airflow", migrated_airflow)
    shop = Path(shutil.copytree(parsed_configs / "shop", root / "shop"))
    profiles = (shop / "profiles.yml").read_text(encoding="utf-8")
    cluster.keep_secret("dbt", token=CANARY)
    cluster.keep_secret("profiles", **{"profiles.yml": f"# {CANARY}\n{profiles}"})
    project = shop / "dbt_project.yml"
    project.write_text(project.read_text(encoding="utf-8") + HOOK, encoding="utf-8")
    (shop / "profiles.yml").unlink()
    broken = Path(shutil.copytree(shop, root / "broken"))
    model = broken / "models/staging/stg_orders.sql"
    model.write_text("select * from nowhere", encoding="utf-8")
    artifacts = {
        name: write_dag(home, cluster, broken if "failing" in name else shop, name, keys)
        for name, keys in DAGS.items()
    }
    runs = run_dags(home, list(DAGS), **connections(cluster=cluster.connection))
    return Ended(home, artifacts, runs)


def write_dag(
    home: AirflowHome, cluster: Cluster, shop: Path, name: str, keys: Mapping[str, Any]
) -> str:
    """Compile the seed and the model under it into `home`; return the artifact's text."""
    inside, profiles = cluster.sees(shop), str(cluster.secrets / name)
    execute = {
        "mode": "kubernetes",
        "image": cluster.image,
        "connection": "cluster",
        "project_dir": inside,
        "profile": {"profiles_dir": profiles},
        "env": {"SHOP_DIR": inside, "SAID": SAID},
        "vars": {"said": SAID},
        "secrets": {"SHOP_TOKEN": {"kubernetes_secret": "dbt", "key": "token"}},
        "volumes": [
            {"mount": inside, "host": str(shop)},
            {"mount": profiles, "kubernetes_secret": "profiles", "read_only": True},
        ],
        "node_selector": LABELS,
        "tolerations": [TAINT],
        "operator_args": {"startup_check_interval_seconds": 1, "poll_interval": 1},
    }
    spec = {
        "version": 1,
        "dag": {"id": name, "schedule": None, "start_date": "2026-01-01"},
        "render": {
            "project_dir": str(shop),
            "select": ["raw_orders", "stg_orders"],
            "tests": "none",
        },
        "execute": {**execute, **keys},
    }
    path = home.dags / f"{name}.dagwright.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    done = CliRunner().invoke(program, ["compile", str(path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (home.dags / "dbt.py").write_text(LOADER, encoding="utf-8")
    return (home.dags / f"compiled/{name}.dag.json").read_text(encoding="utf-8")


def plain(pod: client.V1Pod) -> Any:
    """Return a pod as the API tells it."""
    return client.ApiClient().sanitize_for_serialization(pod)


def pods(cluster: Cluster, dag_id: str) -> list[Any]:
    return list(map(plain, cluster.pods(dag_id)))


@pytest.mark.parametrize("dag_id", ["waiting", "deferred"])
def test_tasks_wait_for_their_pods(ended, dag_id) -> None:
    run = ended.runs[dag_id]
    assert run.states == {SEED: "success", MODEL: "success"}, run.output


def test_those_that_defer_are_woken_by_the_trigger(ended) -> None:
    """Two pods of each DAG that defers, one of them for two tries."""
    assert ended.runs["deferred"].output.count("running trigger in line") == 5


def test_no_pod_is_left_where_none_is_wanted(ended, cluster) -> None:
    assert pods(cluster, "deferred") == []


@pytest.mark.parametrize("dag_id", ["failing", "failing-deferred"])
def test_a_failing_model_fails_its_task_each_time(ended, cluster, dag_id) -> None:
    run = ended.runs[dag_id]
    assert run.states == {SEED: "success", MODEL: "failed"}, run.output
    assert "Table with name nowhere does not exist" in run.output
    left = pods(cluster, dag_id)
    assert [pod["metadata"]["labels"]["task_id"] for pod in left] == [MODEL, MODEL]
    assert [pod["metadata"]["labels"]["try_number"] for pod in left] == ["1", "2"]
    assert [pod["status"]["phase"] for pod in left] == ["Failed", "Failed"]


def test_the_container_has_the_secret_that_nobody_can_read(ended, cluster) -> None:
    output = ended.runs["waiting"].output
    assert f"the token has {len(CANARY)}" in output
    database = (ended.home.root / "airflow.db").read_bytes()
    assert b"secretKeyRef" in database  # The rendered fields are in it.
    assert CANARY.encode() not in database
    shown = [*ended.artifacts.values(), output, str(pods(cluster, "waiting"))]
    assert not [text for text in shown if CANARY in text]


def test_a_plain_variable_would_be_in_all_of_these_places(
    kubernetes, parsed_configs, airflow_home, tmp_path
) -> None:
    cluster = stand_in_cluster(kubernetes)
    shop = Path(shutil.copytree(parsed_configs / "shop", tmp_path / "shop"))
    cluster.keep_secret("profiles", **{"profiles.yml": (shop / "profiles.yml").read_text()})
    cluster.keep_secret("dbt", token=VARIABLE)
    told_by_dbt(shop, TELLS)
    env = {"SHOP_DIR": cluster.sees(shop), VARIABLE: CANARY}
    text = write_dag(airflow_home, cluster, shop, "leaking", {"env": env, "on_finish": "keep_pod"})
    (run,) = run_dags(
        airflow_home, ["leaking"], **connections(cluster=cluster.connection)
    ).values()
    wire = [json.dumps(pods(cluster, "leaking")).encode()]
    tables = {"rendered_task_instance_fields", "serialized_dag"}
    found = places_with(CANARY, airflow_home, text, run, wire)
    assert {"artifact", "log", "wire", "database", *tables} - found == set()


def test_what_looks_like_a_reference_is_text(ended) -> None:
    said = SAID.replace("$$", "$")
    assert f"said: {said} {said}" in ended.runs["waiting"].output


def test_pods_are_called_after_their_tasks(ended, cluster) -> None:
    """Names are legal and made unique; labels tell which try of which run it was."""
    left = pods(cluster, "waiting")
    for pod, task in zip(left, (SEED, MODEL), strict=True):
        name, labels = pod["metadata"]["name"], pod["metadata"]["labels"]
        stem = re.escape(re.sub(r"[._]", "-", task))
        assert re.fullmatch(rf"{stem}-[a-z0-9]{{8}}", name)
        assert (labels["dag_id"], labels["task_id"]) == ("waiting", task)
        assert (labels["try_number"], labels["team"]) == ("1", "finance")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", labels["day"])
        assert pod["spec"]["restartPolicy"] == "Never"
        assert pod["spec"]["nodeSelector"] == LABELS
        assert TAINT in pod["spec"]["tolerations"]


def test_overrides_are_of_one_node_and_pod_is_of_all(ended, cluster) -> None:
    seed, model = pods(cluster, "waiting")
    (seeding,), (running,) = seed["spec"]["containers"], model["spec"]["containers"]
    assert seeding["resources"]["requests"] == {"cpu": "100m", "memory": "64Mi"}
    assert running["resources"]["requests"] == {"cpu": "300m", "memory": "64Mi"}
    assert seeding["resources"]["limits"] == running["resources"]["limits"] == {"memory": "2Gi"}
    assert "size" not in seed["metadata"]["labels"]
    assert model["metadata"]["labels"]["size"] == "heavy"
    assert {"name": "NODE", "value": "x"} in running["env"]
    reference = {"secretKeyRef": {"name": "dbt", "key": "token"}}
    for container in (seeding, running):
        assert {"name": "SHOP_TOKEN", "valueFrom": reference} in container["env"]
    for pod in (seed, model):
        assert pod["spec"]["terminationGracePeriodSeconds"] == 7


def test_a_task_that_is_killed_takes_its_pod_along(airflow_home, cluster, configs) -> None:
    """Also one that `on_finish` would keep; the pod sleeps until it is gone."""
    cluster.keep_secret("dbt", token=CANARY)
    cluster.keep_secret("profiles", none="")
    asleep = {
        "entrypoint": ["sh", "-c", "sleep 600"],
        "on_finish": "keep_pod",
        "pod": {"spec": {"terminationGracePeriodSeconds": 1}},
    }
    write_dag(airflow_home, cluster, configs / "shop", "killed", asleep)
    kill(airflow_home, cluster, "killed", SEED, lambda: running(cluster, "killed"))
    until(lambda: cluster.pods("killed") == [])


def test_the_dbt_of_a_killed_task_ends_its_query(
    airflow_home, cluster, parsed_configs, postgres, tmp_path
) -> None:
    """The pod has ten minutes to end, and the query needs longer; without dbt it goes on."""
    shop = Path(shutil.copytree(parsed_configs / "shop", tmp_path / "shop"))
    query = """{{ config(pre_hook="select pg_sleep(6000)") }} select 1 as order_id"""
    (shop / "models/staging/stg_orders.sql").write_text(query, encoding="utf-8")
    known = {"shop": {"target": "dev", "outputs": {"dev": output(postgres, "shop")}}}
    cluster.keep_secret("profiles", **{"profiles.yml": json.dumps(known)})
    cluster.keep_secret("dbt", token=postgres.password)
    place = {
        "secrets": {"DBT_ENV_SECRET_SHOP": {"kubernetes_secret": "dbt", "key": "token"}},
        "pod": {"spec": {"hostNetwork": True, "terminationGracePeriodSeconds": 600}},
    }
    write_dag(airflow_home, cluster, shop, "asking", place)
    asking = "select pid from pg_stat_activity where query like %s and pid <> pg_backend_pid()"

    def asked() -> bool:
        return bool(postgres.rows(asking, "%pg_sleep(6000)%"))

    kill(airflow_home, cluster, "asking", MODEL, asked)
    until(lambda: not asked())
    until(lambda: cluster.pods("asking") == [])


def kill(
    home: AirflowHome, cluster: Cluster, dag_id: str, task: str, ready: Callable[[], bool]
) -> None:
    """Run a task, and kill it as Airflow does as soon as it is `ready`."""
    known = connections(cluster=cluster.connection)
    with (home.root / f"{dag_id}.log").open("w+") as log:
        runner = subprocess.Popen(
            [sys.executable, RUNNER, dag_id, task],
            env={**home.environment, **known},
            cwd=home.root,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: ready() or runner.poll() is not None)
            assert ready(), log.seek(0) or log.read()
            for child in children(runner.pid):
                os.kill(child, signal.SIGTERM)
            until(lambda: runner.poll() is not None)
        finally:
            runner.kill()
            runner.wait()
        log.seek(0)
        assert "state: success" not in log.read()


def running(cluster: Cluster, dag_id: str) -> bool:
    return [pod.status.phase for pod in cluster.pods(dag_id)] == ["Running"]


def until(done: Callable[[], bool]) -> None:
    for _ in range(1200):
        if done():
            return
        time.sleep(0.25)
    pytest.fail("it never came to that")


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for one in tasks for child in one.read_text(encoding="ascii").split()]
