"""Modes `aws_ecs`, `azure_container_instance` and `gcp_cloud_run_job`: a cloud runs each command.

ECS and Cloud Run run what was defined there before; a spec names the definition, and changes of it
what their interfaces let a run change. Container Instances run any image.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dagwright.spec.model.execute.container import (
    ContainerKeys,
    DeferrableKeys,
    ImageKeys,
    LabelKeys,
    ResourceKeys,
    VolumeKeys,
)
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.words import Count, Duration, Meaning, SpecPart


class CapacityProvider(SpecPart):
    """One row of a capacity provider strategy."""

    name: str
    """The capacity provider, such as `FARGATE_SPOT`."""
    weight: Count = 1
    """Its share of the tasks."""
    base: Count = 0
    """How many tasks it runs before weights count."""


class AwsLogs(SpecPart):
    """Where the task definition's `awslogs` driver writes, to be shown in Airflow."""

    group: str
    """The log group."""
    stream_prefix: str
    """The `awslogs-stream-prefix` of the container."""
    region: str | None = None
    """The region of the log group, if it is another."""


class AwsEcsKeys(ContainerKeys, ResourceKeys, LabelKeys, DeferrableKeys):
    """The keys that only `aws_ecs` has."""

    cluster: str
    """The name or ARN of the cluster."""
    task_definition: str
    """The family, `family:revision` or ARN of the task definition."""
    container: str
    """The container of the task definition that has dbt; its entrypoint must fit `entrypoint`."""
    connection: str | None = None
    """The Airflow connection to AWS; the provider's default if not given."""
    region: str | None = None
    """The region of the cluster; the connection's if not given."""
    launch_type: Literal["FARGATE", "EC2", "EXTERNAL"] | None = None
    """What the tasks run on; the operator's default, EC2, if not given."""
    capacity_providers: tuple[CapacityProvider, ...] = ()
    """What the tasks run on, by capacity providers, in place of `launch_type`."""
    platform_version: str | None = None
    """The platform version of Fargate; the latest if not given."""
    subnets: tuple[str, ...] = ()
    """The subnets of the tasks; needed where the task definition has network mode `awsvpc`."""
    security_groups: tuple[str, ...] = ()
    """The security groups of the tasks; the default one of the VPC if not given."""
    assign_public_ip: bool | None = None
    """Whether a task gets a public address; ECS decides if not given."""
    propagate_tags: Literal["TASK_DEFINITION"] | None = None
    """Where a task gets tags from, beside `labels`."""
    logs: AwsLogs | None = None
    """Where the log of the container is; without it, Airflow shows none of dbt's output."""

    @property
    def on_fargate(self) -> bool:
        """Whether the tasks run on Fargate, where a task has CPU and memory of its own."""
        named = (self.launch_type or "", *(one.name for one in self.capacity_providers))
        return any(name.startswith("FARGATE") for name in named)


class AwsEcs(ExecuteCommon, AwsEcsKeys):
    """dbt runs in tasks of Amazon ECS."""

    mode: Literal["aws_ecs"]
    """Where dbt runs."""


GpuSku = Annotated[
    Literal["K80", "P100", "V100"],
    Meaning({sku: f"an NVIDIA {sku}" for sku in ("K80", "P100", "V100")}),
]


class AzureContainerInstanceKeys(ImageKeys, ResourceKeys, VolumeKeys, LabelKeys, DeferrableKeys):
    """The keys that only `azure_container_instance` has."""

    resource_group: str
    """The resource group of the container groups."""
    region: str
    """The location of the container groups, such as `westeurope`."""
    connection: str = "azure_default"
    """The Airflow connection to Azure."""
    registry_connection: str | None = None
    """The Airflow connection of the registry that the image comes from."""
    gpu_sku: GpuSku = "V100"
    """Which GPU `resources.gpu` counts."""
    keep: Annotated[
        Literal["never", "failed", "always"],
        Meaning(
            {
                "never": "a container group is deleted when its task is done",
                "failed": "it stays if dbt failed",
                "always": "it stays, and costs nothing while it does not run",
            }
        ),
    ] = "never"
    """Which container groups stay when their tasks are done."""


class AzureContainerInstance(ExecuteCommon, AzureContainerInstanceKeys):
    """dbt runs in container groups of Azure Container Instances."""

    mode: Literal["azure_container_instance"]
    """Where dbt runs."""


class GcpCloudRunJobKeys(ContainerKeys, DeferrableKeys):
    """The keys that only `gcp_cloud_run_job` has."""

    job: str
    """The name of the job; its image, resources, secrets and volumes are its own."""
    region: str
    """The region of the job."""
    project: str
    """The Google Cloud project of the job."""
    container: str | None = None
    """The container of the job that has dbt, where the job has several."""
    connection: str | None = None
    """The Airflow connection to Google Cloud; the provider's default if not given."""
    timeout: Duration | None = Field(default=None)
    """How long the task of one execution may take; the job's own if not given."""


class GcpCloudRunJob(ExecuteCommon, GcpCloudRunJobKeys):
    """dbt runs in executions of a job of Google Cloud Run."""

    mode: Literal["gcp_cloud_run_job"]
    """Where dbt runs."""
