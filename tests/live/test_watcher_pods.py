"""Watcher mode over pods in a whole Airflow; the cluster is a stand-in that starts processes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from clusters import Cluster, stand_in_cluster
from engine import IMAGE, ProcessEngine
from kubernetes_stand_in import kubernetes_stand_in
from live.deployed import PRODUCER, deploy
from live.watched_shop import NODES, watched_shop

IN_PODS = """mode: watcher
  producer:
    mode: kubernetes
    image: {image}
    connection: cluster
    volumes: [{{{{mount: {project}, host: {project}}}}}]
    operator_args: {{{{startup_check_interval_seconds: 1}}}}
    task: {{{{retries: {{producer_retries}}}}}}"""


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    for name in ("printed", "kubernetes"):
        (tmp_path / name).mkdir()
    engine = ProcessEngine(frozenset({IMAGE}), tmp_path / "printed")
    with kubernetes_stand_in(engine, tmp_path / "kubernetes") as served:
        yield stand_in_cluster(served)


def test_a_pod_that_a_killed_producer_left_is_ended_and_a_failed_node_has_its_own(
    live_airflow, postgres, cluster, tmp_path
) -> None:
    shop = watched_shop(postgres, tmp_path / "shop", "podded")
    # A pod is killed without a word; its query is to end with it, as soon as that is seen.
    postgres.rows(f"alter database {postgres.database} set client_connection_check_interval = 500")
    connection = {**cluster.connection, "extra": json.dumps(cluster.connection["extra"])}
    live_airflow.add_connection("cluster", **connection)
    mode = IN_PODS.format(image=cluster.image, project=shop.folder)
    one = deploy(live_airflow, shop, "podded", mode=mode, retries=1)
    shop.order("base", seconds=60)
    shop.order("lone", fails=1)
    run = one.run(day="monday")
    live_airflow.until(lambda: shop.runs()["base"], "base runs")
    live_airflow.until(lambda: shop.runs()["lone"], "lone has run")
    shop.order("base", seconds=0)
    one.kill_process_of(run, PRODUCER)
    assert one.wait(run) == "success"
    assert set(one.states(run).values()) == {"success"}
    assert one.airflow.states(one.dag, run)[PRODUCER] == "success"
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2, "lone": 2}
    assert shop.doubled() == 0
    assert shop.value("select day from {schema}.lone") == "monday"
    assert cluster.pods("podded") == []
