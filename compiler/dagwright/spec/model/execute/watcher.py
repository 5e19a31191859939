"""Mode `watcher`: one dbt build, followed by a light task a node."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field

from dagwright.spec.model.execute.docker import DockerKeys
from dagwright.spec.model.execute.local import LocalKeys
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.execute.pods import AwsEksKeys, GcpGkeKeys, KubernetesKeys
from dagwright.spec.model.execute.virtualenv import VirtualenvKeys
from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.words import Duration, SpecPart


class ProducerKeys(SpecPart):
    """The keys that every producer has."""

    task: TaskSettings = Field(default_factory=TaskSettings)
    """Airflow's settings of the producer's task; it is retried twice if nothing is said."""


class LocalProducer(ProducerKeys, LocalKeys):
    """dbt runs where the Airflow worker runs, once for all tasks."""

    mode: Literal["local"]
    """Where dbt runs."""


class VirtualenvProducer(ProducerKeys, VirtualenvKeys):
    """dbt runs in a virtual environment of the Airflow worker, once for all tasks."""

    mode: Literal["virtualenv"]
    """Where dbt runs."""


class DockerProducer(ProducerKeys, DockerKeys):
    """dbt runs in a container on the worker's Docker, once for all tasks."""

    mode: Literal["docker"]
    """Where dbt runs."""


class KubernetesProducer(ProducerKeys, KubernetesKeys):
    """dbt runs in a pod of a Kubernetes cluster, once for all tasks."""

    mode: Literal["kubernetes"]
    """Where dbt runs."""


class AwsEksProducer(ProducerKeys, AwsEksKeys):
    """dbt runs in a pod of a cluster of Amazon EKS, once for all tasks."""

    mode: Literal["aws_eks"]
    """Where dbt runs."""


class GcpGkeProducer(ProducerKeys, GcpGkeKeys):
    """dbt runs in a pod of a cluster of Google Kubernetes Engine, once for all tasks."""

    mode: Literal["gcp_gke"]
    """Where dbt runs."""


Producer = Annotated[
    LocalProducer
    | VirtualenvProducer
    | DockerProducer
    | KubernetesProducer
    | AwsEksProducer
    | GcpGkeProducer,
    Field(discriminator="mode"),
]
"""Where the one dbt build runs: a mode with its own keys."""

UNFIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws_ecs": "the log of its tasks comes by CloudWatch, late, with long lines cut",
        "azure_container_instance": "only the last lines of its log can be had, again and again",
        "gcp_cloud_run_job": "its operator waits for the job, and never sees its log",
        "watcher": "a producer runs dbt, and is followed; it follows nobody",
    }
)
"""By mode that no producer can have: why."""


class WatcherKeys(SpecPart):
    """The keys that only `watcher` has."""

    producer: Producer
    """Where the one dbt build runs: a mode with its own keys."""
    wait: Duration = 86_400
    """How long a task waits for the producer to tell of its nodes, before it fails."""


class Watcher(ExecuteCommon, WatcherKeys):
    """One `dbt build` runs all nodes, and each task follows its own."""

    mode: Literal["watcher"]
    """Where dbt runs."""
