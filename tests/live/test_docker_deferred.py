"""Tasks in a real Docker that wait in the triggerer of a whole Airflow: `make test-docker`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from docker_daemon import Daemon, running_daemon
from live.deployed import Deployed, deploy
from live.server import LiveAirflow
from live.watched_shop import NODES, WatchedShop, reset, watched_shop

pytestmark = pytest.mark.skipif(
    "DAGWRIGHT_TEST_DOCKER" not in os.environ,
    reason="installs and starts a Docker daemon: `make test-docker`",
)

DEFERRED = """mode: docker
  image: {image}
  docker_url: {url}
  network: host
  deferrable: true
  volumes: [{{{{mount: {project}, host: {project}}}}}]
  operator_args: {{{{user: "0:0"}}}}"""
TASK = "watched.base.run"


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with running_daemon() as running:
        yield running


@pytest.fixture(scope="module")
def one_shop(postgres, tmp_path_factory) -> WatchedShop:
    return watched_shop(postgres, tmp_path_factory.mktemp("put_off"), "put_off")


@pytest.fixture
def shop(
    one_shop: WatchedShop, daemon: Daemon, live_airflow: LiveAirflow
) -> Iterator[WatchedShop]:
    reset(one_shop)
    yield one_shop
    assert one_shop.doubled() == 0
    live_airflow.until(lambda: not containers(daemon), "no container is left")


@pytest.fixture
def put_off(live_airflow: LiveAirflow, shop: WatchedShop, daemon: Daemon) -> Deployed:
    mode = DEFERRED.format(image=daemon.image, url=daemon.url, project=shop.folder)
    return deploy(
        live_airflow, shop, "put_off", mode=mode, select="raw, base", tests="none", retries=1
    )


def containers(daemon: Daemon) -> list[Any]:
    return list(daemon.client().containers.list(all=True))


def held(put_off: Deployed, daemon: Daemon, **conf: object) -> tuple[str, Any]:
    """Return a run whose model is at work, its task deferred, and its container."""
    put_off.shop.order("base", seconds=90)
    run = put_off.run(**conf)
    put_off.airflow.until(lambda: put_off.shop.runs()["base"], "base runs")
    put_off.airflow.await_state(put_off.dag, run, TASK, "deferred")
    (container,) = containers(daemon)
    return run, container


def test_a_task_that_waits_holds_no_slot_and_a_killed_triggerer_is_not_missed(
    put_off, daemon
) -> None:
    put_off.shop.order("base", seconds=45)
    run = put_off.run()
    put_off.airflow.await_state(put_off.dag, run, TASK, "deferred")
    put_off.airflow.until(lambda: put_off.shop.runs()["base"], "base runs")
    pool = put_off.airflow.call("GET", "pools/default_pool")
    assert (pool["occupied_slots"], pool["running_slots"], pool["queued_slots"]) == (0, 0, 0)
    assert pool["deferred_slots"] == 1
    (container,) = containers(daemon)
    put_off.airflow.stop("triggerer", signal.SIGKILL)
    put_off.airflow.start("triggerer")
    assert put_off.wait(run) == "success"
    assert set(put_off.states(run).values()) == {"success"}
    assert put_off.shop.runs() == {**dict.fromkeys(NODES, 0), "raw": 1, "base": 1}
    log = put_off.airflow.log(put_off.dag, run, TASK)
    assert "OK created sql table model" in log
    assert container.name in log


def test_a_triggerer_that_is_stopped_in_order_leaves_the_container_alone(put_off, daemon) -> None:
    put_off.shop.order("base", seconds=45)
    run = put_off.run()
    put_off.airflow.until(lambda: put_off.shop.runs()["base"], "base runs")
    put_off.airflow.await_state(put_off.dag, run, TASK, "deferred")
    (container,) = containers(daemon)
    put_off.airflow.stop("triggerer")
    container.reload()
    assert container.status == "running"
    put_off.airflow.start("triggerer")
    assert put_off.wait(run) == "success"
    assert put_off.shop.runs()["base"] == 1


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_task_that_is_marked_while_it_waits_has_its_container_ended(
    put_off, daemon, state
) -> None:
    run, _ = held(put_off, daemon)
    put_off.mark(run, state, TASK)
    put_off.airflow.until(lambda: not containers(daemon), "the container is gone")
    assert put_off.wait(run) == state
    assert put_off.shop.runs()["base"] == 1
    put_off.airflow.until(lambda: not at_work(put_off.shop), "the query was cancelled")


def at_work(shop: WatchedShop) -> int:
    """Return how many sessions are at the shop's nodes."""
    return int(
        shop.value(
            "select count(*) from pg_stat_activity where state = 'active'"
            " and query like '%{schema}.begin_node%' and pid <> pg_backend_pid()"
        )
    )


def test_a_task_that_is_cleared_while_it_waits_runs_anew_and_alone(put_off, daemon) -> None:
    run, first = held(put_off, daemon)
    put_off.shop.order("base", seconds=0)
    put_off.clear(run, TASK)
    assert put_off.wait(run) == "success"
    assert put_off.shop.runs()["base"] == 2
    assert first.id not in {one.id for one in containers(daemon)}


def test_a_model_that_fails_once_is_tried_again(put_off) -> None:
    put_off.shop.order("base", fails=1)
    run = put_off.run()
    assert put_off.wait(run) == "success"
    assert put_off.shop.runs()["base"] == 2
    log = put_off.airflow.log(put_off.dag, run, TASK, 1)
    assert "was told to fail" in log
    assert "dbt ended with exit code 1 in its container" in log
