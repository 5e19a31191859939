"""Mode `azure_container_instance`: each dbt command in a container group of its own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from dagwright.plan.modes.containers import (
    ByNode,
    changed,
    command,
    entrypoint,
    environment,
    given_only,
    secret_sources,
)
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.operator_args import checked_operator_args
from dagwright.plan.modes.pods import pod_name
from dagwright.plan.modes.rounding import rounded
from dagwright.spec.amounts import GIB
from dagwright.spec.model import AzureContainerInstance

CPU: Final = Fraction(1, 100)
MEMORY: Final = GIB / 10
"""What Container Instances counts in, a hundredth of a CPU and a tenth of a GB (of 1,024 MiB)."""

UNIQUE: Final = (
    "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_OID, dag.dag_id ~ '/' ~ ti.task_id ~ '/' ~ run_id"
    " ~ '/' ~ ti.try_number).hex[:8] }}"
)
"""What tells the runs and tries of one task apart: the same before and after a deferral."""


def azure_container_instance(execute: AzureContainerInstance, given: Given) -> Mode:
    """Return the mode that runs dbt in container groups of Azure."""
    by_node = ByNode(execute, given)
    for route, keys in by_node.each():
        _tell_rounded(keys, route, given)
    shared = {
        **_arguments(execute, given),
        **checked_operator_args("azure_container_instance", execute, given),
    }

    def own(call: Call) -> Arguments:
        keys = by_node.of(call)
        argv = [*(entrypoint(keys) or ()), *command(call, keys, given)]
        named = {"name": group_name(call.task), "command": argv}
        return {**named, **changed(_arguments(keys, given), shared)}

    return Mode(kind="azure_container_instance", shared=shared, own=own, finish=by_node.complain)


def group_name(task: str) -> str:
    """Return the template of a legal name for a task's container groups, of 63 characters at most.

    Example:
        >>> group_name("shop.stg_orders.run").partition("{{")[0]
        'shop-stg-orders-run-'
    """
    return f"{pod_name(task)}-{UNIQUE}"


def _arguments(execute: AzureContainerInstance, given: Given) -> dict[str, Any]:
    """Return the arguments of the operator that do not depend on what dbt is asked to do."""
    resources = execute.resources
    gpu = {"count": resources.gpu, "sku": execute.gpu_sku} if resources.gpu else None
    stated = {
        "ci_conn_id": execute.connection,
        "registry_conn_id": execute.registry_connection,
        "resource_group": execute.resource_group,
        "region": execute.region,
        "image": execute.image,
        "environment_variables": environment(execute, given),
        "secrets": secret_sources(execute.secrets),
        "cpu": resources.cpu and rounded(resources.cpu, CPU).whole / 100,
        "memory_in_gb": resources.memory and rounded(resources.memory, MEMORY).whole / 10,
        "gpu": gpu,
        "volumes": [
            [one.connection, one.storage_account, one.file_share, one.mount, one.read_only]
            for one in execute.volumes
        ],
        "tags": dict(execute.labels),
        "remove_on_success": execute.keep != "always",
        "remove_on_error": execute.keep == "never",
        "deferrable": execute.deferrable,
    }
    return given_only(stated.items())


def _tell_rounded(
    execute: AzureContainerInstance, route: tuple[str | int, ...], given: Given
) -> None:
    cpu, memory = execute.resources.cpu, execute.resources.memory
    if cpu is not None:
        rounded(cpu, CPU).tell((*route, "resources", "cpu"), "hundredths of a CPU", given)
    if memory is not None:
        rounded(memory, MEMORY).tell((*route, "resources", "memory"), "tenths of a GB", given)
