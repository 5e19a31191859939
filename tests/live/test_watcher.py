"""Watcher mode in a whole Airflow: what goes wrong for real, and that green means green.

Each test asks the same at its end: the run is green if and only if every node is, by what dbt
itself left in the warehouse; and no node was ever started while it ran.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from live.deployed import LOCAL, PRODUCER, WATCHER, Deployed, deploy
from live.server import BIN, LiveAirflow
from live.watched_shop import NODES, WatchedShop, reset, watched_shop

FEW = ("raw.seed", "base.run", "left.run", "lone.run")
"""The tasks of a part of the shop, without tests."""


@pytest.fixture(scope="session")
def one_shop(postgres, tmp_path_factory) -> WatchedShop:
    return watched_shop(postgres, tmp_path_factory.mktemp("watched"), "watched")


@pytest.fixture
def shop(one_shop: WatchedShop) -> Iterator[WatchedShop]:
    reset(one_shop)
    yield one_shop
    assert one_shop.doubled() == 0


@pytest.fixture(scope="session")
def one_twin(postgres, tmp_path_factory) -> WatchedShop:
    return watched_shop(postgres, tmp_path_factory.mktemp("twin"), "twin")


@pytest.fixture
def twins(live_airflow: LiveAirflow, shop: WatchedShop, one_twin: WatchedShop) -> Iterator[Twins]:
    """The same shop twice, to be run in mode `local` beside `watcher`."""
    reset(one_twin)
    yield Twins(live_airflow, {"local": one_twin, "watcher": shop})
    assert one_twin.doubled() == 0


@dataclass(frozen=True)
class Twins:
    airflow: LiveAirflow
    shops: dict[str, WatchedShop]

    def deployed(self, dag: str, **how: str) -> dict[str, Deployed]:
        modes = {"local": LOCAL, "watcher": WATCHER}
        return {
            name: deploy(self.airflow, shop, f"{dag}_{name}", mode=modes[name], **how)
            for name, shop in self.shops.items()
        }


def ended_the_same(both: dict[str, Deployed]) -> tuple[str, dict[str, str | None]]:
    """Return how a run in mode `local` ends, and its tasks; fail if not so in mode `watcher`."""
    runs = {name: one.run() for name, one in both.items()}
    ended = {name: (one.wait(runs[name]), one.states(runs[name])) for name, one in both.items()}
    assert ended["watcher"] == ended["local"]
    return ended["local"]


@pytest.fixture
def watched(live_airflow: LiveAirflow, shop: WatchedShop) -> Deployed:
    return deploy(live_airflow, shop, "watched")


def test_a_run_of_all_is_one_dbt_build(watched) -> None:
    run = watched.run(day="monday")
    assert watched.wait(run) == "success"
    assert set(watched.states(run).values()) == {"success"}
    assert watched.shop.runs() == dict.fromkeys(NODES, 1)
    assert watched.shop.value("select day from {schema}.lone") == "monday"
    told = watched.airflow.tasks(watched.dag, run)
    assert told[PRODUCER]["state"] == "success"  # It is no leaf, and would fail unnoticed.
    assert told["watched.base.test"]["hostname"] in ("", None)  # No worker ever had it.


def test_a_failed_model_stops_what_waits_for_it_and_a_retry_runs_the_node(
    live_airflow, shop
) -> None:
    """The node's own dbt has the flags and variables of the run."""
    watched = deploy(live_airflow, shop, "watched_again", retries=1)
    shop.order("base", fails=1)
    shop.order("lone", fails=1)
    run = watched.run(day="friday", full=True)
    assert watched.wait(run) == "success"
    assert set(watched.states(run).values()) == {"success"}
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2, "lone": 2}
    assert shop.value("select day || refreshed from {schema}.lone") == "fridayTrue"
    assert "was told to fail" in watched.airflow.log(watched.dag, run, "watched.base.run", 1)


