"""What a trigger does when its task is killed is done to the end, whoever stops waiting for it."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest

from dagwright_airflow.operators.ended import ending

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("airflow")]


def test_what_is_begun_is_ended_though_the_trigger_is_cancelled_meanwhile() -> None:
    from dagwright_airflow.triggers import to_the_end

    async def story() -> list[str]:
        gate, done = asyncio.Event(), []

        async def work() -> None:
            await gate.wait()
            done.append("deleted")

        waiting = asyncio.ensure_future(to_the_end(work(), None))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert done == []
        gate.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)
        return done

    assert asyncio.run(story()) == ["deleted"]


def test_what_fails_when_nobody_waits_is_told() -> None:
    from dagwright_airflow.triggers import to_the_end

    told: list[str] = []

    async def work() -> None:
        raise OSError("no way to the cluster")

    asyncio.run(to_the_end(work(), SimpleNamespace(exception=told.append)))
    assert told == ["What the task had started was not ended"]


@pytest.mark.parametrize(
    ("state", "ended"), [("deferred", []), ("failed", ["it"]), (None, ["it"])]
)
def test_what_waits_on_elsewhere_is_left_alone(monkeypatch, state: str | None, ended) -> None:
    """As where the triggers of a triggerer that was out of touch went to another."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    from dagwright_airflow.triggers import end

    done: list[str] = []

    async def work() -> None:
        done.append("it")

    told = {"of_today": {"orders.run": state}}
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: told)
    task = SimpleNamespace(dag_id="shop", task_id="orders.run", run_id="of_today", map_index=-1)
    trigger = SimpleNamespace(task_instance=task, log=logging.getLogger(__name__))
    asyncio.run(end(trigger, work))
    assert done == ended


class _Cloud:
    """An operator of a cloud: it stops what it knows to be started."""

    def __init__(self) -> None:
        self.arn: str | None = None
        self.stopped: list[str] = []

    def on_kill(self) -> None:
        if self.arn is not None:
            self.stopped.append(self.arn)


def test_what_turns_out_to_be_started_after_a_kill_is_ended_at_once() -> None:
    operator = ending(_Cloud, "ecs.StoppingTrigger", started="arn")()
    operator.on_kill()
    assert operator.stopped == []
    operator.arn = "one"
    assert operator.stopped == ["one"]


def test_what_is_started_and_not_killed_goes_on() -> None:
    operator = ending(_Cloud, "ecs.StoppingTrigger", started="arn")()
    operator.arn = "one"
    assert (operator.arn, operator.stopped) == ("one", [])
    operator.on_kill()
    assert operator.stopped == ["one"]
