"""Mode `virtualenv`: dbt in the Airflow worker, in an environment of its own."""

from __future__ import annotations

from dagwright.plan.modes.local import documented, worker_arguments, worker_call
from dagwright.plan.modes.mode import Arguments, Given, Mode
from dagwright.plan.parses import check_vars
from dagwright.spec.model.execute import Virtualenv, VirtualenvKeys


def virtualenv(execute: Virtualenv, given: Given) -> Mode:
    """Return the mode that runs the dbt of a virtual environment, and documents if asked."""
    return documented(in_environment(execute, given), execute.docs)


def in_environment(execute: VirtualenvKeys, given: Given) -> Mode:
    """Return the mode that runs the dbt of a virtual environment."""
    check_vars(given.loaded, given.report)
    shared = {**worker_arguments(execute, given), "virtualenv": _environment(execute, given)}
    return Mode(
        kind="dbt",
        shared=shared,
        own=worker_call,
        remembers_seeds=True,
        from_loader=True,
    )


def _environment(execute: VirtualenvKeys, given: Given) -> Arguments:
    """Return what a worker needs to find the environment, or to make it."""
    if execute.prebuilt is not None:
        return {"prebuilt": execute.prebuilt}
    stated = {"python": execute.python, "folder": execute.venv_dir}
    made = {name: value for name, value in stated.items() if value is not None}
    return {"lock": given.lock or "", **made}