def test_a_failed_model_without_retries_and_the_producer_again(watched) -> None:
    """The failed watchers are cleared with the producer: it runs what did not succeed."""
    watched.shop.order("base", fails=1)
    run = watched.run()
    assert watched.wait(run) == "failed"
    states = watched.states(run)
    assert states["base.run"] == "failed"
    for name in ("base.test", "left.run", "right.run", "third.run", "wide.run"):
        assert states[name] == "upstream_failed"
    assert states["lone.run"] == states["raw.seed"] == "success"

    watched.clear(run, only_failed=True)
    watched.clear(run, PRODUCER, only_failed=False)
    assert watched.wait(run) == "success"
    assert set(watched.states(run).values()) == {"success"}
    runs = watched.shop.runs()
    assert (runs["raw"], runs["lone"], runs["base"]) == (1, 1, 2)


def test_one_watcher_cleared_runs_its_own_node(watched) -> None:
    run = watched.run(day="tuesday")
    assert watched.wait(run) == "success"
    watched.clear(run, "watched.lone.run")
    assert watched.wait(run) == "success"
    assert watched.shop.runs() == {**dict.fromkeys(NODES, 1), "lone": 2}
    assert watched.shop.value("select day from {schema}.lone") == "tuesday"


def test_a_watcher_cleared_while_the_producer_runs_waits_for_its_end(live_airflow, shop) -> None:
    """The producer's dbt, and the watcher's own, are those of a virtual environment here."""
    local = "mode: local, dbt_executable: {dbt}"
    mode = WATCHER.replace(local, f"mode: virtualenv, prebuilt: {BIN.parent}")
    assert mode != WATCHER
    watched = deploy(live_airflow, shop, "watched_apart", mode=mode)
    watched.shop.order("base", seconds=20)
    run = watched.run()
    watched.airflow.await_state(watched.dag, run, "watched.lone.run", "success")
    assert watched.airflow.states(watched.dag, run)[PRODUCER] == "running"
    watched.clear(run, "watched.lone.run")
    assert watched.wait(run) == "success"
    assert watched.shop.runs() == {**dict.fromkeys(NODES, 1), "lone": 2}


def test_watchers_in_a_group_of_a_hand_written_dag_find_their_producer(live_airflow, shop) -> None:
    """It calls dbt by its API here, and a node that failed is run so again."""
    mode = WATCHER.replace("dbt_executable: {dbt}", "invocation: dbt_runner")
    assert mode != WATCHER
    grouped = deploy(live_airflow, shop, "grouped", mode=mode, retries=1, group=True)
    shop.order("base", fails=1)
    run = grouped.run()
    assert grouped.wait(run) == "success"
    states = grouped.airflow.states("grouped", run)
    assert states[f"grouped.{PRODUCER}"] == "success"
    assert set(states.values()) == {"success"}
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2}


@pytest.mark.parametrize("age", ["fresh", "stale"])
def test_sources_are_looked_at_first_in_both(twins, age) -> None:
    for shop in twins.shops.values():
        if age == "stale":
            shop.postgres.rows(f"update {shop.schema}.orders set seen = '2020-01-01'")  # noqa: S608
    both = twins.deployed("sources", sources="with_tests_or_freshness")
    state, tasks = ended_the_same(both)
    assert state == ("success" if age == "fresh" else "failed")
    assert tasks["lone.run"] == ("success" if age == "fresh" else "upstream_failed")


