"""Mode `docker`: each dbt command in a container of its own, started by the worker."""

from __future__ import annotations

from typing import Literal

from dagwright.spec.model.execute.container import (
    DeferrableKeys,
    FolderKeys,
    ImageKeys,
    LabelKeys,
    ResourceKeys,
    VolumeKeys,
)
from dagwright.spec.model.execute.part import ExecuteCommon


class DockerKeys(ImageKeys, FolderKeys, ResourceKeys, VolumeKeys, LabelKeys, DeferrableKeys):
    """The keys that only `docker` has."""

    connection: str | None = None
    """The Airflow connection of the registry that the image comes from."""
    docker_url: str | None = None
    """Where Docker listens, for the triggerer too; the provider's default if not given."""
    network: str | None = None
    """The network mode of the containers, such as `bridge` or `none`."""


class Docker(ExecuteCommon, DockerKeys):
    """dbt runs in a container on the worker's Docker."""

    mode: Literal["docker"]
    """Where dbt runs."""
