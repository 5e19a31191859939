"""Find the official model of each kind of step, and report what it has against the payloads.

What an API server of Kubernetes refuses beyond its schema is known without a package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from dagwright.diagnostics import Report, Rule
from dagwright.official import kubernetes
from dagwright.official.amazon import run_task_faults
from dagwright.official.api_server import server_faults, template_faults
from dagwright.official.azure import container_group_faults
from dagwright.official.fault import Fault
from dagwright.official.google import run_job_faults
from dagwright.official.places import other_route, pod_route
from dagwright.official.rules import (
    MODEL_MISSING,
    REFUSED_BY_MODEL,
    REFUSED_BY_SERVER,
    TEMPLATE_IN_LABEL,
    UNKNOWN_KUBERNETES,
)
from dagwright.plan import Plan
from dagwright.plan.commands import shared_command
from dagwright.plan.modes import MODES, Given
from dagwright.plan.paths import PathMap
from dagwright.project.model import NEWEST_RELEASE, Metadata, Project
from dagwright.select.exact import ExactSelectors
from dagwright.spec import LoadedSpec
from dagwright.spec.extras import EXTRAS, block_of_dbt, mode_of_dbt, place_that_asks
from dagwright.text.route import Route

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What an official model finds, and where in a spec that was decided."""

    faults: Callable[[Arguments], Iterable[Fault]]
    route: Callable[[Route, Arguments, LoadedSpec, Route], Route] = other_route
    """From the path of a fault to the route of what decided it."""


_POD: Final = Model(kubernetes.pod_faults, pod_route)

MODELS: Final[Mapping[str, Model]] = MappingProxyType(
    {
        **dict.fromkeys(("kubernetes", "aws_eks", "gcp_gke"), _POD),
        "aws_ecs": Model(run_task_faults),
        "azure_container_instance": Model(container_group_faults),
        "gcp_cloud_run_job": Model(run_job_faults),
    }
)
"""By mode: its official model; the extras are `spec.extras`."""


def check_payloads(plan: Plan, loaded: LoadedSpec, report: Report) -> None:
    """Report what the official model of the mode has against the payloads of `plan`.

    Where its package is not installed nothing is said, unless the spec asks for the check.
    """
    steps = (step for step in plan.steps if step.kind != NOTHING)
    _check(({**plan.defaults.get(one.kind, {}), **one.arguments} for one in steps), loaded, report)


def check_block(loaded: LoadedSpec, report: Report) -> None:
    """Report the same of what all tasks share, which takes no project: settings by node do."""
    project = Project(Metadata("", ""), {}, {})
    execute, elsewhere = loaded.spec.execute, Report()
    command = shared_command(execute, execute.project_dir or "/", (), NEWEST_RELEASE[:2])
    exact = ExactSelectors(project)
    given = Given(loaded, command, PathMap(loaded), project, elsewhere, exact)
    mode = MODES[execute.mode](execute, given)
    _check([mode.shared], loaded, report)


NOTHING: Final = "empty"
"""The kind of a step that sends nothing."""


def _check(payloads: Iterable[Arguments], loaded: LoadedSpec, report: Report) -> None:
    model = MODELS.get(mode_of_dbt(loaded))
    if model is None:
        return
    different = list(_different(payloads))
    by_model = list(_by_model(model, different, loaded, report))
    for rule, fault, arguments in (*by_model, *_by_server(different)):
        route = model.route(fault.path, arguments, loaded, block_of_dbt(loaded))
        found = rule.at(
            loaded.places.key(route),
            field=fault.field,
            problem=fault.problem,
            hint=fault.hint,
            notes=loaded.places.notes(route),
        )
        report.add(found)


Found = tuple[Rule, Fault, Arguments]


def _by_model(
    model: Model, payloads: list[Arguments], loaded: LoadedSpec, report: Report
) -> Iterator[Found]:
    """Yield what an official model finds, if it is installed."""
    mode = mode_of_dbt(loaded)
    if not EXTRAS[mode].installed:
        at = place_that_asks(loaded)
        if at is not None:
            where = loaded.places.key(at)
            report.add(MODEL_MISSING.at(where, mode=mode, extra=EXTRAS[mode].name))
        return
    find = _of_version(loaded, report) if model is _POD else model.faults
    for arguments in payloads:
        yield from ((REFUSED_BY_MODEL, fault, arguments) for fault in find(arguments))


def _by_server(payloads: list[Arguments]) -> Iterator[Found]:
    """Yield what an API server refuses of pods; payloads without a manifest are no pods."""
    for arguments in payloads:
        if kubernetes.MANIFEST in arguments:
            manifest = kubernetes.manifest_of(arguments)
            for fault in server_faults(manifest):
                yield REFUSED_BY_SERVER, fault, arguments
            for fault in template_faults(manifest):
                yield TEMPLATE_IN_LABEL, fault, arguments


def _of_version(loaded: LoadedSpec, report: Report) -> Callable[[Arguments], Iterable[Fault]]:
    """Return what checks pods by the version of Kubernetes that is asked for, or the newest."""
    route = (*block_of_dbt(loaded), "kubernetes_version")
    execute: Any = loaded.spec.execute
    asked = (execute.producer if len(route) > 2 else execute).kubernetes_version
    if asked is None:
        return kubernetes.pod_faults
    known = kubernetes.known_versions()
    major, minor, *_ = (int(part) for part in asked.split("."))
    if (major, minor) in known:
        return partial(kubernetes.pod_faults, version=(major, minor))
    names = f"{kubernetes.called(known[0])} to {kubernetes.called(known[-1])}"
    at = loaded.places.value(route)
    report.add(UNKNOWN_KUBERNETES.at(at, version=asked, known=names))
    return lambda _: ()


def _different(payloads: Iterable[Arguments]) -> Iterator[Arguments]:
    """Yield payloads, those that differ in their command alone once."""
    seen = set()
    for arguments in payloads:
        same = json.dumps(_without_command(arguments), sort_keys=True, default=list)
        if same not in seen:
            seen.add(same)
            yield arguments


def _without_command(value: Any) -> Any:
    """Return `value` without the words of commands, which are the compiler's own."""
    if isinstance(value, Mapping):
        return {key: _without_command(item) for key, item in value.items() if key not in _COMMANDS}
    if isinstance(value, (list, tuple)):
        return [_without_command(item) for item in value]
    return value


_COMMANDS: Final = frozenset(
    {"command", "args", "arguments", "name", "pod_name", "phases", "watched"}
)
