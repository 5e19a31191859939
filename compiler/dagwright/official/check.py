"""Find the official model of each kind of step, and report what it has against the plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

from dagwright.diagnostics import Report
from dagwright.official import kubernetes
from dagwright.official.amazon import run_task_faults
from dagwright.official.azure import container_group_faults
from dagwright.official.fault import Fault
from dagwright.official.google import run_job_faults
from dagwright.official.places import other_route, pod_route
from dagwright.official.rules import MODEL_MISSING, REFUSED_BY_MODEL, UNKNOWN_KUBERNETES
from dagwright.plan import Plan
from dagwright.spec import LoadedSpec
from dagwright.text.route import Route

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """An extra of this package, the module that it brings, and what its model finds."""

    extra: str
    module: str
    faults: Callable[[Arguments], Iterable[Fault]]
    route: Callable[[Route, Arguments, LoadedSpec, Route], Route] = other_route
    """From the path of a fault to the route of what decided it."""


_POD: Final = Model("kubernetes", kubernetes.PACKAGE, kubernetes.pod_faults, pod_route)

MODELS: Final[Mapping[str, Model]] = MappingProxyType(
    {
        **dict.fromkeys(("kubernetes", "aws_eks", "gcp_gke"), _POD),
        "aws_ecs": Model("amazon", "botocore", run_task_faults),
        "azure_container_instance": Model(
            "azure", "azure.mgmt.containerinstance", container_group_faults
        ),
        "gcp_cloud_run_job": Model("google", "google.cloud.run_v2", run_job_faults),
    }
)
"""By mode: its official model."""


def check_payloads(plan: Plan, loaded: LoadedSpec, report: Report) -> None:
    """Report what the official model of the mode has against the payloads of `plan`.

    Where its package is not installed nothing is said, unless the spec asks for the check.
    """
    block, keys = _block(loaded)
    model = MODELS.get(keys.mode)
    if model is None:
        return
    if not _installed(model.module):
        _ask_for(model, keys, block, loaded, report)
        return
    faults = model.faults
    if model is _POD:
        version = _version(keys, block, loaded, report)
        if version is None:
            return
        faults = partial(kubernetes.pod_faults, version=version)
    for arguments in _payloads(plan):
        for fault in faults(arguments):
            route = model.route(fault.path, arguments, loaded, block)
            places = loaded.places
            found = REFUSED_BY_MODEL.at(
                places.key(route),
                field=fault.field,
                problem=fault.problem,
                hint=fault.hint,
                notes=places.notes(route),
            )
            report.add(found)


def _block(loaded: LoadedSpec) -> tuple[Route, Any]:
    """Return the block whose mode runs dbt, and its route."""
    producer = getattr(loaded.spec.execute, "producer", None)
    return (("execute",), loaded.spec.execute) if producer is None else (PRODUCER, producer)


PRODUCER: Final[Route] = ("execute", "producer")
NOTHING: Final = "empty"
"""The kind of a step that sends nothing."""


def _installed(module: str) -> bool:
    """Return whether `module` can be imported; the packages around it are looked up alone."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _ask_for(model: Model, keys: Any, block: Route, loaded: LoadedSpec, report: Report) -> None:
    """Report that the model is missing, if the spec asks for it."""
    at: Route | None = None
    if getattr(keys, "kubernetes_version", None) is not None:
        at = (*block, "kubernetes_version")
    elif loaded.spec.requires.schemas:
        at = ("requires", "schemas")
    if at is not None:
        where = loaded.places.key(at)
        report.add(MODEL_MISSING.at(where, mode=keys.mode, extra=model.extra))


def _version(
    keys: Any, block: Route, loaded: LoadedSpec, report: Report
) -> kubernetes.Version | None:
    """Return the version of Kubernetes whose schema is asked for, the newest if none is."""
    known = kubernetes.known_versions()
    if keys.kubernetes_version is None:
        return known[-1]
    major, minor, *_ = (int(part) for part in keys.kubernetes_version.split("."))
    if (major, minor) in known:
        return major, minor
    at = loaded.places.value((*block, "kubernetes_version"))
    names = f"{kubernetes.called(known[0])} to {kubernetes.called(known[-1])}"
    found = UNKNOWN_KUBERNETES.at(at, version=keys.kubernetes_version, known=names)
    report.add(found)
    return None


def _payloads(plan: Plan) -> Iterator[Arguments]:
    """Yield the arguments of the steps, those that differ in their command alone once."""
    seen = set()
    for step in plan.steps:
        arguments = {**plan.defaults.get(step.kind, {}), **step.arguments}
        if step.kind == NOTHING:
            continue
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
