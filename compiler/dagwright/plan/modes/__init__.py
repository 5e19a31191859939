"""How a task becomes a step, by execution mode. To add a mode: write its module, add its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dagwright.plan.modes.airflow_async import airflow_async
from dagwright.plan.modes.aws_ecs import aws_ecs
from dagwright.plan.modes.azure_container_instance import azure_container_instance
from dagwright.plan.modes.docker import docker
from dagwright.plan.modes.gcp_cloud_run_job import gcp_cloud_run_job
from dagwright.plan.modes.local import local
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.pods import aws_eks, gcp_gke, kubernetes
from dagwright.plan.modes.virtualenv import virtualenv
from dagwright.plan.modes.watcher import watcher

MODES: Final[Mapping[str, Callable[..., Mode]]] = MappingProxyType(
    {
        "local": local,
        "virtualenv": virtualenv,
        "docker": docker,
        "kubernetes": kubernetes,
        "aws_eks": aws_eks,
        "gcp_gke": gcp_gke,
        "aws_ecs": aws_ecs,
        "azure_container_instance": azure_container_instance,
        "gcp_cloud_run_job": gcp_cloud_run_job,
        "watcher": watcher,
        "airflow_async": airflow_async,
    }
)
"""By `execute.mode`: a function of the mode's own block and of what it may lean on."""

__all__ = ["MODES", "Arguments", "Call", "Given", "Mode"]
