"""The watcher: follows its nodes in the producer's dbt, and runs them itself where nobody does.

It is a mixin over the operator of whichever mode the producer has, so that its own command is the
one which that mode would give the task.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from airflow.triggers.base import StartTriggerArgs

from dagwright_airflow.airflow_api import AirflowException, AirflowFailException
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.results import NodeResult
from dagwright_airflow.pauses import SETTLE_SECONDS
from dagwright_airflow.watcher.ledger import (
    Entry,
    Head,
    Place,
    may_have_left_dbt,
    note_gone,
    read_at_the_end,
    task_states,
)
from dagwright_airflow.watcher.states import (
    Attempt,
    Do,
    Producer,
    Verdict,
    counts_from,
    producer_phase,
    tries_of,
    watcher_does,
)
from dagwright_airflow.watcher.trigger import CLASSPATH, LATE, WatcherTrigger


class Names(NamedTuple):
    """The ids in Airflow of the tasks to look at, and what stands before every id."""

    producer: str
    ledger: str
    prefix: str = ""


class Watching:
    """What makes an operator a watcher. Holds no worker slot while it waits."""

    def watch(self, names: Names, wait_seconds: float, starts_in: str) -> None:
        """Keep whom to watch, and start in the triggerer where `starts_in` says so."""
        self.names = names
        self.wait_seconds = wait_seconds
        # Airflow would take the time limit of a task that starts there for all of its waiting.
        if starts_in == "triggerer" and self.execution_timeout is None:  # type: ignore[attr-defined]
            self.start_trigger_args = StartTriggerArgs(
                trigger_cls=CLASSPATH,
                trigger_kwargs={**names._asdict(), "seconds": wait_seconds},
                next_method="resume",
                next_kwargs={},
                timeout=None,
            )
            self.start_from_trigger = True

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Return what the task's own command returns, once it is for this task to run it.

        Raises:
            TaskDeferred: the producer is, or may be, at it.
        """
        return self._act(context, told=False)

    def resume(
        self,
        context: Mapping[str, Any],
        event: Mapping[str, Any] | None = None,
        floor: int | None = None,
        until: float | None = None,
    ) -> Any:
        """Return what the nodes said, where the producer did them; or what `execute` returns.

        Raises:
            AirflowException: they failed, or nobody told what became of them for too long.
        """
        told = event or {}
        does, said = told.get("do"), told.get("said") or {}
        if does in (Do.PASS.value, Do.FAIL.value):
            return self._settle(Do(does), said, context)
        if does == LATE:
            raise self._late(context)
        return self._act(context, told=does == Do.RUN.value, floor=floor, until=until)

    def _act(
        self,
        context: Mapping[str, Any],
        *,
        told: bool,
        floor: int | None = None,
        until: float | None = None,
    ) -> Any:
        """Do what is to be done, if the producer is over; else wait in the triggerer.

        This task shows as running before it looks at the producer, and the producer shows as
        running before it looks at this task, so one of the two sees the other. `told` is whether
        a trigger has already read that nothing is told of this task.
        """
        instance = context["ti"]
        dag_id, run_id, producer = instance.dag_id, instance.run_id, self.names.producer
        tries = tries_of(instance.try_number, instance.max_tries, self.retries)  # type: ignore[attr-defined]
        if floor is None:
            floor = counts_from(tries, context["dag_run"].clear_number)
        states = task_states(dag_id, run_id, [producer])
        phase = producer_phase(states.get(producer), exists=producer in states)
        if phase is not Producer.OVER:
            return self._wait(tries.attempt, floor, until or time.time() + self.wait_seconds)
        own = self.task_id.removeprefix(self.names.prefix)  # type: ignore[attr-defined]
        ledger = Place(dag_id, run_id, self.names.ledger)
        head, entry = read_at_the_end(ledger.get, own)
        if told or entry is None or entry.clears < floor:
            entry = Entry(Verdict.NONE, floor)
        does = watcher_does(tries.attempt, entry.verdict, phase)
        if does is not Do.RUN:
            return self._settle(does, entry.said, context)
        return self._run_own(context, ledger, head)

    def _run_own(self, context: Mapping[str, Any], ledger: Place, head: Head | None) -> Any:
        """Return what the task's own command returns, once no other dbt is left for its nodes."""
        house: Any = self
        stopped = may_have_left_dbt(head, ledger.get)
        house.clear_away(ledger, (self.names.producer, house.task_id), stopped=stopped)
        if stopped:
            note_gone(head, ledger.set)
        house.log.info("The producer is over, and this is left to do: the task runs its nodes.")
        with house.housed(ledger):
            return super().execute(context)  # type: ignore[misc]

    def _settle(self, does: Do, said: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        if does is Do.FAIL:
            raise self._failure(said)
        return self._passed(said, context)

    def _wait(self, attempt: Attempt, floor: int, until: float) -> Any:
        trigger = WatcherTrigger(
            **self.names._asdict(),
            attempt=attempt.value,
            floor=floor,
            seconds=self.wait_seconds,
            until=until,
            earliest=time.time() + SETTLE_SECONDS,
            silent=self._silent(),
        )
        kwargs = {"floor": floor, "until": until}
        return self.defer(trigger=trigger, method_name="resume", kwargs=kwargs)  # type: ignore[attr-defined]

    def _passed(
        self, said: Mapping[str, Any], context: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        log = self.log  # type: ignore[attr-defined]
        log.info("The producer %s has done it; its log has the details.", self.names.producer)
        warned = [NodeResult(node, status, 0, text) for node, (status, text) in said.items()]
        if isinstance(self, DbtOperator):
            self._warn(warned, context)
        else:
            for line in _lines(said):
                log.warning("%s", line)
        return dict(said) or None

    def _failure(self, said: Mapping[str, Any]) -> AirflowException:
        """Return why the task fails; for good, where a test failed that is not to be run again."""
        statuses = {status for status, _ in said.values()} - {"warn"}
        final = statuses == {"fail"} and not self.retry_tests  # type: ignore[attr-defined]
        lines = "\n".join(("dbt failed:", *_lines(said)))
        return (AirflowFailException if final else AirflowException)(lines)

    def _late(self, context: Mapping[str, Any]) -> AirflowException:
        """Return why the task gives up, with what the producer does instead of telling."""
        instance, producer = context["ti"], self.names.producer
        state = task_states(instance.dag_id, instance.run_id, [producer]).get(producer)
        return AirflowException(
            f"Nothing was told of this task for {self.wait_seconds:.0f} seconds, and its producer "
            f"{producer} is {state or 'not scheduled'}. Where it runs, its log says what dbt "
            "does; where it does not, look at its pool and at what the scheduler waits for"
        )

    def _silent(self) -> bool:
        """Return whether nothing is left to do in a worker when dbt has done it."""
        called = ("on_execute_callback", "on_success_callback", "_post_execute_hook")
        return not self.outlets and not any(getattr(self, name, None) for name in called)  # type: ignore[attr-defined]


def _lines(said: Mapping[str, Any]) -> list[str]:
    """Return what nodes said, one a line."""
    return [f"  {node}: {status}. {message}".rstrip() for node, (status, message) in said.items()]


@lru_cache
def watching(operator: Any) -> Any:
    """Return the class of watchers whose own command is a task of `operator`'s."""

    class Watcher(Watching, operator):  # type: ignore[misc]
        """A watcher; see `Watching`."""

        def __init__(  # noqa: PLR0913 (an operator's arguments are its fields)
            self,
            *,
            producer: str,
            ledger: str,
            wait_seconds: float,
            starts_in: str = "worker",
            prefix: str = "",
            retry_tests: bool = False,
            **kwargs: Any,
        ) -> None:
            """Keep whom to watch.

            Args:
                producer: the task that runs dbt.
                ledger: the task whose XComs it writes.
                wait_seconds: how long to wait for a verdict at most.
                starts_in: `triggerer`, where the scheduler hands the task over without a worker.
                prefix: what stands before every task id in this DAG.
                retry_tests: whether a failed data test is tried again.
                kwargs: arguments of the operator that runs the task's own command.
            """
            super().__init__(**kwargs)
            self.retry_tests = retry_tests
            names = Names(prefix + producer, prefix + ledger, prefix)
            self.watch(names, wait_seconds, starts_in)

    return Watcher
