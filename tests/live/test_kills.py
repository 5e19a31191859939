"""Tasks that are killed: nothing of theirs goes on, nothing is left, and the next try is green.

A kill comes at each moment where something could be left behind, in each of the ways in which
tasks end before their time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from live.held_shop import ROWS, TASK, HeldShop, held_shop, mark, parent_of
from live.server import LiveAirflow
from live.shop_in_postgres import everything
from processes import running_with

Blow = Callable[[HeldShop, str, int], None]

AFTER_THE_MODEL = frozenset({"test", "end", "keep"})
"""The moments at which dbt has committed the model's table: whole, and not half."""


def task_is_terminated(_held: HeldShop, _run: str, task: int) -> None:
    """As by a worker that is shut down."""
    os.kill(task, signal.SIGTERM)


def task_is_killed(_held: HeldShop, _run: str, task: int) -> None:
    """As by the kernel, where memory runs out."""
    os.kill(task, signal.SIGKILL)


def task_and_supervisor_are_killed(_held: HeldShop, _run: str, task: int) -> None:
    """As where a machine goes down; Airflow learns of it by the heartbeats that are missing."""
    supervisor = parent_of(task)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(task, signal.SIGKILL)


def supervisor_is_killed(_held: HeldShop, _run: str, task: int) -> None:
    os.kill(parent_of(task), signal.SIGKILL)


def task_is_marked_failed(held: HeldShop, run: str, _task: int) -> None:
    """As by somebody who clicks on it."""
    path = f"dags/{held.dag}/dagRuns/{run}/taskInstances/{TASK}"
    held.airflow.call("PATCH", path, {"new_state": "failed"})


@pytest.fixture(scope="module")
def held(live_airflow: LiveAirflow, postgres, tmp_path_factory) -> HeldShop:
    return held_shop(live_airflow, postgres, tmp_path_factory.mktemp("held"), "held_shop")


@pytest.mark.parametrize(
    ("moment", "blow"),
    [
        ("start", task_is_killed),
        ("parse", task_is_terminated),
        ("model", task_is_marked_failed),
        ("model", task_and_supervisor_are_killed),
        ("test", task_is_terminated),
        ("test", supervisor_is_killed),
        ("end", task_is_marked_failed),
        ("keep", task_is_killed),
    ],
)
def test_a_kill_leaves_nothing_and_the_next_try_is_green(
    held: HeldShop, moment: str, blow: Blow
) -> None:
    held.reset()
    before = everything(held.shop.folder)
    airflow = held.airflow
    run = f"{moment}_{blow.__name__}"
    held.hold("start")
    held.start(run)
    task = held.task_process(run)
    if moment == "keep":
        held.hold_keeping(run)
    elif moment != "start":
        held.hold(moment)
    if moment != "start":
        held.let_go("start")
    airflow.until(lambda: held.reached(moment, run), f"the task is held at {moment}")

    held.pause(paused=True)  # So that what is seen now is not the next attempt's.
    blow(held, run, task)
    airflow.until(lambda: not running_with(mark(run)), "dbt is gone")
    airflow.until(lambda: not held.shop.sessions(), "its sessions and their locks are gone")
    assert held.made() == ({"slow_orders": ROWS} if moment in AFTER_THE_MODEL else {})

    held.let_go(moment)
    if blow is task_is_marked_failed:
        held.clear(run)
    held.pause(paused=False)
    assert airflow.wait(held.dag, run) == "success"
    assert airflow.tasks(held.dag, run)[TASK]["try_number"] == 2
    assert held.made() == {"slow_orders": ROWS}
    assert everything(held.shop.folder) == before
    assert held.shop.sessions() == []
    assert airflow.scratch() == []
