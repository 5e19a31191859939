"""Whether the dbt that will run knows the options of a spec, and any task's command does."""

from __future__ import annotations

from collections.abc import Collection

from dagwright.diagnostics import Report
from dagwright.ir.graph import Verb
from dagwright.plan.commands import COMMANDS, SharedCommand
from dagwright.plan.engines import Release, can, read_release
from dagwright.plan.option_rules import (
    ENGINE_TOO_OLD,
    ENGINE_WITHOUT_API,
    OPTION_COUNTS_FOR_NOTHING,
    OPTION_TOO_NEW,
)
from dagwright.plan.options import OPTIONS, known_to
from dagwright.project.model import Project
from dagwright.spec import LoadedSpec
from dagwright.spec.model.execute import ExecuteCommon, WorkerKeys


def release_of(execute: ExecuteCommon, project: Project) -> Release:
    """Return the release of the dbt that runs the tasks: the stated one, or the parser's."""
    stated = execute.dbt_version
    return project.metadata.release[:2] if stated is None else read_release(stated)


def check_engine(loaded: LoadedSpec, release: Release, report: Report) -> None:
    """Report what the dbt of `release` cannot do of what the spec asks of a worker."""
    execute, version = loaded.spec.execute, f"{release[0]}.{release[1]}"
    if execute.dbt_version is not None and not can(release, "runs at all"):
        at = loaded.places.value(("execute", "dbt_version"))
        report.add(ENGINE_TOO_OLD.at(at, version=version))
    asks = isinstance(execute, WorkerKeys) and execute.invocation == "dbt_runner"
    if asks and not can(release, "python API"):
        at = loaded.places.value(("execute", "invocation"))
        report.add(ENGINE_WITHOUT_API.at(at, version=version))


def check_options(
    loaded: LoadedSpec, command: SharedCommand, verbs: Collection[Verb], report: Report
) -> None:
    """Report each option that no command of the tasks' `verbs` knows in the dbt at hand."""
    commands = {COMMANDS[verb] for verb in verbs if verb in COMMANDS}
    version = f"{command.release[0]}.{command.release[1]}"
    for key in command.options:
        if commands & set(known_to(key, command.release)):
            continue
        written = key if loaded.places.written(("execute", key)) else "event_time"
        at = loaded.places.key(("execute", written))
        since = min(OPTIONS[key].commands.values())
        if since > command.release:
            needed = f"{since[0]}.{since[1]}"
            report.add(OPTION_TOO_NEW.at(at, key=written, needed=needed, version=version))
        elif commands:
            known = ", ".join(f"`dbt {name}`" for name in known_to(key, command.release))
            report.add(OPTION_COUNTS_FOR_NOTHING.at(at, key=written, known=known))
