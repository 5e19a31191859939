"""How a worker starts dbt: the program, or the Python API of Airflow's own interpreter.

Nothing here imports dbt. Where the API is called, it is in a process of its own (`leash`).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import AirflowException

Invocation = Literal["subprocess", "dbt_runner", "auto"]

_ANY_DBT: Final = "dbt"
"""The executable of a spec that names none."""


def program(
    invocation: Invocation, executable: str, environment: Mapping[str, str], log: logging.Logger
) -> list[str]:
    """Return what runs dbt, in the words of the leash.

    Raises:
        AirflowException: it is not on this worker.
    """
    if invocation == "auto":
        invocation = _chosen(executable, log)
    if invocation == "dbt_runner":
        if (found := _installed()) is None:
            message = "Airflow's Python has no dbt whose API could be called; see `invocation`"
            raise AirflowException(message)
        log.info("By the Python API of dbt %s, in a process of its own", found)
        return [leash.DBT_RUNNER]
    path = shutil.which(executable, path=environment.get("PATH"))
    if path is None:
        message = f"the dbt executable {executable!r} is not on this worker; see `dbt_executable`"
        raise AirflowException(message)
    return [leash.RUN, path]


def _chosen(executable: str, log: logging.Logger) -> Literal["subprocess", "dbt_runner"]:
    if executable != _ANY_DBT:
        reason, chosen = f"{executable} was asked for", "subprocess"
    elif _installed() is None:
        reason, chosen = "Airflow's Python has no dbt with an API", "subprocess"
    else:
        reason, chosen = "Airflow's Python has dbt", "dbt_runner"
    log.info("`invocation: auto` is %s here: %s", chosen, reason)
    return "subprocess" if chosen == "subprocess" else "dbt_runner"


def _installed() -> str | None:
    """Return the version of dbt in this interpreter; None if it has no Python API."""
    try:
        found = version("dbt-core")
    except PackageNotFoundError:
        return None
    return found if found.partition(".")[0] == "1" else None
