"""Mode `virtualenv`: dbt in a virtual environment of the Airflow worker."""

from __future__ import annotations

from typing import Literal

from dagwright.spec.model.execute.local import DocsKeys, WorkerKeys
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.words import FixedPath


class VirtualenvKeys(WorkerKeys):
    """The keys that only `virtualenv` has."""

    requirements: tuple[str, ...] | str | None = None
    """Packages to install, dbt among them; or a requirements file, relative to this file."""
    python: str | None = None
    """The Python of the environment: a version such as "3.11", or a path on the worker."""
    venv_dir: FixedPath | None = None
    """Where environments lie on the worker; default: DAGWRIGHT_VENV_DIR there, or its cache."""
    prebuilt: FixedPath | None = None
    """An environment that is on the worker already, instead of `requirements`."""


class Virtualenv(ExecuteCommon, VirtualenvKeys, DocsKeys):
    """dbt runs in a virtual environment, which the first task makes from a lock."""

    mode: Literal["virtualenv"]
    """Where dbt runs."""
