"""Mode `docker`: each dbt command in a container of its own, by the provider's operator."""

from __future__ import annotations

from dagwright.plan.commands import whole_argv
from dagwright.plan.modes.mode import Given, Mode
from dagwright.spec.model.execute import Docker


def docker(execute: Docker, given: Given) -> Mode:
    """Return the mode that runs dbt in containers of the worker's Docker."""
    stated = {
        "image": execute.image,
        "docker_conn_id": execute.connection,
        "docker_url": execute.docker_url,
        "network_mode": execute.network,
        "environment": dict(given.command.env),
        "auto_remove": "force",
        "mount_tmp_dir": False,
    }
    return Mode(
        kind="docker",
        shared={name: value for name, value in stated.items() if value is not None},
        own=lambda call: {"command": whole_argv(call.words, given.command)},
    )
