"""The extras of this package that bring official models: for which mode, and by which module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from dagwright.spec.loaded import LoadedSpec
from dagwright.spec.model.execute import Watcher
from dagwright.text.route import Route


@dataclass(frozen=True, slots=True)
class Extra:
    """What follows `dagwright` in brackets, and the module by which it is known to be there."""

    name: str
    module: str

    @property
    def installed(self) -> bool:
        """Whether the module can be imported; only the packages around it are."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False


PODS: Final = Extra("kubernetes", "kubernetes_validate")
"""That of the modes with pods."""

EXTRAS: Final[Mapping[str, Extra]] = MappingProxyType(
    {
        **dict.fromkeys(("kubernetes", "aws_eks", "gcp_gke"), PODS),
        "aws_ecs": Extra("amazon", "botocore"),
        "azure_container_instance": Extra("azure", "azure.mgmt.containerinstance"),
        "gcp_cloud_run_job": Extra("google", "google.cloud.run_v2"),
    }
)
"""By the mode in which dbt runs: the extra that has the model of those who get it."""


def block_of_dbt(loaded: LoadedSpec) -> Route:
    """Return the route of the block whose mode runs dbt."""
    watched = isinstance(loaded.spec.execute, Watcher)
    return ("execute", "producer") if watched else ("execute",)


def mode_of_dbt(loaded: LoadedSpec) -> str:
    """Return the mode in which dbt runs: of the producer, where there is one."""
    execute = loaded.spec.execute
    return execute.producer.mode if isinstance(execute, Watcher) else execute.mode


def place_that_asks(loaded: LoadedSpec) -> Route | None:
    """Return the route of the key that asks for the check by a model; None where none does."""
    version: Route = (*block_of_dbt(loaded), "kubernetes_version")
    if loaded.places.written(version):
        return version
    return ("requires", "schemas") if loaded.spec.requires.schemas else None


def is_judged(loaded: LoadedSpec) -> bool:
    """Return whether what a spec sends is checked: pods are, the rest by a model that is there.

    Or that the spec asks for.
    """
    extra = EXTRAS.get(mode_of_dbt(loaded))
    return extra is not None and (
        extra is PODS or extra.installed or place_that_asks(loaded) is not None
    )
