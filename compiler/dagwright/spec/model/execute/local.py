"""Mode `local`: dbt in the Airflow worker."""

from __future__ import annotations

from typing import Annotated, Literal

from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.execute.secrets import SecretKeys
from dagwright.spec.model.words import ImportPaths, Meaning

Invocation = Annotated[
    Literal["subprocess", "dbt_runner", "auto"],
    Meaning(
        {
            "subprocess": "dbt is a process of its own, killed with the task",
            "dbt_runner": "the dbt of Airflow's own Python, by its API, in a process of its own",
            "auto": "by its API if the program is that of Airflow's own Python, else `subprocess`",
        }
    ),
]


class WorkerKeys(SecretKeys):
    """The keys of the modes in which a worker starts dbt itself."""

    invocation: Invocation = "auto"
    """How the worker calls dbt."""
    on_warning: ImportPaths | None = None
    """Import paths of functions to call where a test or a freshness check warns."""


class LocalKeys(WorkerKeys):
    """The keys that only `local` has."""

    dbt_executable: str = "dbt"
    """The dbt program on the worker: a name to be found on the PATH, or a path."""


class Local(ExecuteCommon, LocalKeys):
    """dbt runs where the Airflow worker runs."""

    mode: Literal["local"]
    """Where dbt runs."""
