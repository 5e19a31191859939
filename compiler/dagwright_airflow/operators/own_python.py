"""The Python of a task's dbt, where it is not Airflow's: an environment, there or to be made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import AirflowException
from dagwright_airflow.operators.process import LeashedProcess
from dagwright_airflow.operators.virtualenvs import (
    VirtualenvError,
    Wanted,
    builder_environment,
    default_folder,
    environment_of,
    virtualenv,
)

Ran = Callable[[LeashedProcess, Callable[[str], None]], int]
"""Runs a process to its end, so that it can be stopped, and returns its status."""


@dataclass(frozen=True, slots=True)
class OwnPython:
    """The environment that the artifact states: `prebuilt`, or `lock`, `python` and `folder`.

    `resolved` makes a path of this worker of one in the artifact; `tell` and `ran` are for the
    programs that make an environment.
    """

    stated: Mapping[str, str]
    resolved: Callable[[str], Path]
    tell: Callable[[str], None]
    ran: Ran

    def place(self, environment: Mapping[str, str]) -> Path:
        """Return the folder of the environment, made if need be with these variables.

        Raises:
            AirflowException: there is none, or it cannot be made.
        """
        place = self._place(environment)
        for name in ("python", "dbt"):
            if not os.access(place / "bin" / name, os.X_OK):
                message = f"{place} is no virtual environment with dbt: it has no bin/{name}"
                raise AirflowException(message)
        return place

    def _place(self, environment: Mapping[str, str]) -> Path:
        if "prebuilt" in self.stated:
            return self.resolved(self.stated["prebuilt"])
        builder = builder_environment(environment)

        def run(argv: Sequence[str], tell: Callable[[str], None], keep: int) -> int:
            program = shutil.which(argv[0], path=builder.get("PATH")) or argv[0]
            words = [leash.RUN, program, *argv[1:]]
            process = LeashedProcess(words, Path.cwd(), builder, keep=[keep])
            status = self.ran(process, tell)
            if process.stopped:
                raise VirtualenvError("it is not made, because the task was killed")
            return status

        try:
            return virtualenv(self._wanted(environment), builder, self.tell, run)
        except VirtualenvError as error:
            raise AirflowException(str(error)) from error

    def _wanted(self, environment: Mapping[str, str]) -> Wanted:
        python = self.stated.get("python")
        folder = self.stated.get("folder")
        return Wanted(
            lock=self.stated["lock"],
            python=str(self.resolved(python)) if python and "/" in python else python,
            folder=self.resolved(folder) if folder else default_folder(environment),
        )


def variables_of(
    place: Path, environment: Mapping[str, str], stated: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables for the dbt of the environment at `place`: those `stated` stay."""
    kept = {name: environment[name] for name in stated if name != "PATH" and name in environment}
    return {**environment_of(place, environment), **kept}
