"""Watcher mode over a real Docker in a whole Airflow: `make test-docker` runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from docker_daemon import Daemon, running_daemon
from live.cut_wire import CutWire, cut_wire
from live.deployed import PRODUCER, Deployed, deploy
from live.server import LiveAirflow
from live.watched_shop import NODES, WatchedShop, reset, watched_shop

pytestmark = pytest.mark.skipif(
    "DAGWRIGHT_TEST_DOCKER" not in os.environ,
    reason="installs and starts a Docker daemon: `make test-docker`",
)

IN_DOCKER = """mode: watcher
  producer:
    mode: docker
    image: {image}
    docker_url: {url}
    network: host
    volumes: [{{{{mount: {project}, host: {project}}}}}]
    operator_args: {{{{user: "{user}"}}}}
    task: {{{{retries: {{producer_retries}}}}}}"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with running_daemon() as running:
        yield running


@pytest.fixture(scope="module")
def wire(daemon: Daemon) -> Iterator[CutWire]:
    with cut_wire(daemon.url.removeprefix("unix://")) as made:
        yield made


@pytest.fixture(scope="module")
def one_shop(postgres, tmp_path_factory) -> WatchedShop:
    return watched_shop(postgres, tmp_path_factory.mktemp("contained"), "contained")


@pytest.fixture
def shop(one_shop: WatchedShop, daemon: Daemon) -> Iterator[WatchedShop]:
    reset(one_shop)
    yield one_shop
    assert one_shop.doubled() == 0
    assert daemon.client().containers.list(all=True) == []


@pytest.fixture
def mode(daemon: Daemon, shop: WatchedShop) -> str:
    return IN_DOCKER.format(image=daemon.image, url=daemon.url, project=shop.folder, user="0:0")


@pytest.fixture
def contained(live_airflow: LiveAirflow, shop: WatchedShop, mode: str) -> Deployed:
    return deploy(live_airflow, shop, "contained", mode=mode)


def test_a_run_of_all_is_one_container(contained) -> None:
    contained.shop.order("lone_warns", bad=True)
    run = contained.run(day="monday")
    assert contained.wait(run) == "success"
    assert set(contained.states(run).values()) == {"success"}
    assert contained.shop.runs() == dict.fromkeys(NODES, 1)
    assert contained.airflow.states(contained.dag, run)[PRODUCER] == "success"
    assert contained.shop.value("select day from {schema}.lone") == "monday"
    log = contained.airflow.log(contained.dag, run, "watched.lone.test")
    assert "warn" in log


def test_a_failed_model_runs_again_in_a_container_of_its_own(live_airflow, shop, mode) -> None:
    again = deploy(live_airflow, shop, "contained_again", mode=mode, retries=1)
    shop.order("base", fails=1)
    run = again.run(day="friday")
    assert again.wait(run) == "success"
    assert set(again.states(run).values()) == {"success"}
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2}
    assert "was told to fail" in again.airflow.log(again.dag, run, "watched.base.run", 1)


@pytest.mark.parametrize("retries", [0, 1])
def test_a_container_that_a_killed_producer_left_is_ended_first(
    live_airflow, shop, mode, daemon, retries
) -> None:
    """By the producer's next try, or by the watchers where it has none."""
    dag = f"contained_{retries}"
    one = deploy(live_airflow, shop, dag, mode=mode, producer_retries=retries)
    shop.order("base", seconds=60)
    run = one.run()
    one.airflow.until(lambda: shop.runs()["base"], "base runs")
    (container,) = daemon.client().containers.list()
    shop.order("base", seconds=0)
    one.kill_process_of(run, PRODUCER)
    assert one.wait(run) == "success"
    assert set(one.states(run).values()) == {"success"}
    assert one.airflow.states(dag, run)[PRODUCER] == ("success" if retries else "failed")
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2}
    assert container.id not in {left.id for left in daemon.client().containers.list(all=True)}


def test_a_log_whose_stream_is_cut_is_asked_for_anew(
    live_airflow, shop, mode, daemon, wire
) -> None:
    cut = mode.replace(daemon.url, wire.url)
    assert cut != mode
    one = deploy(live_airflow, shop, "contained_cut", mode=cut, producer_retries=0)
    shop.order("base", seconds=15)
    run = one.run()
    one.airflow.until(lambda: shop.runs()["base"], "base runs")
    wire.cut()
    assert one.wait(run) == "success"
    assert wire.cuts
    assert one.airflow.states(one.dag, run)[PRODUCER] == "success"
    assert shop.runs() == dict.fromkeys(NODES, 1)


def test_a_producer_that_is_cleared_stops_its_container(contained) -> None:
    contained.shop.order("base", seconds=60)
    run = contained.run()
    contained.airflow.until(lambda: contained.shop.runs()["base"], "base runs")
    contained.shop.order("base", seconds=0)
    contained.clear(run, PRODUCER)
    assert contained.wait(run) == "success"
    runs = contained.shop.runs()
    assert runs["base"] == 2
    assert set(contained.states(run).values()) == {"success"}
