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
from dagwright.plan.modes.docker import docker
from dagwright.plan.modes.local import in_worker
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.pods import aws_eks, gcp_gke, kubernetes
from dagwright.plan.modes.virtualenv import in_environment
from dagwright.plan.modes.watcher_command import PRODUCER, ProducerCommand
from dagwright.plan.modes.watcher_phases import BUILD, FRESHNESS, TESTS, Phase, phase_of
from dagwright.plan.modes.watcher_rules import (
    PRODUCER_ARGUMENT,
    WATCHER_FAILS_FAST,
    WATCHER_WITH_PAST,
)
from dagwright.plan.settings import usual_timeout
from dagwright.spec.airflow_versions import settings_of_tasks
from dagwright.spec.model.execute import Watcher
from dagwright.spec.model.execute.container import DeferrableKeys
from dagwright.text.route import Route

LEDGER: Final = "dagwright_results"

PRODUCERS: Final[Mapping[str, Callable[..., Mode]]] = MappingProxyType(
    {
        "local": in_worker,
        "virtualenv": in_environment,
        "docker": docker,
        "kubernetes": kubernetes,
        "aws_eks": aws_eks,
        "gcp_gke": gcp_gke,
    }
)
"""By `producer.mode`: the mode whose operator runs dbt, and a task's own command."""

MOST_TASKS_IN_THE_TRIGGERER: Final = 200
"""Up to how many tasks a DAG's watchers start in the triggerer, without a worker.

Airflow 3.3 decodes the whole DAG there for each task that does, so that costs the square of it.
"""

_PAST: Final = ("depends_on_past", "wait_for_downstream")


def watcher(execute: Watcher, given: Given) -> Mode:
    """Return the mode that runs dbt once, by the mode that the producer names."""
    _complain(execute, given)
    inner = PRODUCERS[execute.producer.mode](execute.producer, given)
    shared = {**inner.shared, **_held(execute)}
    timeout = execute.producer.task.execution_timeout
    command = ProducerCommand(inner, timeout or usual_timeout(given.loaded.spec))
    return Mode(
        kind=f"watcher_{inner.kind}",
        shared={**shared, "producer": PRODUCER, "ledger": LEDGER, "wait_seconds": execute.wait},
        own=lambda call: _own(inner, call),
        others={f"producer_{inner.kind}": {**_without_watchers(shared), "ledger": LEDGER}},
        from_loader=inner.from_loader,
        finish=lambda steps: _finished(inner.finish(steps), execute, given, command),
    )


def _own(inner: Mode, call: Call) -> Arguments:
    """Return what a watcher has of its own: its command, and whether failed tests are final."""
    again = {"retry_tests": True} if call.retry_tests else {}
    return {**inner.own(call), **again}


def _held(execute: Watcher) -> Arguments:
    """Return the arguments by which a container is followed by a task that holds its slot."""
    return {"deferrable": False} if isinstance(execute.producer, DeferrableKeys) else {}


def _without_watchers(shared: Arguments) -> Arguments:
    """Return what a producer takes of the arguments of its mode: warnings are the watchers'."""
    return {name: value for name, value in shared.items() if name != "on_warning"}


def _complain(execute: Watcher, given: Given) -> None:
    """Report what one dbt call for all nodes cannot keep to."""
    spec, places = given.loaded.spec, given.loaded.places
    _complain_of_producer(execute, given)
    if spec.dag is not None and spec.dag.fail_fast:
        at: Route = ("dag", "fail_fast")
        given.report.add(WATCHER_FAILS_FAST.at(places.key(at), notes=places.notes(at)))
    for route, settings in settings_of_tasks(spec):
        for name in _PAST:
            if getattr(settings, name):
                at = (*route, name)
                found = WATCHER_WITH_PAST.at(places.key(at), key=name, notes=places.notes(at))
                given.report.add(found)


def _complain_of_producer(execute: Watcher, given: Given) -> None:
    """Report what would keep a producer from hearing its dbt, or let one go on that is killed."""
    producer, places = execute.producer, given.loaded.places
    block: Route = ("execute", "producer")
    said: dict[Route, object] = {("deferrable",): getattr(producer, "deferrable", None)}
    for name, value in getattr(producer, "operator_args", {}).items():
        said["operator_args", name] = value
    for route, value in said.items():
        refused, reason = NEEDED.get(str(route[-1]), (None, ""))
        if value is not None and value == refused:
            at: Route = (*block, *route)
            text = str(value).lower() if isinstance(value, bool) else value
            found = PRODUCER_ARGUMENT.at(
                places.key(at), key=f"{route[-1]}: {text}", reason=reason, notes=places.notes(at)
            )
            given.report.add(found)


NEEDED: Final[Mapping[str, tuple[object, str]]] = MappingProxyType(
    {
        "deferrable": (
            True,
            "the task reads the log of its container, and needs its slot for that",
        ),
        "get_logs": (False, "all that is known of the nodes is in the log"),
        "reattach_on_restart": (True, "what a pod tells counts for the try that started it"),
        "durable": (True, "what a pod tells counts for the try that started it"),
        "on_kill_action": ("keep_pod", "a pod whose task was killed would go on unheard"),
    }
)
"""By argument of an operator: the value that a producer cannot have, and why."""


def _finished(
    steps: tuple[Step, ...], execute: Watcher, given: Given, command: ProducerCommand
) -> tuple[Step, ...]:
    """Return `steps` with the producer and the ledger before them, told where they start."""
    kind = command.kind
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
        arguments=_told(phases, given, command),
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


def _told(phases: Sequence[Phase], given: Given, command: ProducerCommand) -> Mapping[str, Any]:
    """Return what the producer runs, and for whom."""
    used = [phase for phase in phases if phase.steps]
    watched = {step.id for phase in used for step in phase.steps}
    return {
        **command.own,
        "phases": [phase.command(given, command.program) for phase in used],
        **({"tails": [command.tail(phase.name) for phase in used]} if command.is_whole else {}),
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
