"""Mode `local`: dbt runs in the Airflow worker, as a subprocess or through dbtRunner."""

from __future__ import annotations

from typing import Final

from dagwright.plan.commands import SharedCommand
from dagwright.plan.modes.mode import Mode
from dagwright.spec.model import Local

PARTIAL_PARSE: Final = "target/partial_parse.msgpack"
"""Where dbt leaves what it parsed, in the project; a task reads it there if it exists."""


def local(execute: Local, command: SharedCommand) -> Mode:
    """Return the mode that runs dbt in the worker."""
    return Mode(
        kind="dbt",
        shared={
            "executable": execute.dbt_executable,
            "invocation": execute.invocation,
            "flags": list(command.flags),
            "paths": dict(command.paths),
            "vars": dict(command.variables),
            "env": dict(command.env),
            "partial_parse": PARTIAL_PARSE,
        },
        own=lambda words: {"command": list(words)},
        remembers_seeds=True,
    )
