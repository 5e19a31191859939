"""A producer that follows its pod: the real operator and client, and the API's stand-in."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from clusters import Cluster, stand_in_cluster
from dagwright.cli import program

pytestmark = [pytest.mark.dbt, pytest.mark.airflow, pytest.mark.xdist_group("pods")]

NODES = {"seed.shop.raw_orders", "model.shop.stg_orders"}


@pytest.fixture
def cluster(kubernetes) -> Cluster:
    return stand_in_cluster(kubernetes)


class Ledger:
    """The results of a run, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.get = self.kept.get
        self.set = self.kept.__setitem__


CONTEXT = {
    "ti": SimpleNamespace(
        dag_id="watched",
        task_id="dagwright_producer",
        run_id="r1",
        try_number=1,
        map_index=-1,
        xcom_push=lambda **_: None,
    ),
    "run_id": "r1",
    "dag": SimpleNamespace(),
}


@pytest.fixture
def producer(airflow, cluster, parsed_configs, tmp_path, monkeypatch) -> Any:
    from dagwright_airflow import load_dags

    monkeypatch.setenv("AIRFLOW_CONN_CLUSTER", json.dumps(cluster.connection))
    shop = Path(shutil.copytree(parsed_configs / "shop", tmp_path / "shop"))
    execute = {
        "mode": "watcher",
        "producer": {
            "mode": "kubernetes",
            "image": cluster.image,
            "connection": "cluster",
            "volumes": [{"mount": str(shop), "host": str(shop)}],
            "operator_args": {"startup_check_interval_seconds": 1},
        },
        "project_dir": str(shop),
        "profile": {"profiles_dir": str(shop)},
        "env": {"SHOP_DIR": str(shop)},
    }
    spec = {
        "version": 1,
        "dag": {"id": "watched", "schedule": None},
        "render": {
            "project_dir": str(shop),
            "select": ["raw_orders", "stg_orders"],
            "tests": "none",
        },
        "execute": execute,
    }
    path = tmp_path / "watched.dagwright.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    done = CliRunner().invoke(program, ["compile", str(path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    loader = tmp_path / "dbt.py"
    loader.write_text("", encoding="utf-8")
    return load_dags(loader, "compiled")["watched"].get_task("dagwright_producer")


def followed(
    producer: Any, *, told: bool = True, ledger: Ledger | None = None
) -> tuple[Any, Counter[tuple[str, str]]]:
    """Return how the producer's dbt ended, and how often each node's end was told."""
    from dagwright_airflow.watcher.dbt_log import read_line
    from dagwright_airflow.watcher.house import Run

    ends: Counter[tuple[str, str]] = Counter()

    def tell(line: str, _blank: object) -> None:
        if (end := read_line(line).end) is not None:
            ends[end.node, end.status] += 1

    words = (*producer.phases[0]["words"], *producer.tails[0])
    with producer.housed(ledger or Ledger()):
        return producer.follow(Run(words, tell, lambda: told), CONTEXT), ends


def test_each_node_is_told_of_and_the_pod_is_gone(producer, cluster) -> None:
    ended, ends = followed(producer)
    assert (ended.status, ended.fault) == (0, "")
    assert {node for node, status in ends if status == "success"} == NODES
    assert cluster.pods("watched") == []


def test_a_log_that_did_not_tell_all_is_read_once_more(producer) -> None:
    _, ends = followed(producer, told=False)
    assert {node for (node, _), times in ends.items() if times == 2} == NODES


def test_a_model_that_fails_is_no_fault_of_the_pod(producer, tmp_path) -> None:
    model = tmp_path / "shop/models/staging/stg_orders.sql"
    model.write_text("select * from nowhere", encoding="utf-8")
    ended, ends = followed(producer)
    assert (ended.status, ended.fault) == (1, "")
    assert ends["model.shop.stg_orders", "error"] == 1


def test_a_pod_that_a_killed_task_left_is_deleted(producer, cluster) -> None:
    from dagwright_airflow.watcher.house import MARK, TASK, short

    ledger = Ledger()
    container = {"name": "dbt", "image": cluster.image, "command": ["dbt"], "args": ["--version"]}
    for mark, task in (("mine", "a"), ("mine", "b"), ("other", "a")):
        labels = {MARK: mark, TASK: short(task), "dag_id": "watched"}
        metadata = {"name": f"{mark}-{task}", "labels": labels}
        body = {
            "metadata": metadata,
            "spec": {"containers": [container], "restartPolicy": "Never"},
        }
        cluster.core.create_namespaced_pod("default", body)
    ledger.set("dagwright_mark", "mine")
    assert producer.end_left({MARK: ["mine"], TASK: [short("a")]}) == 1
    assert {pod.metadata.name for pod in cluster.pods("watched")} == {"mine-b", "other-a"}
    producer.clear_away(ledger, (), stopped=True)
    ended, _ = followed(producer, ledger=ledger)
    assert ended.status == 0
    assert {pod.metadata.name for pod in cluster.pods("watched")} == {"other-a"}
