"""The environment that dbt gets: the worker's and the task's, but for what would mislead it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Final

_NOT_HANDED_DOWN: Final = frozenset(
    f"DBT_{engine}{name}"
    for engine in ("", "ENGINE_")
    for name in ("RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES", "INDIRECT_SELECTION")
) | {"_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"}
"""What would change the selection unseen, or make a DAG file that dbt imports build one task."""

_PYTHONPATH: Final = "PYTHONPATH"

_WARN_ERROR: Final = ("DBT_WARN_ERROR", "DBT_ENGINE_WARN_ERROR")
_WARN_ERROR_OPTIONS: Final = "--warn-error-options"
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})


def child_environment(
    dag_folders: Collection[str], *given: Mapping[str, object]
) -> dict[str, str]:
    """Return the environment of this process with `given` over it, the later the stronger.

    dbt imports every module whose name begins with `dbt_` as a plugin, so `dag_folders` are taken
    out of the PYTHONPATH that is inherited: a DAG file is no plugin.
    """
    everything = dict(os.environ)
    if path := everything.get(_PYTHONPATH):
        barred = {os.path.realpath(folder) for folder in dag_folders}
        kept = [one for one in path.split(os.pathsep) if os.path.realpath(one) not in barred]
        everything[_PYTHONPATH] = os.pathsep.join(kept)
    for variables in given:
        everything.update((name, str(value)) for name, value in variables.items())
    return {name: text for name, text in everything.items() if name not in _NOT_HANDED_DOWN}


def allowed_flags(flags: Sequence[str], environment: Mapping[str, str]) -> Sequence[str]:
    """Return `flags` without those that dbt refuses in this environment.

    Where a worker makes every warning an error, naming single ones is refused, and not needed.
    """
    strict = any(environment.get(name, "").lower() in _TRUE for name in _WARN_ERROR)
    if not strict or _WARN_ERROR_OPTIONS not in flags:
        return flags
    place = list(flags).index(_WARN_ERROR_OPTIONS)
    return (*flags[:place], *flags[place + 2 :])
