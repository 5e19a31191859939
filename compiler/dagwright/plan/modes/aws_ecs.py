"""Mode `aws_ecs`: each dbt command in a task of Amazon ECS, from a task definition that is there.

A run can change the command, plain variables, CPU and memory of the definition's container; all
of it in at most 8,192 characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dagwright.plan.modes.cloud_rules import FARGATE_SIZE, RUN_TOO_LONG
from dagwright.plan.modes.containers import ByNode, changed, command, environment, given_only
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.operator_args import checked_operator_args
from dagwright.plan.modes.rounding import rounded
from dagwright.plan.payloads import compact
from dagwright.spec.amounts import ECS_CPU, MIB
from dagwright.spec.model import AwsEcs

LONGEST_OVERRIDES: Final = 8192
"""How many characters ECS takes as overrides, the JSON around the words included."""

_GIB: Final = 1024
FARGATE: Final[Mapping[int, tuple[int, ...]]] = MappingProxyType(
    {
        256: (512, 1024, 2048),
        512: tuple(range(1024, 4096 + 1, _GIB)),
        1024: tuple(range(2048, 8192 + 1, _GIB)),
        2048: tuple(range(4096, 16384 + 1, _GIB)),
        4096: tuple(range(8192, 30720 + 1, _GIB)),
        8192: tuple(range(16384, 61440 + 1, 4 * _GIB)),
        16384: tuple(range(32768, 122880 + 1, 8 * _GIB)),
    }
)
"""By CPU units of a task on Fargate: the MiB of memory that go with them."""


def aws_ecs(execute: AwsEcs, given: Given) -> Mode:
    """Return the mode that runs dbt in tasks of ECS."""
    by_node = ByNode(execute, given)
    for route, keys in by_node.each():
        _check_size(keys, (*route, "resources"), given)
    shared = {**_arguments(execute), **checked_operator_args("aws_ecs", execute, given)}

    def own(call: Call) -> Arguments:
        keys = by_node.of(call)
        made = overrides(command(call, keys, given), keys, given)
        _check_length(made, call, given)
        return {"overrides": made, **changed(_arguments(keys), shared)}

    return Mode(kind="aws_ecs", shared=shared, own=own, finish=by_node.complain)


def _arguments(execute: AwsEcs) -> dict[str, Any]:
    """Return the arguments of the operator that do not depend on what dbt is asked to do."""
    logs = execute.logs
    stated = {
        "aws_conn_id": execute.connection,
        "region_name": execute.region,
        "cluster": execute.cluster,
        "task_definition": execute.task_definition,
        "container_name": execute.container,
        "launch_type": execute.launch_type,
        "capacity_provider_strategy": [
            {"capacityProvider": one.name, "weight": one.weight, "base": one.base}
            for one in execute.capacity_providers
        ],
        "platform_version": execute.platform_version,
        "network_configuration": _network(execute),
        "tags": dict(execute.labels),
        "propagate_tags": execute.propagate_tags,
        "awslogs_group": logs and logs.group,
        "awslogs_stream_prefix": logs and logs.stream_prefix,
        "awslogs_region": logs and logs.region,
        "deferrable": execute.deferrable,
    }
    return given_only(stated.items())


def _network(execute: AwsEcs) -> dict[str, Any]:
    if not execute.subnets:
        return {}
    public = {None: None, True: "ENABLED", False: "DISABLED"}[execute.assign_public_ip]
    parts = (
        ("subnets", [*execute.subnets]),
        ("securityGroups", [*execute.security_groups]),
        ("assignPublicIp", public),
    )
    return {"awsvpcConfiguration": given_only(parts)}


def overrides(words: list[str], execute: AwsEcs, given: Given) -> dict[str, Any]:
    """Return what a run changes of its task definition.

    On Fargate CPU and memory are those of the task, elsewhere those of the container.
    """
    cpu, memory, most = (
        quantity and rounded(quantity, unit).whole
        for quantity, unit in (
            (execute.resources.cpu, ECS_CPU),
            (execute.resources.memory, MIB),
            (execute.limits.memory, MIB),
        )
    )
    container = {
        "name": execute.container,
        "command": words,
        "environment": [
            {"name": name, "value": value} for name, value in environment(execute, given).items()
        ],
    }
    own: dict[str, Any] = {"memory": most}
    whole: dict[str, Any] = {}
    if execute.on_fargate:
        whole = {"cpu": cpu and str(cpu), "memory": memory and str(memory)}
    else:
        own |= {"cpu": cpu, "memoryReservation": memory}
    return {
        "containerOverrides": [given_only((container | own).items())],
        **given_only(whole.items()),
    }


def _check_length(made: Mapping[str, Any], call: Call, given: Given) -> None:
    """Report overrides that ECS would refuse."""
    size = len(compact(made))
    if size > LONGEST_OVERRIDES:
        at = given.loaded.places.key(("execute",))
        limit = LONGEST_OVERRIDES
        given.report.add(RUN_TOO_LONG.at(at, task=call.task, size=size, limit=limit))


def _check_size(execute: AwsEcs, route: tuple[str | int, ...], given: Given) -> None:
    """Report quantities that were rounded, and a size that Fargate has not."""
    places, report = given.loaded.places, given.report
    for part, name, unit, called in (
        ("resources", "cpu", ECS_CPU, "CPU units"),
        ("resources", "memory", MIB, "MiB"),
        ("limits", "memory", MIB, "MiB"),
    ):
        quantity = getattr(getattr(execute, part), name)
        if quantity is not None:
            rounded(quantity, unit).tell((*route[:-1], part, name), called, given)
    resources = execute.resources
    if not execute.on_fargate or resources.cpu is None:
        return
    cpu = rounded(resources.cpu, ECS_CPU).whole
    if cpu not in FARGATE:
        known = ", ".join(f"{one / 1024:g}" for one in FARGATE)
        hint = f"CPUs that it has: {known}"
        at = places.value((*route, "cpu"))
        report.add(FARGATE_SIZE.at(at, size=f"{resources.cpu} of CPU", hint=hint))
    elif resources.memory is not None:
        memory = rounded(resources.memory, MIB).whole
        if memory not in FARGATE[cpu]:
            least, most = FARGATE[cpu][0], FARGATE[cpu][-1]
            step = FARGATE[cpu][-1] - FARGATE[cpu][-2]
            hint = f"memory for that CPU: from {least}Mi to {most}Mi, in steps of {step}Mi"
            at = places.value((*route, "memory"))
            size = f"{resources.cpu} of CPU with {resources.memory} of memory"
            report.add(FARGATE_SIZE.at(at, size=size, hint=hint))
