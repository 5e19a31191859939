"""Where the producer's words are kept: XComs of a task that never runs in a worker.

Airflow deletes a task's XComs when a worker starts it again, and the producer has to remember what
its last try told. So they belong to a task of their own, which is an empty operator: Airflow
settles it without a worker. There is one XCom that says which try of the producer spoke last (the
head), and behind it a numbered row of entries, each written once; a reader goes on where it
stopped. An entry holds the verdicts that came in while the one before it was being written, so a
slow API makes fewer, longer entries, and no node waits for another.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dagwright_airflow.watcher.states import Verdict

_log: Final = logging.getLogger(__name__)

Get = Callable[[str], Any]
"""From a key to its value; None if there is none."""

_HEAD: Final = "dagwright_head"
_PATIENCE_SECONDS: Final = 600.0
_LONGEST_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """A task instance of this DAG run, in Airflow's words."""

    dag_id: str
    run_id: str
    task_id: str

    def get(self, key: str) -> Any:
        """Return one of its XComs; None if there is none. For tasks and triggers alone."""
        from airflow.sdk.execution_time.xcom import XCom  # noqa: PLC0415 (not in Airflow 2)

        return XCom.get_one(
            key=key,
            dag_id=self.dag_id,
            run_id=self.run_id,
            task_id=self.task_id,
            map_index=-1,
        )

    def set(self, key: str, value: Any) -> None:
        """Write one of its XComs. For tasks alone."""
        from airflow.sdk.execution_time.xcom import XCom  # noqa: PLC0415

        XCom.set(
            key=key,
            value=value,
            dag_id=self.dag_id,
            run_id=self.run_id,
            task_id=self.task_id,
            map_index=-1,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """Which try of the producer spoke last, and whether it came to its end.

    `clears` is how often anything in the run had been cleared when it began.
    """

    number: int
    clears: int
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of one task: the verdict, the clears at which it was made, what nodes said."""

    verdict: Verdict
    clears: int
    said: Mapping[str, Any] = field(default_factory=dict)


_SILENT: Final = Head(0, 0)
"""Stands for a try that never spoke."""


def read_head(get: Get) -> Head | None:
    """Return the head; None if no producer ever started in this run."""
    told = get(_HEAD)
    return None if told is None else Head(told["try"], told["clears"], told["ended"])


class Reader:
    """What a ledger says, read on and on: each entry costs one request, once."""

    def __init__(self, get: Get) -> None:
        """Read nothing yet."""
        self._get = get
        self._next = 0
        self.head: Head | None = None
        self.told: dict[str, Entry] = {}

    def read(self) -> bool:
        """Read what is new; return whether anything was."""
        head, before = read_head(self._get), self._next
        changed = head != self.head
        if head is None or self.head is None or head.number != self.head.number:
            self.told, self._next, before = {}, 0, 0
        self.head = head
        while head and (entry := self._get(_key(head.number, self._next))) is not None:
            for told in entry:
                self.told[told["task"]] = _entry(told)
            self._next += 1
        return changed or self._next != before


def _key(number: int, entry: int | str) -> str:
    return f"dagwright_{number}_{entry}"


_END: Final = "end"
_GONE: Final = "gone"


def read_at_the_end(get: Get, task: str) -> tuple[Head | None, Entry | None]:
    """Return the head, and what is told of one task, where the producer is over.

    Two requests if the producer came to its end, and one more where nodes said something; else all
    entries are read.
    """
    head = read_head(get)
    others = get(_key(head.number, _END)) if head and head.ended else None
    if head is None or others is None:
        reader = Reader(get)
        reader.read()
        return reader.head, reader.told.get(task)
    if task not in others:
        return head, Entry(Verdict.DONE, head.clears)
    told = others[task]
    if told is not None and (place := told.get("entry")) is not None:
        told = next(one for one in get(_key(head.number, place)) if one["task"] == task)
    return head, None if told is None else _entry(told)


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(Verdict(told["verdict"]), told["clears"], told.get("said", {}))


def may_have_left_dbt(head: Head | None, get: Get) -> bool:
    """Return whether the try that spoke last was stopped, and its dbt may still be there.

    One that was stopped before it spoke may be about to start dbt.
    """
    head = head or _SILENT
    return not head.ended and get(_key(head.number, _GONE)) is None


def note_gone(head: Head | None, write: Callable[[str, Any], None]) -> None:
    """Write down that the dbt of a stopped try is gone, so that nobody else waits for that."""
    write(_key((head or _SILENT).number, _GONE), True)  # noqa: FBT003 (the value of an XCom)


class PublishingError(RuntimeError):
    """Airflow did not take what the producer has to tell."""


class Publisher:
    """Writes a ledger from a thread of its own, so that dbt's log is never held up."""

    def __init__(
        self, write: Callable[[str, Any], None], head: Head, patience: float = _PATIENCE_SECONDS
    ) -> None:
        """Begin a try: from here on, nothing that an earlier one told is current.

        Args:
            write: what sets an XCom.
            head: the try that begins.
            patience: for how many seconds Airflow may refuse to take an entry.

        Raises:
            PublishingError: Airflow did not take even the head.
        """
        self._write = write
        self._begun = head
        self._patience = patience
        self._fault: Exception | None = None
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._told: dict[str, dict[str, Any]] = {}
        self._entries: dict[str, int] = {}
        self._persist(_HEAD, _as_json(head))
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def tell(self, told: Mapping[str, Any], clears: int | None = None) -> None:
        """Publish a verdict, soon; an old one with the clears that it was made at."""
        clears = self._begun.clears if clears is None else clears
        self._told[told["task"]] = one = {**told, "clears": clears}
        self._queue.put(one)

    def stop(self) -> None:
        """Return when everything is published.

        Raises:
            PublishingError: Airflow did not take it, for longer than the patience.
        """
        self._queue.put(None)
        self._thread.join()
        if self._fault is not None:
            raise PublishingError(f"Airflow did not take the results: {self._fault}")

    def end(self, tasks: Iterable[str]) -> None:
        """Publish that this try came to its end, after everything else.

        With it goes once what is not just done of all `tasks`, for those who come late: the
        verdict, and the number of the entry that has what nodes said, however much that is.

        Raises:
            PublishingError: as `stop`.
        """
        self.stop()
        plain = {"verdict": Verdict.DONE.value, "clears": self._begun.clears}
        every = {task: self._short(task) for task in tasks}
        others = {task: told for task, told in every.items() if told != plain}
        self._persist(_key(self._begun.number, _END), others)
        head = Head(self._begun.number, self._begun.clears, ended=True)
        self._persist(_HEAD, _as_json(head))

    def _short(self, task: str) -> dict[str, Any] | None:
        """Return what was told of a task, without what its nodes said."""
        if (told := self._told.get(task)) is None:
            return None
        short = {name: told[name] for name in ("verdict", "clears")}
        return {**short, "entry": self._entries[task]} if told.get("said") else short

    def _publish(self) -> None:
        number, last = 0, False
        while not last:
            waiting = [self._queue.get()]
            while not self._queue.empty():
                waiting.append(self._queue.get())
            last = None in waiting
            told = [one for one in waiting if one is not None]
            if told:
                try:
                    self._persist(_key(self._begun.number, number), told)
                except PublishingError as error:
                    self._fault = error
                    return
                self._entries.update((one["task"], number) for one in told)
                number += 1

    def _persist(self, key: str, value: Any) -> None:
        """Write an XCom, again and again where Airflow does not take it."""
        until, pause = time.monotonic() + self._patience, 0.5
        while (fault := self._fault_of(key, value)) is not None:
            if time.monotonic() + pause > until:
                raise PublishingError(str(fault)) from fault
            _log.warning("Airflow did not take a result (%s); again in %ss", fault, pause)
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _fault_of(self, key: str, value: Any) -> Exception | None:
        """Return why an XCom could not be written; None if it was."""
        try:
            self._write(key, value)
        except Exception as error:  # noqa: BLE001 (whatever it is, it may pass)
            return error
        return None


def _as_json(head: Head) -> dict[str, Any]:
    return {"try": head.number, "clears": head.clears, "ended": head.ended}


def task_states(dag_id: str, run_id: str, tasks: Iterable[str] = ()) -> Mapping[str, str | None]:
    """Return the states of a run's task instances: of `tasks`, or of all. Not for a processor."""
    from airflow.sdk.execution_time.task_runner import (  # noqa: PLC0415 (not in Airflow 2)
        RuntimeTaskInstance,
    )

    found = RuntimeTaskInstance.get_task_states(
        dag_id=dag_id, run_ids=[run_id], task_ids=list(tasks) or None
    )
    states: Mapping[str, str | None] = found.get(run_id, {})
    return states
