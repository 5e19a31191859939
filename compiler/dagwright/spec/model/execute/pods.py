"""Modes `kubernetes`, `aws_eks` and `gcp_gke`: each dbt command in a pod of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dagwright.spec.model.execute.container import (
    DeferrableKeys,
    FolderKeys,
    ImageKeys,
    LabelKeys,
    Labels,
    ResourceKeys,
    Toleration,
    VolumeKeys,
)
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.words import Data, Duration, Form, Meaning

OnFinish = Annotated[
    Literal["delete_pod", "delete_succeeded_pod", "keep_pod"],
    Meaning(
        {
            "delete_pod": "it is deleted",
            "delete_succeeded_pod": "it is deleted if dbt succeeded",
            "keep_pod": "it stays",
        }
    ),
]


KubernetesVersion = Annotated[
    str, Form(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?", "a version of Kubernetes such as `1.31`")
]


class PodKeys(ImageKeys, FolderKeys, ResourceKeys, VolumeKeys, LabelKeys, DeferrableKeys):
    """The keys that the modes with pods share."""

    namespace: str = "default"
    """The namespace of the pods."""
    service_account: str | None = None
    """The service account of the pods; the namespace's default if not given."""
    automount_token: bool = False
    """Whether a pod gets a token for the cluster's API, of which dbt has no need."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When a node fetches the image; Kubernetes decides if not given."""
    image_pull_secrets: tuple[str, ...] = ()
    """Secrets of the namespace that open the registry of the image."""
    annotations: Labels = Field(default_factory=dict)
    """Annotations of the pods; Airflow templates are allowed."""
    node_selector: Labels = Field(default_factory=dict)
    """Labels that the machine of a pod must have."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of nodes that the pods do not mind."""
    gpu_resource: str = "nvidia.com/gpu"
    """What the cluster calls its GPUs."""
    on_finish: OnFinish = "delete_pod"
    """What becomes of a pod when its task is done."""
    startup_timeout: Duration = 600
    """How long a pod may take to start, such as `10m`: machines may have to be started first."""
    kubernetes_version: KubernetesVersion | None = None
    """The cluster's version: manifests are checked by its schema, the newest if not given."""
    pod: Data = Field(default_factory=dict)
    """What is merged into the manifest of the pods, as `kubectl patch` does (strategic)."""


class KubernetesKeys(PodKeys):
    """The keys that only `kubernetes` has."""

    connection: str | None = None
    """The Airflow connection of the cluster; the provider's default if not given."""


class Kubernetes(ExecuteCommon, KubernetesKeys):
    """dbt runs in a pod of a Kubernetes cluster."""

    mode: Literal["kubernetes"]
    """Where dbt runs."""


class AwsEksKeys(PodKeys):
    """The keys that only `aws_eks` has."""

    cluster: str
    """The name of the EKS cluster."""
    region: str | None = None
    """The AWS region of the cluster; that of the connection if not given."""
    connection: str | None = None
    """The Airflow connection of AWS; the provider's default if not given."""


class AwsEks(ExecuteCommon, AwsEksKeys):
    """dbt runs in a pod of a cluster of Amazon EKS."""

    mode: Literal["aws_eks"]
    """Where dbt runs."""


class GcpGkeKeys(PodKeys):
    """The keys that only `gcp_gke` has."""

    cluster: str
    """The name of the GKE cluster."""
    region: str
    """The region or zone of the cluster."""
    project: str | None = None
    """The Google Cloud project of the cluster; that of the connection if not given."""
    connection: str | None = None
    """The Airflow connection of Google Cloud; the provider's default if not given."""


class GcpGke(ExecuteCommon, GcpGkeKeys):
    """dbt runs in a pod of a cluster of Google Kubernetes Engine."""

    mode: Literal["gcp_gke"]
    """Where dbt runs."""