def test_all_cleared_is_a_fresh_start(watched) -> None:
    run = watched.run()
    assert watched.wait(run) == "success"
    watched.shop.order("left", fails=2)  # The first try is done; the second fails.
    watched.clear(run)
    assert watched.wait(run) == "failed"
    assert watched.shop.runs() == dict.fromkeys(NODES, 2)
    states = watched.states(run)
    assert states["left.run"] == "failed"
    assert states["right.run"] == "success"


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_producer_that_is_killed_is_tried_again(watched, moment) -> None:
    gate = watched.gates / moment
    (watched.gates / "ended").unlink(missing_ok=True)
    watched.shop.order("base", seconds=8 if moment == "during" else 0)
    if moment != "during":
        gate.touch()
    run = watched.run()
    wanted = {"before": ("lone", 0), "during": ("base", 1), "after": ("wide", 1)}
    node, number = wanted[moment]
    watched.airflow.await_state(watched.dag, run, PRODUCER, "running")
    watched.airflow.until(lambda: watched.shop.runs()[node] >= number, f"{node} has run")
    if moment == "after":
        watched.airflow.until((watched.gates / "ended").exists, "dbt has ended")
        time.sleep(3)  # What it told last is being published.
    watched.kill_producer()
    gate.unlink(missing_ok=True)
    watched.shop.order("base", seconds=0)
    assert watched.wait(run) == "success"
    assert set(watched.states(run).values()) == {"success"}
    again = {"before": {}, "during": {"base": 2}, "after": {}}[moment]
    assert watched.shop.runs() == {**dict.fromkeys(NODES, 1), **again}


def test_a_killed_producer_without_retries_leaves_its_nodes_to_the_watchers(
    live_airflow, shop
) -> None:
    watched = deploy(live_airflow, shop, "watched_once", producer_retries=0)
    shop.order("base", seconds=8)
    run = watched.run()
    watched.airflow.until(lambda: shop.runs()["base"], "base runs")
    watched.kill_producer()
    shop.order("base", seconds=0)
    assert watched.wait(run) == "success"
    assert watched.airflow.states(watched.dag, run)[PRODUCER] == "failed"
    assert shop.runs() == {**dict.fromkeys(NODES, 1), "base": 2}


def test_a_producer_that_is_marked_as_done_is_not_taken_at_its_word(live_airflow, shop) -> None:
    """Its dbt goes on until its supervisor hears of it, and no watcher begins before that."""
    watched = deploy(live_airflow, shop, "watched_done", select="+left lone", tests="none")
    shop.order("base", seconds=60)
    run = watched.run()
    watched.airflow.until(lambda: shop.runs()["base"], "base runs")
    shop.order("base", seconds=0)
    watched.mark(run, "success", PRODUCER)
    assert watched.wait(run) == "success"
    assert watched.states(run) == dict.fromkeys(FEW, "success")
    runs = shop.runs()
    assert runs["base"] == 2
    assert runs["left"] == 1


def test_a_run_that_is_marked_as_failed_and_cleared_at_once_begins_anew(
    live_airflow, shop
) -> None:
    watched = deploy(live_airflow, shop, "watched_anew", select="+left lone", tests="none")
    shop.order("base", seconds=60)
    run = watched.run()
    watched.airflow.until(lambda: shop.runs()["base"], "base runs")
    shop.order("base", seconds=0)
    watched.mark(run, "failed")
    watched.clear(run)
    assert watched.wait(run) == "success"
    assert watched.states(run) == dict.fromkeys(FEW, "success")
    assert shop.runs()["base"] == 2
    assert watched.airflow.states(watched.dag, run)[PRODUCER] == "success"


def test_a_node_whose_producer_never_starts_fails_in_time_and_is_never_green_for_it(
    live_airflow, shop
) -> None:
    """Its producer is in a pool without slots; then somebody marks it as done."""
    live_airflow.call("POST", "pools", {"name": "closed", "slots": 0})
    mode = WATCHER.replace("producer: ", "wait: 10s\n  producer: ", 1)
    mode = mode.replace("task: {{", "task: {{pool: closed, ")
    one = deploy(live_airflow, shop, "watched_one", mode=mode, select="lone", tests="none")
    run = one.run()
    one.airflow.await_state(one.dag, run, "watched.lone.run", "failed")
    log = one.airflow.log(one.dag, run, "watched.lone.run")
    assert "Nothing was told of this task for 10 seconds" in log
    assert "is scheduled" in log
    one.mark(run, "success", PRODUCER)
    one.clear(run, only_failed=True)
    assert one.wait(run) == "success"
    assert one.states(run) == {"lone.run": "success"}
    assert shop.runs() == {**dict.fromkeys(NODES, 0), "lone": 1}


