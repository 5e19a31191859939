"""How a worker starts dbt: the program, or the Python API of the interpreter that it belongs to.

Nothing here imports dbt. Where the API is called, it is in a process of its own (`leash`).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Final, Literal

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import AirflowException

Invocation = Literal["subprocess", "dbt_runner", "auto"]

_NEEDS_API: Final = "1."
"""How the versions of dbt begin that have a Python API."""


def program(
    invocation: Invocation,
    executable: str,
    environment: Mapping[str, str],
    log: logging.Logger,
    python: str = sys.executable,
) -> list[str]:
    """Return what runs dbt, in the words of the leash.

    `auto` is the API where the very program that it would run instead is that of `python`.

    Raises:
        AirflowException: it is not on this worker.
    """
    path = shutil.which(executable, path=environment.get("PATH"))
    if invocation == "dbt_runner" or (invocation == "auto" and _is_of(python, executable, path)):
        found = _installed(python)
        if found is not None:
            log.info("By the Python API of dbt %s, in a process of its own", found)
            return [leash.DBT_RUNNER]
        if invocation == "dbt_runner":
            message = f"{python} has no dbt whose Python API could be called; see `invocation`"
            raise AirflowException(message)
    if path is None:
        message = f"the dbt executable {executable!r} is not on this worker; see `dbt_executable`"
        raise AirflowException(message)
    return [leash.RUN, path]


def _is_of(python: str, executable: str, path: str | None) -> bool:
    """Return whether the program at `path` is that of the interpreter, or stands for it."""
    if path is None:
        return "/" not in executable
    here = os.path.realpath(os.path.dirname(python))  # noqa: PTH120
    return os.path.realpath(os.path.dirname(path)) == here  # noqa: PTH120


def _installed(python: str) -> str | None:
    """Return the version of dbt in the interpreter's packages; None if it has no Python API."""
    places = sys.path if python == sys.executable else list(_site_packages(python))
    found = next((one.version for one in distributions(name="dbt-core", path=places)), "")
    return found if found.startswith(_NEEDS_API) else None


def _site_packages(python: str) -> Iterator[str]:
    """Yield the folders where the environment of `python` has its packages."""
    environment = Path(python).parent.parent
    for folder in ("lib", "lib64"):
        yield from map(str, environment.glob(f"{folder}/python*/site-packages"))
