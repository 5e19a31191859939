"""The producer: one dbt build for many tasks, told of node by node.

What runs is a list of phases, since one dbt command cannot do all: sources first, then the build,
then the tests that stand at the end. Each names all of its tasks at once, or the ones that a retry
is left with by their own exact selectors.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from dagwright_airflow.airflow_api import (
    AirflowException,
    AirflowFailException,
)
from dagwright_airflow.pauses import SETTLE_SECONDS
from dagwright_airflow.watcher import dbt_log
from dagwright_airflow.watcher.house import Ended, Run
from dagwright_airflow.watcher.ledger import (
    Head,
    Place,
    Publisher,
    Reader,
    may_have_left_dbt,
    read_head,
    task_states,
)
from dagwright_airflow.watcher.states import (
    BUSY_STATES,
    WATCHER_PHASES,
    Plan,
    Start,
    Told,
    Verdict,
    Watcher,
    producer_plans,
)
from dagwright_airflow.watcher.verdicts import NodeEnd, Tasks

_LAST_LINES: Final = 20
_RUNNABLE: Final = ("model.", "seed.", "snapshot.", "test.", "unit_test.", "function.", "source.")


class Producing:
    """What makes an operator a producer: it runs dbt for all, and publishes what becomes of each.

    It is a mixin over an operator of `house`, which runs dbt and ends what was left of it.
    """

    def produce(self, watched: Mapping[str, Mapping[str, Any]], ledger: str, prefix: str) -> None:
        """Keep for whom dbt runs, and the task whose XComs are written."""
        self.watched = watched
        self.ledger = ledger
        self.prefix = prefix

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many tasks were run, kept and left.

        Raises:
            AirflowException: dbt told nothing of some nodes, ran others, or could not run. That
                some failed is their watchers' to say.
        """
        house: Any = self
        house.prepare(context)
        instance = context["ti"]
        place = Place(instance.dag_id, instance.run_id, self.prefix + self.ledger)
        now = Head(instance.try_number, context["dag_run"].clear_number)
        before = read_head(place.get)
        start, told = _start(before, now, place)
        publisher = Publisher(place.set, now)
        for task, entry in told.items():
            old = {"task": task, "verdict": entry.verdict.value, "said": dict(entry.said)}
            publisher.tell(old, entry.clears)
        again = now.number > 1
        stopped = again and may_have_left_dbt(before, place.get)
        self._wait_until_alone(place, settle=again and start is Start.FRESH, stopped=stopped)
        plans = self._plans(start, {task: entry.verdict for task, entry in told.items()}, place)
        try:
            with house.housed(place):
                faults = self._run_phases(plans, publisher, context)
        except BaseException:
            publisher.stop()
            raise
        publisher.end(self.watched)
        if faults:
            raise faults[0]
        counts = [plan.value for plan in plans.values()]
        return {name.value: counts.count(name.value) for name in Plan}

    def _wait_until_alone(self, place: Place, *, settle: bool, stopped: bool) -> None:
        """Return when no other dbt of this run is left, and what watchers decided is known."""
        house: Any = self
        if settle:
            time.sleep(SETTLE_SECONDS)
        busy = self._busy(place)
        while busy:
            house.log.info("Waiting for %s, which may run dbt.", ", ".join(sorted(busy)[:5]))
            time.sleep(1.0)
            busy &= self._busy(place)
        house.clear_away(place, (), stopped=stopped)

    def _busy(self, place: Place) -> set[str]:
        states = task_states(place.dag_id, place.run_id)
        return {task for task in self.watched if states.get(self.prefix + task) in BUSY_STATES}

    def _plans(
        self, start: Start, verdicts: Mapping[str, Verdict], place: Place
    ) -> dict[str, Plan]:
        states = task_states(place.dag_id, place.run_id)
        told = {
            task: Told(
                verdicts.get(task, Verdict.NONE),
                WATCHER_PHASES.get(states.get(self.prefix + task) or "", Watcher.OPEN),
            )
            for task in self.watched
        }
        log = self.log  # type: ignore[attr-defined]
        plans = producer_plans(start, told, {t: one["after"] for t, one in self.watched.items()})
        for plan in (Plan.KEEP, Plan.LEAVE):
            if names := [task for task, one in plans.items() if one is plan]:
                log.info("%s %d tasks: %s", plan.value, len(names), ", ".join(names[:20]))
        return plans

    def _run_phases(
        self, plans: Mapping[str, Plan], publisher: Publisher, context: Mapping[str, Any]
    ) -> list[AirflowException]:
        """Return what was wrong beside nodes that failed, the worst first."""
        done = {task for task, plan in plans.items() if plan is Plan.KEEP}
        faults: list[AirflowException] = []
        phases, tails = self.phases, self.tails  # type: ignore[attr-defined]
        for number, phase in enumerate(phases):
            mine = set(phase["tasks"])
            wanted = [
                task
                for task in phase["tasks"]
                if plans[task] is Plan.RUN
                and all(up in done or up in mine for up in self.watched[task]["after"])
            ]
            if not wanted:
                continue
            heard = Tasks({task: self.watched[task]["nodes"] for task in wanted})
            words = phase["words"]
            if len(wanted) < len(mine):
                one_by_one = (word for task in wanted for word in self.watched[task]["select"])
                words = (*phase["base"], *dict.fromkeys(one_by_one))
            tail = tails[number] if tails else ()
            outcome = self._follow((*words, *tail), heard, publisher, context)
            done |= set(heard.done())
            if fault := outcome.fault(heard):
                faults.append(fault)
        return faults

    def _follow(
        self,
        words: Sequence[str],
        heard: Tasks,
        publisher: Publisher,
        context: Mapping[str, Any],
    ) -> _Outcome:
        """Return how dbt ended, after every verdict was handed to `publisher`."""
        house: Any = self
        last: deque[str] = deque(maxlen=_LAST_LINES)

        def tell(line: str, blank: Callable[[str], str]) -> None:
            read = dbt_log.read_line(line)
            if read.text is not None:
                last.append(blank(read.text))
                house.log.info("%s", last[-1])
            if read.end is not None:
                end = replace(read.end, message=blank(read.end.message))
                if verdict := heard.hear(end):
                    publisher.tell(verdict)

        ended = house.follow(Run(words, tell, lambda: heard.complete), context)
        for one in ended.results:  # What the log did not tell.
            if verdict := heard.hear(NodeEnd(one.node, one.status, one.message)):
                publisher.tell(verdict)
        return _Outcome(ended, tuple(last))


