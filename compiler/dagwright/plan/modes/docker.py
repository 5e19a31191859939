"""Mode `docker`: each dbt command in a container of its own, by the provider's operator."""

from __future__ import annotations

from typing import Any

from dagwright.plan.modes.containers import (
    ByNode,
    changed,
    command,
    entrypoint,
    environment,
    folder,
    given_only,
    secret_sources,
)
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.operator_args import checked_operator_args
from dagwright.plan.modes.rounding import BYTE, rounded, tell_rounded_bytes
from dagwright.spec.amounts import amount
from dagwright.spec.model import Docker
from dagwright.spec.model.execute.container import Volume


def docker(execute: Docker, given: Given) -> Mode:
    """Return the mode that runs dbt in containers of the worker's Docker."""
    by_node = ByNode(execute, given)
    tell_rounded_bytes(by_node.each(), given)
    shared = {**_arguments(execute, given), **checked_operator_args("docker", execute, given)}

    def own(call: Call) -> Arguments:
        keys = by_node.of(call)
        words = command(call, keys, given)
        return {"command": words, **changed(_arguments(keys, given), shared)}

    return Mode(kind="docker", shared=shared, own=own, finish=by_node.complain)


def _arguments(execute: Docker, given: Given) -> dict[str, Any]:
    """Return the arguments of the operator that do not depend on what dbt is asked to do."""
    resources, limits = execute.resources, execute.limits
    stated = {
        "image": execute.image,
        "docker_conn_id": execute.connection,
        "docker_url": execute.docker_url,
        "deferrable": execute.deferrable,
        "network_mode": execute.network,
        "environment": environment(execute, given),
        "secrets": secret_sources(execute.secrets),
        "entrypoint": entrypoint(execute),
        "working_dir": folder(execute, given),
        "mounts": [_mount(volume) for volume in execute.volumes],
        "labels": dict(execute.labels),
        "cpus": None if resources.cpu is None else float(amount(resources.cpu)),
        "mem_limit": None if limits.memory is None else rounded(limits.memory, BYTE).whole,
        "device_requests": [{"count": resources.gpu, "capabilities": [["gpu"]]}]
        if resources.gpu
        else [],
    }
    return {**given_only(stated.items()), "auto_remove": "force", "mount_tmp_dir": False}


def _mount(volume: Volume) -> dict[str, Any]:
    """Return the arguments of `docker.types.Mount`."""
    mount: dict[str, Any] = {"target": volume.mount, "read_only": volume.read_only}
    if volume.empty is not None:
        size = rounded(volume.empty, BYTE).whole
        return {**mount, "source": None, "type": "tmpfs", "tmpfs_size": size}
    if volume.host is not None:
        return {**mount, "source": volume.host, "type": "bind"}
    return {**mount, "source": volume.volume, "type": "volume"}