def test_a_triggerer_that_is_killed_is_not_missed(watched) -> None:
    watched.shop.order("base", seconds=10)
    run = watched.run()
    watched.airflow.await_state(watched.dag, run, "watched.base.run", "deferred")
    watched.airflow.stop("triggerer", signal.SIGKILL)
    watched.airflow.start("triggerer")
    assert watched.wait(run) == "success"
    assert watched.shop.runs() == dict.fromkeys(NODES, 1)


def test_watchers_that_wait_hold_no_slot_and_outlive_a_pause(watched) -> None:
    """One slot is taken, which is the producer's; and every watcher that can wait does."""
    watched.shop.order("base", seconds=15)
    run = watched.run()
    watched.airflow.await_state(watched.dag, run, "watched.base.run", "deferred")

    def only_the_producer_runs() -> bool:
        pool = watched.airflow.call("GET", "pools/default_pool")
        return bool(pool["occupied_slots"] == pool["running_slots"] == 1)

    watched.airflow.until(only_the_producer_runs, "one slot is taken")
    states = watched.airflow.states(watched.dag, run)
    assert states[PRODUCER] == "running"
    assert states["watched.base.run"] == "deferred"
    watched.pause(paused=True)
    watched.airflow.await_state(watched.dag, run, PRODUCER, "success")
    watched.pause(paused=False)
    assert watched.wait(run) == "success"
    assert watched.shop.runs() == dict.fromkeys(NODES, 1)


def test_watchers_that_start_in_a_worker_end_the_same(live_airflow, shop) -> None:
    """As in a DAG of more tasks than the triggerer can decode again and again."""
    watched = deploy(live_airflow, shop, "watched_large")
    artifact = watched.gates / "compiled/watched_large.dag.json"
    text = artifact.read_text(encoding="utf-8")
    large = text.replace('"starts_in":"triggerer"', '"starts_in":"worker"')
    assert large != text
    artifact.write_text(large, encoding="utf-8")
    shop.order("base", seconds=15)
    shop.order("left", fails=1)
    run = watched.run()
    watched.airflow.await_state(watched.dag, run, "watched.base.run", "deferred")
    assert watched.wait(run) == "failed"
    states = watched.states(run)
    assert {task for task, state in states.items() if state != "success"} == {
        "left.run",
        "left_and_lone.data_test",
    }
    assert shop.runs() == dict.fromkeys(NODES, 1)


SCENARIOS = {
    "success": {},
    "model error": {"base": {"fails": 9}},
    "test failure": {"base_is_fine": {"bad": True}},
    "test of two": {"left_and_lone": {"bad": True}},
    "warning": {"lone_warns": {"bad": True}},
}


@pytest.mark.parametrize(
    ("scenario", "tests"),
    [
        *((scenario, "after_each") for scenario in SCENARIOS),
        ("model error", "after_all"),
        ("test failure", "after_all"),
        ("test failure", "build"),
        ("test of two", "build"),
    ],
)
def test_watcher_and_local_end_the_same(twins, scenario, tests) -> None:
    for node, order in SCENARIOS[scenario].items():
        for shop in twins.shops.values():
            shop.order(node, **order)
    state, _ = ended_the_same(twins.deployed(f"same_{tests}", tests=tests))
    assert (state == "success") == (scenario in {"success", "warning"})
    built = [shop.built() for shop in twins.shops.values()]
    assert built[0] == built[1]


def test_a_node_that_is_gone_fails_alone_in_both(twins) -> None:
    both = twins.deployed("gone")
    gone = [shop.folder / "models/third.sql" for shop in twins.shops.values()]
    kept = [file.rename(file.with_suffix(".gone")) for file in gone]
    try:
        _, tasks = ended_the_same(both)
    finally:
        for file in kept:
            file.rename(file.with_suffix(".sql"))
    assert [task for task, state in tasks.items() if state != "success"] == ["third.run"]
