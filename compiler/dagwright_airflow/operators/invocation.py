"""How a worker starts dbt: the program, or the Python API of Airflow's own interpreter.

Nothing here imports dbt. Where the API is called, it is in a process of its own (`leash`).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import AirflowException

Invocation = Literal["subprocess", "dbt_runner", "auto"]

_NEEDS_API: Final = "1."
"""How the versions of dbt begin that have a Python API."""


def program(
    invocation: Invocation, executable: str, environment: Mapping[str, str], log: logging.Logger
) -> list[str]:
    """Return what runs dbt, in the words of the leash.

    `auto` is the API where the very program that it would run instead is this interpreter's own.

    Raises:
        AirflowException: it is not on this worker.
    """
    path = shutil.which(executable, path=environment.get("PATH"))
    if invocation == "dbt_runner" or (invocation == "auto" and _is_own(executable, path)):
        found = _installed()
        if found is not None:
            log.info("By the Python API of dbt %s, in a process of its own", found)
            return [leash.DBT_RUNNER]
        if invocation == "dbt_runner":
            message = "Airflow's Python has no dbt whose API could be called; see `invocation`"
            raise AirflowException(message)
    if path is None:
        message = f"the dbt executable {executable!r} is not on this worker; see `dbt_executable`"
        raise AirflowException(message)
    return [leash.RUN, path]


def _is_own(executable: str, path: str | None) -> bool:
    """Return whether the program at `path` is that of this interpreter, or stands for it."""
    if path is None:
        return "/" not in executable
    here = os.path.realpath(os.path.dirname(sys.executable))  # noqa: PTH120
    return os.path.realpath(os.path.dirname(path)) == here  # noqa: PTH120


def _installed() -> str | None:
    """Return the version of dbt in this interpreter; None if it has no Python API."""
    try:
        found = version("dbt-core")
    except PackageNotFoundError:
        return None
    return found if found.startswith(_NEEDS_API) else None
