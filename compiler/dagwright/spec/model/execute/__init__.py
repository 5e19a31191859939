"""`execute:`: how and where dbt runs. Never read from disk by the compiler.

A mode is two classes: its own keys, and the whole block, which adds the keys that every mode has.
To add a mode: write them, add the block to `Execute` and to `MODES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from dagwright.spec.model.execute.airflow_async import AirflowAsync, AirflowAsyncKeys
from dagwright.spec.model.execute.clouds import (
    AwsEcs,
    AwsEcsKeys,
    AzureContainerInstance,
    AzureContainerInstanceKeys,
    GcpCloudRunJob,
    GcpCloudRunJobKeys,
)
from dagwright.spec.model.execute.container import ContainerKeys, ImageKeys
from dagwright.spec.model.execute.docker import Docker, DockerKeys
from dagwright.spec.model.execute.local import Local, LocalKeys, WorkerKeys
from dagwright.spec.model.execute.part import ExecuteCommon, PathRow, Policy, Profile
from dagwright.spec.model.execute.pods import (
    AwsEks,
    AwsEksKeys,
    GcpGke,
    GcpGkeKeys,
    Kubernetes,
    KubernetesKeys,
    PodKeys,
)
from dagwright.spec.model.execute.secrets import SecretRef
from dagwright.spec.model.execute.virtualenv import Virtualenv, VirtualenvKeys
from dagwright.spec.model.execute.watcher import Watcher, WatcherKeys
from dagwright.spec.model.words import SpecPart


def judged_without_mode(modes: Callable[[], Mapping[str, type[SpecPart]]]) -> WrapValidator:
    """Return a validator of a union over `mode` that judges a block without one, too.

    It is judged as the mode that has most of its keys, so that one run shows every mistake.
    """

    def judge(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(value, Mapping) or "mode" in value:
            return handler(value)
        known = modes().values()
        return max(
            known, key=lambda part: len(set(part.model_fields) & set(value))
        ).model_validate(value)

    return WrapValidator(judge)


Execute = Annotated[
    Local
    | Virtualenv
    | Docker
    | Kubernetes
    | AwsEks
    | GcpGke
    | AwsEcs
    | AzureContainerInstance
    | GcpCloudRunJob
    | Watcher
    | AirflowAsync,
    Field(discriminator="mode"),
    judged_without_mode(lambda: MODES),
]
"""The block of any mode."""

MODES: Final[Mapping[str, type[ExecuteCommon]]] = MappingProxyType(
    {
        "local": Local,
        "virtualenv": Virtualenv,
        "docker": Docker,
        "kubernetes": Kubernetes,
        "aws_eks": AwsEks,
        "gcp_gke": GcpGke,
        "aws_ecs": AwsEcs,
        "azure_container_instance": AzureContainerInstance,
        "gcp_cloud_run_job": GcpCloudRunJob,
        "watcher": Watcher,
        "airflow_async": AirflowAsync,
    }
)
"""By `execute.mode`: its block."""

COMMON_KEYS: Final = frozenset(ExecuteCommon.model_fields)
"""The keys that an environment keeps from the base when it changes the mode."""


def runs_in_worker(execute: ExecuteCommon) -> bool:
    """Return whether a worker starts dbt itself, and so can ask values when a task runs."""
    where = execute.producer if isinstance(execute, Watcher) else execute
    return issubclass(type(where), WorkerKeys)


__all__ = [
    "COMMON_KEYS",
    "MODES",
    "AirflowAsync",
    "AirflowAsyncKeys",
    "AwsEcs",
    "AwsEcsKeys",
    "AwsEks",
    "AwsEksKeys",
    "AzureContainerInstance",
    "AzureContainerInstanceKeys",
    "ContainerKeys",
    "Docker",
    "DockerKeys",
    "Execute",
    "ExecuteCommon",
    "GcpCloudRunJob",
    "GcpCloudRunJobKeys",
    "GcpGke",
    "GcpGkeKeys",
    "ImageKeys",
    "Kubernetes",
    "KubernetesKeys",
    "Local",
    "LocalKeys",
    "PathRow",
    "PodKeys",
    "Policy",
    "Profile",
    "SecretRef",
    "Virtualenv",
    "VirtualenvKeys",
    "Watcher",
    "WatcherKeys",
    "WorkerKeys",
    "judged_without_mode",
    "runs_in_worker",
]
