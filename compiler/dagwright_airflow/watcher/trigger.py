"""Wait in the triggerer: one poll a run, whatever the number of watchers that wait for it.

Each watcher is a trigger of its own, since Airflow makes one a task; the triggers of one run share
what they read. It is read every second or so while things happen, less often while nothing does,
and ever more seldom while Airflow does not answer; with jitter, so that runs do not ask in step.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent
from asgiref.sync import sync_to_async

from dagwright_airflow.pauses import SHORTEST_SECONDS, jittered, pause_after
from dagwright_airflow.watcher.ledger import Entry, Place, Reader, task_states
from dagwright_airflow.watcher.states import (
    Attempt,
    Do,
    Producer,
    Verdict,
    producer_phase,
    watcher_does,
)

_log: Final = logging.getLogger(__name__)

CLASSPATH: Final = "dagwright_airflow.watcher.trigger.WatcherTrigger"

LOOK: Final = "look"
LATE: Final = "late"
"""Beside the words of the table: look again where more is known, and give up."""

_FIELDS: Final = (
    *("producer", "ledger", "prefix", "attempt", "floor"),
    *("seconds", "until", "earliest", "silent"),
)


class WatcherTrigger(BaseTrigger):  # type: ignore[misc]  # Airflow is untyped here.
    """Fires once, with what its watcher is to do."""

    def __init__(  # noqa: PLR0913 (a trigger's arguments are its fields)
        self,
        *,
        producer: str,
        ledger: str,
        prefix: str = "",
        attempt: str | None = None,
        floor: int = 0,
        seconds: float,
        until: float | None = None,
        earliest: float = 0,
        silent: bool = False,
    ) -> None:
        """Keep what to wait for.

        Args:
            producer: the task that runs dbt.
            ledger: the task whose XComs it writes.
            prefix: what stands before every task id in this DAG.
            attempt: whether this is the watcher's first look; None where the scheduler made this
                trigger, which does not know.
            floor: how many clears a verdict must have seen.
            seconds: how long to wait at most, where `until` does not say it.
            until: when to give up, in seconds since 1970.
            earliest: before when no worker may go on, in seconds since 1970. Airflow takes a task
                for killed that runs again before it has heard that its worker let go of it.
            silent: whether nothing is left to do in a worker when all is well.
        """
        super().__init__()
        self.producer = producer
        self.ledger = ledger
        self.prefix = prefix
        self.attempt = attempt
        self.floor = floor
        self.seconds = seconds
        self.until = until
        self.earliest = earliest
        self.silent = silent

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores of this trigger."""
        return CLASSPATH, {name: getattr(self, name) for name in _FIELDS}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event: what the watcher does, and why."""
        instance = self.task_instance
        if self.attempt is None and instance.try_number > 1:
            yield TriggerEvent({"do": LOOK})  # Only a worker knows whether it was cleared.
            return
        attempt = Attempt(self.attempt or Attempt.FIRST)
        task = instance.task_id.removeprefix(self.prefix)
        until = self.until or time.time() + self.seconds
        places = (
            Place(instance.dag_id, instance.run_id, self.producer),
            Place(instance.dag_id, instance.run_id, self.ledger),
        )
        async with followed(*places) as run:
            version = 0
            while time.time() < until:
                version, seen = await run.newer(version, until - time.time())
                if seen is None:
                    continue
                does, entry = decide(seen, task, attempt, self.floor)
                if does is not Do.WAIT:
                    event = self._event(does, entry)
                    break
            else:
                event = TriggerEvent({"do": LATE})
        if not isinstance(event, TaskSuccessEvent):
            await asyncio.sleep(max(0, self.earliest - time.time()))
        yield event

    def _event(self, does: Do, entry: Entry | None) -> TriggerEvent:
        said = dict(entry.said) if entry is not None else {}
        if does is Do.PASS and not said and self._may_end_here():
            return TaskSuccessEvent()
        return TriggerEvent({"do": does.value, "said": said})

    def _may_end_here(self) -> bool:
        """Return whether a success leaves nothing to do: no asset to update, nobody to call."""
        if self.silent:
            return True
        task = getattr(self.task_instance, "task", None)
        return task is not None and not (
            task.outlets
            or getattr(task, "has_on_success_callback", True)
            or getattr(task, "has_on_execute_callback", True)
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What Airflow and the ledger said at one look: the producer first, then what it told."""

    producer: Producer
    told: Mapping[str, Entry]


def decide(seen: Seen, task: str, attempt: Attempt, floor: int) -> tuple[Do, Entry | None]:
    """Return what the watcher of `task` does, and the entry that it goes by."""
    entry = seen.told.get(task)
    if entry is not None and entry.clears < floor:
        entry = None
    verdict = Verdict.NONE if entry is None else entry.verdict
    return watcher_does(attempt, verdict, seen.producer), entry


@dataclass(slots=True)
class Run:
    """The poll of one run's producer and ledger."""

    producer: Place
    ledger: Place
    watchers: int = 0
    _version: int = 0
    _seen: Seen | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def newer(self, version: int, seconds: float) -> tuple[int, Seen | None]:
        """Return what was seen after `version`, with its version; or what was, after a while."""
        async with self._changed:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self._version > version), max(0.1, seconds)
                )
            return self._version, self._seen

    async def poll(self) -> None:
        """Look on and on, until cancelled."""
        reader = Reader(self.ledger.get)
        look = sync_to_async(self._look)
        pause = SHORTEST_SECONDS
        while True:
            try:
                seen, news = await look(reader)
            except Exception as error:  # noqa: BLE001 (whatever it is, Airflow may answer later)
                pause = pause_after(pause, answered=False)
                _log.warning("Airflow did not answer (%s); asking again in %.0fs", error, pause)
            else:
                pause = pause_after(pause, news=news or seen.producer is Producer.OVER)
                await self._show(seen)
            await asyncio.sleep(jittered(pause))

    async def _show(self, seen: Seen) -> None:
        async with self._changed:
            self._version += 1
            self._seen = seen
            self._changed.notify_all()

    def _look(self, reader: Reader) -> tuple[Seen, bool]:
        """Return what is seen now, and whether it is news.

        The producer is looked at first: if it is over, all that it told is there to be read.
        """
        one = self.producer
        states = task_states(one.dag_id, one.run_id, [one.task_id])
        phase = producer_phase(states.get(one.task_id), exists=one.task_id in states)
        news = reader.read()
        before = self._seen
        news = news or before is None or before.producer is not phase
        return Seen(phase, dict(reader.told) if news or before is None else before.told), news


_RUNS: Final[dict[tuple[Place, Place], tuple[Run, asyncio.Task[None]]]] = {}
"""The polls of this triggerer. Its event loop is one thread, so nobody else touches them."""


@asynccontextmanager
async def followed(producer: Place, ledger: Place) -> AsyncIterator[Run]:
    """Yield the poll of a run, which is there as long as somebody waits for it."""
    key = (producer, ledger)
    if key not in _RUNS or _RUNS[key][1].done():
        made = Run(producer, ledger)
        _RUNS[key] = (made, asyncio.create_task(made.poll()))
    run, polling = _RUNS[key]
    run.watchers += 1
    try:
        yield run
    finally:
        run.watchers -= 1
        if not run.watchers:
            polling.cancel()
            if _RUNS.get(key, (None,))[0] is run:
                del _RUNS[key]
