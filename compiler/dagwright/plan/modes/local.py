"""Mode `local`: dbt runs in the Airflow worker, as a subprocess or through dbtRunner."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dagwright.plan.modes.containers import secret_sources
from dagwright.plan.modes.docs import KIND, docs_arguments, with_docs
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.options import option_forms
from dagwright.plan.parses import check_vars, partial_parses
from dagwright.plan.profiles import profile_argument
from dagwright.project.packages import Packages
from dagwright.spec.model.execute import Local, LocalKeys, WorkerKeys
from dagwright.spec.model.execute.local import Docs


def local(execute: Local, given: Given) -> Mode:
    """Return the mode that runs dbt in the worker, and documents the project if asked."""
    return documented(in_worker(execute, given), execute.docs)


def in_worker(execute: LocalKeys, given: Given) -> Mode:
    """Return the mode that runs dbt in the worker."""
    check_vars(given.loaded, given.report)
    return Mode(
        kind="dbt",
        shared={"executable": execute.dbt_executable, **worker_arguments(execute, given)},
        own=worker_call,
        remembers_seeds=True,
        from_loader=True,
    )


def documented(mode: Mode, docs: Docs | None) -> Mode:
    """Return `mode` with the task that documents the project, if there is one."""
    if docs is None:
        return mode
    others = {KIND: docs_arguments(docs, mode.shared)}
    return replace(mode, others=others, finish=partial(with_docs, docs))


def worker_call(call: Call) -> Arguments:
    """Return what a task of kind `dbt` has of its own: a failed test is final, unless stated."""
    again = {"retry_tests": True} if call.retry_tests else {}
    return {"command": list(call.words), **again}


def worker_arguments(execute: WorkerKeys, given: Given) -> Arguments:
    """Return what all tasks of kind `dbt` share."""
    command = given.command
    options = {
        "options": dict(command.options),
        "option_forms": option_forms(command.options, command.release),
    }
    profile = profile_argument(given.loaded.spec.execute.profile)
    return {
        "invocation": execute.invocation,
        "flags": list(command.flags),
        "paths": dict(command.paths),
        "vars": dict(command.variables),
        "env": dict(command.env),
        "partial_parse": partial_parses(command),
        **(options if command.options else {}),
        **({"secrets": secret_sources(execute.secrets)} if execute.secrets else {}),
        **({"artifacts": execute.artifacts.model_dump()} if execute.artifacts else {}),
        **({"on_warning": list(execute.on_warning)} if execute.on_warning else {}),
        **(_packages(given.packages) if execute.install_deps else {}),
        **({} if profile is None else {"profile": profile}),
    }


def _packages(packages: Packages | None) -> Arguments:
    """Return what a worker must have installed before dbt runs."""
    if packages is None:
        return {}
    return {"packages": {"folder": packages.folder, "names": list(packages.names)}}
