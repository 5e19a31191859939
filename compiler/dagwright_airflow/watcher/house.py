"""Where the dbts of a run live, and how one that was left behind is ended before the next begins.

A dbt in a worker is on a leash, and is gone soon after the process that started it. A container
is not: it goes on when its task is killed. So every container of a run carries the run's mark,
and nobody starts another dbt for a node before those that may still be at it are gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import sha256
from typing import Any, ClassVar, Final, NamedTuple
from uuid import uuid4

from dagwright_airflow.airflow_api import AirflowException, has_lost_its_supervisor
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.results import NodeResult
from dagwright_airflow.watcher import dbt_log
from dagwright_airflow.watcher.ledger import Place

GRACE_SECONDS: Final = 15.0
"""How long a dbt may live on after Airflow holds its task for over.

Where somebody marked the task by hand, its supervisor hears of that by a heartbeat (five seconds),
and gives the task five more to end its dbt. Where it was killed, the leash takes less.
"""

Tell = Callable[[str, Callable[[str], str]], None]
"""Takes a line of dbt's log, and what blanks secrets out of a text."""


class Ended(NamedTuple):
    """How a dbt command ended: its exit status, if that is known, and what its files told.

    `fault` is what went wrong with the container around it.
    """

    status: int | None
    results: tuple[NodeResult, ...] = ()
    fault: str = ""


class Run(NamedTuple):
    """A dbt command that a producer asks for.

    `words` are all of it but the flags of its log; `told` says that nothing is left to tell.
    """

    words: Sequence[str]
    tell: Tell
    told: Callable[[], bool]


class InWorker(DbtOperator):
    """dbt in the worker, whose leash ends it with its task."""

    unset: ClassVar[Mapping[str, Any]] = {"command": (), "nodes": ()}
    """The arguments of the constructor that a producer fills in later."""
    producer_fields: ClassVar[Sequence[str]] = ()
    """The fields of a producer that are rendered, beside the operator's own."""

    def clear_away(self, ledger: Place, tasks: Collection[str], *, stopped: bool) -> None:
        """Return when no dbt that a killed task had started can be left."""
        del ledger, tasks
        if stopped:
            self.log.info("The producer was stopped: waiting until its dbt is gone for certain.")
            time.sleep(GRACE_SECONDS)

    def housed(self, ledger: Place) -> AbstractContextManager[None]:
        """Return what runs around a dbt; here nothing."""
        del ledger
        return nullcontext()

    def follow(self, run: Run, context: Mapping[str, Any]) -> Ended:
        """Return how a dbt command ended, after all of its log was told."""
        del context
        self.command = run.words
        longest = dbt_log.LONGEST_LINE_BYTES
        status, found = self._call_dbt(self.project(), run.tell, dbt_log.FLAGS, longest)
        return Ended(status, found or ())


MARK: Final = "dagwright.run"
TASK: Final = "dagwright.task"
CALL: Final = "dagwright.call"
"""The labels of a container: its run, its task, and this very call."""

_MARK_KEY: Final = "dagwright_mark"
_POLL_SECONDS: Final = 1.0


def short(text: str) -> str:
    """Return a label's value that is the same for the same text, whatever it holds."""
    return sha256(text.encode()).hexdigest()[:40]


def mark_of(ledger: Place) -> str:
    """Return what marks the containers of a run: made up once, and kept with the results.

    The ids of DAG and run would not do: two Airflows may share a cluster, and have the same.
    """
    if (mark := ledger.get(_MARK_KEY)) is None:
        ledger.set(_MARK_KEY, uuid4().hex)
        mark = ledger.get(_MARK_KEY)
    return str(mark)


class Contained:
    """What makes an operator that runs a container one whose containers are marked.

    A subclass says how containers are found and ended (`end_left`), and where (`here`).
    """

    unset: ClassVar[Mapping[str, Any]] = {}
    producer_fields: ClassVar[Sequence[str]] = ("tails",)
    labels: Any

    def prepare(self, context: Mapping[str, Any]) -> None:
        """Do nothing: what is to run is all said."""

    def here(self) -> str:
        """Return what tells this place for containers from others that this cannot reach."""
        return ""

    def end_left(self, labels: Mapping[str, Collection[str]]) -> int:
        """Return how many containers were there with these labels, when all of them are gone."""
        raise NotImplementedError

    def end_own(self) -> None:
        """End the container that this task runs now."""
        self.on_kill()  # type: ignore[attr-defined]

    def look(self) -> None:
        """Look whether the container has ended, and nobody says so; here that cannot be."""

    def clear_away(self, ledger: Place, tasks: Collection[str], *, stopped: bool) -> None:
        """Return when no container is left that an earlier try of `tasks` had started.

        `tasks` are all of the run if there are none.

        Raises:
            AirflowException: one may be where this worker cannot end it.
        """
        del stopped
        for task in (*tasks, self.task_id):  # type: ignore[attr-defined]
            at = ledger.get(_at(task))
            if at and at != self.here():
                raise AirflowException(
                    f"{task} was killed while its dbt ran in a container of another host "
                    f"({at}), which this worker cannot stop, so that its nodes are not run twice "
                    "at once. When it is gone there, clear this task"
                )
        labels = {MARK: [mark_of(ledger)], TASK: [short(task) for task in tasks]}
        self.end({name: values for name, values in labels.items() if values})

    def end(self, labels: Mapping[str, Collection[str]]) -> None:
        """Return when no container is left with these labels."""
        if left := self.end_left(labels):
            self.log.info("Ended %d containers that killed tasks had left.", left)  # type: ignore[attr-defined]

    @contextmanager
    def housed(self, ledger: Place) -> Iterator[None]:
        """Mark the container that is started inside, and end it if nobody waits for this task."""
        task: str = self.task_id  # type: ignore[attr-defined]
        own = {MARK: mark_of(ledger), TASK: short(task)}
        self.labels = {**(getattr(self, "labels", None) or {}), **own}
        if at := self.here():
            ledger.set(_at(task), at)
        done = threading.Event()
        guard = threading.Thread(target=self._guard, args=(done,), daemon=True)
        guard.start()
        try:
            yield
        finally:
            done.set()
            guard.join()
            if at:
                ledger.set(_at(task), "")

    def new_call(self) -> None:
        """Give the next container a label that no other has."""
        self.labels = {**self.labels, CALL: uuid4().hex}

    def _guard(self, done: threading.Event) -> None:
        """End the container where the task has lost its supervisor, which hears it no more."""
        while not done.wait(_POLL_SECONDS):
            if has_lost_its_supervisor():
                self.end_own()
                return
            self.look()


def _at(task: str) -> str:
    return f"dagwright_at_{short(task)}"
