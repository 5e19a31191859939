"""The state machine of watcher mode: who does what, as tables, and the functions that read them.

The producer and the watchers never talk to each other. Each looks at what Airflow and the ledger
say, and does what its row says. Three things hold, whatever happens in which order, which a test
proves by walking through every order:

- Airflow says success only of a task whose nodes dbt has done.
- Nobody waits for ever: the producer ends, and then whoever has no verdict runs its own nodes.
- No node is run by two dbt processes at once: a watcher runs its own nodes only while the producer
  is over, and the producer starts only when no watcher runs; each shows that it runs before it
  looks at the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Producer(Enum):
    """What the producer is up to, as its state in Airflow tells."""

    COMING = "coming"
    """It has not started, or will start again."""
    RUNNING = "running"
    OVER = "over"
    """It ended, whichever way, and will not start by itself."""


OVER_STATES: Final = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""The states of Airflow in which a task instance stays until somebody clears it."""


def producer_phase(state: str | None, *, exists: bool = True) -> Producer:
    """Return what a producer in this state of Airflow is up to.

    A run that is older than the mode has no producer, and will get none.
    """
    if not exists or state in OVER_STATES:
        return Producer.OVER
    return Producer.RUNNING if state == "running" else Producer.COMING


class Verdict(Enum):
    """What the ledger says of the nodes of one task, all together."""

    NONE = "none"
    DONE = "done"
    """Every node did what it is for; tests may have warned."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """dbt left a node out, because what it waits for failed; none failed."""


class Attempt(Enum):
    """Whether a watcher looks for the first time since it was made, or last cleared."""

    FIRST = "first"
    AGAIN = "again"
    """Airflow retries it, so that what was said before did not satisfy it."""


class Do(Enum):
    """What a watcher does."""

    WAIT = "wait"
    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    RUN = "run"
    """Run the task's own command, which was made for this at compile time."""


@dataclass(frozen=True, slots=True)
class WatcherRow:
    """One row of the watchers' table; an empty cell stands for every value."""

    attempt: frozenset[Attempt]
    verdict: frozenset[Verdict]
    producer: frozenset[Producer]
    do: Do
    why: str


def _row(
    attempt: Iterable[Attempt],
    verdict: Iterable[Verdict],
    producer: Iterable[Producer],
    do: Do,
    why: str,
) -> WatcherRow:
    return WatcherRow(frozenset(attempt), frozenset(verdict), frozenset(producer), do, why)


_FIRST: Final = {Attempt.FIRST}
_AGAIN: Final = {Attempt.AGAIN}
_UNTOLD: Final = {Verdict.NONE, Verdict.SKIPPED}
_ALIVE: Final = {Producer.COMING, Producer.RUNNING}
_OVER: Final = {Producer.OVER}

WATCHER: Final = (
    _row(_FIRST, {Verdict.DONE}, Producer, Do.PASS, "dbt has done it"),
    _row(
        _FIRST,
        {Verdict.FAILED},
        {Producer.RUNNING, Producer.OVER},
        Do.FAIL,
        "dbt has tried it; a retry runs it again",
    ),
    _row(
        _FIRST, {Verdict.FAILED}, {Producer.COMING}, Do.WAIT, "the next try may have another word"
    ),
    _row(_FIRST, _UNTOLD, _ALIVE, Do.WAIT, "its turn may come"),
    _row(
        _FIRST,
        _UNTOLD,
        _OVER,
        Do.RUN,
        "nobody else will: the producer ended before it, or left it out for the sake of a task "
        "that Airflow no longer holds against it",
    ),
    _row(_AGAIN, Verdict, _ALIVE, Do.WAIT, "two dbt processes must not run one node"),
    _row(_AGAIN, Verdict, _OVER, Do.RUN, "to try again is to run the nodes again"),
)
"""What a watcher does, by its attempt, its verdict and the producer; exactly one row fits."""


def watcher_does(attempt: Attempt, verdict: Verdict, producer: Producer) -> Do:
    """Return what a watcher does now."""
    return _WATCHER[attempt, verdict, producer]


_WATCHER: Final = MappingProxyType(
    {
        (attempt, verdict, producer): row.do
        for row in WATCHER
        for attempt in row.attempt
        for verdict in row.verdict
        for producer in row.producer
    }
)


class Start(Enum):
    """How a try of the producer begins."""

    FRESH = "fresh"
    """It is the first one, or something in the run was cleared since the last."""
    RETRY = "retry"
    """Airflow retries it: what the tries before it published still counts."""


