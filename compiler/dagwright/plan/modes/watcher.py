"""Mode `watcher`: one dbt build in a producer task, and each task follows its own nodes there.

A task keeps the command that the producer's mode would give it, and runs it where the producer
does not do its nodes. What the producer runs is in phases, as few as one: sources first, then
`dbt build`, then the tests that `tests: after_all` puts at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from dagwright.plan.model import Step
from dagwright.plan.modes.local import local
from dagwright.plan.modes.mode import Arguments, Given, Mode
from dagwright.plan.modes.watcher_phases import BUILD, FRESHNESS, TESTS, Phase, phase_of
from dagwright.plan.modes.watcher_rules import WATCHER_FAILS_FAST, WATCHER_WITH_PAST
from dagwright.spec.airflow_versions import settings_of_tasks
from dagwright.spec.model.execute import Watcher
from dagwright.text.route import Route

PRODUCER: Final = "dagwright_producer"
LEDGER: Final = "dagwright_results"

PRODUCERS: Final[Mapping[str, Callable[..., Mode]]] = MappingProxyType({"local": local})
"""By `producer.mode`: the mode whose operator runs dbt, and a task's own command."""

MOST_TASKS_IN_THE_TRIGGERER: Final = 200
"""Up to how many tasks a DAG's watchers start in the triggerer, without a worker.

Airflow 3.3 decodes the whole DAG there for each task that does, so that costs the square of it.
"""

_PAST: Final = ("depends_on_past", "wait_for_downstream")


def watcher(execute: Watcher, given: Given) -> Mode:
    """Return the mode that runs dbt once, by the mode that the producer names."""
    _complain(given)
    inner = PRODUCERS[execute.producer.mode](execute.producer, given)
    kind = f"watcher_{inner.kind}"
    return Mode(
        kind=kind,
        shared={
            **inner.shared,
            "producer": PRODUCER,
            "ledger": LEDGER,
            "wait_seconds": execute.wait,
        },
        own=inner.own,
        others={f"producer_{inner.kind}": {**_without_watchers(inner.shared), "ledger": LEDGER}},
        from_loader=inner.from_loader,
        finish=lambda steps: _finished(steps, execute, given, inner.kind),
    )


def _without_watchers(shared: Arguments) -> Arguments:
    """Return what a producer takes of the arguments of its mode: warnings are the watchers'."""
    return {name: value for name, value in shared.items() if name != "on_warning"}


def _complain(given: Given) -> None:
    """Report what one dbt call for all nodes cannot keep to."""
    spec, places = given.loaded.spec, given.loaded.places
    if spec.dag is not None and spec.dag.fail_fast:
        at: Route = ("dag", "fail_fast")
        given.report.add(WATCHER_FAILS_FAST.at(places.key(at), notes=places.notes(at)))
    for route, settings in settings_of_tasks(spec):
        for name in _PAST:
            if getattr(settings, name):
                at = (*route, name)
                found = WATCHER_WITH_PAST.at(places.key(at), key=name, notes=places.notes(at))
                given.report.add(found)


def _finished(
    steps: tuple[Step, ...], execute: Watcher, given: Given, kind: str
) -> tuple[Step, ...]:
    """Return `steps` with the producer and the ledger before them, told where they start."""
    mine = [step for step in steps if step.kind == f"watcher_{kind}"]
    if not mine:
        return steps
    at_end = given.loaded.spec.render.tests == "after_all"
    phases = [
        Phase(name, tuple(step for step in mine if phase_of(step, tests_last=at_end) == name))
        for name in (FRESHNESS, BUILD, TESTS)
    ]
    starts_in = "triggerer" if len(steps) <= MOST_TASKS_IN_THE_TRIGGERER else "worker"
    producer = Step(
        id=PRODUCER,
        kind=f"producer_{kind}",
        label="dbt build",
        nodes=(),
        after=(),
        arguments=_told(phases, given),
        airflow=_settings(execute, len(steps)),
        helper=True,
    )
    ledger = Step(
        id=LEDGER,
        kind="empty",
        label="results of dbt build",
        nodes=(),
        after=(PRODUCER,),
        airflow={"trigger_rule": "all_done", "retries": 0},
        helper=True,
    )
    started = (
        replace(step, arguments={**step.arguments, "starts_in": starts_in})
        if step.kind == f"watcher_{kind}"
        else step
        for step in steps
    )
    return (producer, ledger, *started)


def _settings(execute: Watcher, tasks: int) -> Mapping[str, Any]:
    """Return Airflow's settings of the producer; it goes before everything that waits for it."""
    given = execute.producer.task.model_dump(exclude_none=True)
    settings = {
        "retries": 2,
        "priority_weight": tasks + 1,
        "weight_rule": "absolute",
        "trigger_rule": "all_success",
        **given,
    }
    return dict(sorted(settings.items()))


def _told(phases: Sequence[Phase], given: Given) -> Mapping[str, Any]:
    """Return what the producer runs, and for whom."""
    used = [phase for phase in phases if phase.steps]
    watched = {step.id for phase in used for step in phase.steps}
    return {
        "phases": [phase.command(given) for phase in used],
        "watched": {
            step.id: {
                "nodes": list(step.nodes),
                "after": [up for up in step.after if up in watched],
                "select": list(phase.selectors(step, given)),
            }
            for phase in used
            for step in phase.steps
        },
    }