def _start(before: Head | None, now: Head, place: Place) -> tuple[Start, Mapping[str, Any]]:
    """Return how this try begins, and what still counts of what was told before."""
    if before is None or before.clears != now.clears:
        return Start.FRESH, {}
    reader = Reader(place.get)
    reader.read()
    return Start.RETRY, reader.told


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one dbt command ended, and the last lines of its log."""

    ended: Ended
    last: tuple[str, ...]

    def fault(self, heard: Tasks) -> AirflowException | None:
        """Return what is wrong beside nodes that failed; nothing if all were heard of."""
        status = self.ended.status
        lines = "\n".join(self.last)
        if missing := heard.unheard():
            how = self.ended.fault or f"dbt exited with {status}"
            return AirflowException(
                f"dbt told nothing of {_few(missing)}: their tasks run them by themselves.\n"
                f"{how}; its last lines:\n{lines}"
            )
        if strangers := [node for node in heard.strangers if node.startswith(_RUNNABLE)]:
            return AirflowFailException(
                f"dbt also ran {_few(strangers)}, which this DAG was not compiled for. "
                "Run `dagwright compile` and deploy the result."
            )
        if status and not heard.failed:
            return AirflowFailException(
                f"No node failed, but dbt exited with {status}, as it does for a hook that fails; "
                f"its last lines:\n{lines}"
            )
        return None


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + more


@lru_cache
def producing(operator: Any) -> Any:
    """Return the class of producers whose dbt runs by `operator`, one of `house`."""

    class Producer(Producing, operator):  # type: ignore[misc]
        """A producer; see `Producing`."""

        template_fields: Sequence[str] = (
            *(name for name in operator.template_fields if name not in _COMMANDS),
            *operator.producer_fields,
        )

        def __init__(
            self,
            *,
            phases: Sequence[Mapping[str, Any]],
            watched: Mapping[str, Mapping[str, Any]],
            ledger: str,
            tails: Sequence[Sequence[str]] = (),
            prefix: str = "",
            **kwargs: Any,
        ) -> None:
            """Keep what to run, and for whom.

            Args:
                phases: dbt commands, in order: `tasks`, the `words` that run them all, and the
                    `base` that the selectors of single tasks go behind.
                watched: by task: its `nodes`, the watched tasks that it comes `after`, and the
                    selectors (`select`) that pick its nodes and no others.
                ledger: the task whose XComs are written.
                tails: by phase: what follows its words; none where the operator knows it.
                prefix: what stands before every task id in this DAG.
                kwargs: arguments of the operator that runs dbt.
            """
            super().__init__(**operator.unset, **kwargs)
            self.phases = phases
            self.tails = tails
            self.produce(watched, ledger, prefix)

    return Producer


_COMMANDS: Final = frozenset({"command", "arguments"})
"""What a producer fills in itself, as long as they may be; they are not to be rendered."""