class Watcher(Enum):
    """How Airflow thinks of a watcher when the producer starts."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


WATCHER_PHASES: Final = MappingProxyType(
    {
        "success": Watcher.GOOD,
        "skipped": Watcher.GOOD,
        "failed": Watcher.BAD,
        "upstream_failed": Watcher.BAD,
        "removed": Watcher.BAD,
    }
)
"""By state of Airflow; every other one is open."""

BUSY_STATES: Final = frozenset({"running", "restarting"})
"""The states in which a watcher may have a dbt of its own: a producer waits for it to be gone."""


class Plan(Enum):
    """What a try of the producer does about one task."""

    RUN = "run"
    KEEP = "keep"
    """Its nodes are done; nothing is run again."""
    LEAVE = "leave"
    """Its watcher takes care of it: it failed, or waits for one that did."""


@dataclass(frozen=True, slots=True)
class ProducerRow:
    """One row of the producer's table."""

    start: Start
    verdict: frozenset[Verdict]
    watcher: frozenset[Watcher]
    plan: Plan
    why: str


def _plan(
    start: Start, verdict: Iterable[Verdict], watcher: Iterable[Watcher], plan: Plan, why: str
) -> ProducerRow:
    return ProducerRow(start, frozenset(verdict), frozenset(watcher), plan, why)


PRODUCER: Final = (
    _plan(Start.FRESH, Verdict, {Watcher.GOOD}, Plan.KEEP, "its watcher was not cleared"),
    _plan(
        Start.FRESH,
        Verdict,
        {Watcher.BAD, Watcher.OPEN},
        Plan.RUN,
        "it did not succeed, or is to run anew",
    ),
    _plan(Start.RETRY, {Verdict.DONE}, Watcher, Plan.KEEP, "the try before did it"),
    _plan(
        Start.RETRY,
        {Verdict.FAILED, Verdict.SKIPPED},
        Watcher,
        Plan.LEAVE,
        "the try before told, and the watcher decides on retries",
    ),
    _plan(Start.RETRY, {Verdict.NONE}, {Watcher.GOOD}, Plan.KEEP, "its watcher has it done"),
    _plan(Start.RETRY, {Verdict.NONE}, {Watcher.BAD}, Plan.LEAVE, "Airflow gave up on it"),
    _plan(
        Start.RETRY, {Verdict.NONE}, {Watcher.OPEN}, Plan.RUN, "the try before did not get to it"
    ),
)
"""What a try of the producer does about a task; exactly one row fits."""


def producer_plans(
    start: Start, tasks: Mapping[str, Told], after: Mapping[str, Collection[str]]
) -> dict[str, Plan]:
    """Return what a try of the producer does about each task.

    Args:
        start: how the try begins.
        tasks: each task with what is told of it, every task after those that it waits for.
        after: by task: what it waits for. One that waits for a task that is left is left too,
            since dbt would build it on what is not there.
    """
    plans: dict[str, Plan] = {}
    for task, told in tasks.items():
        plan = _PRODUCER[start, told.verdict, told.watcher]
        if plan is Plan.RUN and any(plans.get(up) is Plan.LEAVE for up in after[task]):
            plan = Plan.LEAVE
        plans[task] = plan
    return plans


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a task when the producer starts."""

    verdict: Verdict
    watcher: Watcher


_PRODUCER: Final = MappingProxyType(
    {
        (row.start, verdict, watcher): row.plan
        for row in PRODUCER
        for verdict in row.verdict
        for watcher in row.watcher
    }
)


@dataclass(frozen=True, slots=True)
class Tries:
    """Which try of a task instance this is. Airflow counts on when somebody clears it.

    `before` is how many tries there were before it was last cleared; 0 if it never was.
    """

    number: int
    before: int

    @property
    def attempt(self) -> Attempt:
        """Whether this is the first try since then."""
        return Attempt.FIRST if self.number <= self.before + 1 else Attempt.AGAIN


def tries_of(number: int, max_tries: int, retries: int) -> Tries:
    """Return what Airflow's numbers mean: clearing sets `max_tries` to tries so far + retries."""
    return Tries(number, max(0, max_tries - retries))


def counts_from(tries: Tries, clears: int) -> int:
    """Return the least number of clears at which a verdict is for this try of a watcher.

    Airflow counts how often anything in a run was cleared. A watcher that was cleared takes no
    word from a producer that started before that; `clears` is the count now.
    """
    return clears if tries.before else 0
