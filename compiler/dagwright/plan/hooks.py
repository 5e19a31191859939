"""The project's on-run hooks: dbt runs all of them in every command, and has no switch for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dagwright.diagnostics import Report
from dagwright.plan.worker_rules import HOOKS_NOT_SO, HOOKS_PER_TASK
from dagwright.project.model import Project
from dagwright.spec import LoadedSpec

ONE_COMMAND: Final = frozenset({"watcher"})
"""The modes in which one dbt command runs everything, and so the hooks once."""

_NAMED: Final = 8
_GUARD: Final = (
    "write each as `{{ the_macro() if env_var('RUN_HOOKS', 'yes') == 'yes' }}`, and set "
    "RUN_HOOKS in `execute.env`"
)
_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "per_run": "`mode: watcher` runs one command a run; or put the statements into a model",
        "per_task": "leave `hooks` out: the one command runs them once",
        "off": _GUARD,
    }
)
"""By what was asked for: what to do where dbt cannot."""


def check_hooks(loaded: LoadedSpec, project: Project, report: Report) -> None:
    """Report hooks that run once a task, unless the spec says so; and what dbt cannot do."""
    names = [one.name for one in project.resources.values() if one.resource_type == "operation"]
    execute = loaded.spec.execute
    if not names:
        return
    once = execute.mode in ONE_COMMAND
    told = ", ".join(names[:_NAMED]) + (
        f" and {len(names) - _NAMED} more" if names[_NAMED:] else ""
    )
    asked = execute.hooks
    if asked is None and not once:
        at = loaded.places.value(("execute", "mode"))
        report.add(HOOKS_PER_TASK.at(at, count=len(names), names=told))
    elif asked is not None and asked != ("per_run" if once else "per_task"):
        at = loaded.places.value(("execute", "hooks"))
        nature = "once" if once else "in every task"
        report.add(HOOKS_NOT_SO.at(at, names=told, nature=nature, hint=_HINTS[asked]))
