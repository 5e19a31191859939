"""`seeds: on_change`: what a task needs to know of its seed, to load it only if it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagwright.ir.graph import Task
from dagwright.plan.digests import digest
from dagwright.project.model import Project

MODES_THAT_REMEMBER: Final = ("airflow_async", "local", "virtualenv")
"""The modes whose `Mode.remembers_seeds` is true, for the error in all others."""


def remembered_seed(task: Task, project: Project) -> Mapping[str, str] | None:
    """Return `node`, `file` and `checksum` of the seed that `task` loads; None if it loads none.

    None for a seed of a package, too, whose file lies where `dbt deps` put it: it is loaded at
    every run.
    """
    seeds = [node for node in task.nodes if node.startswith("seed.")]
    if not seeds or task.home is not None:
        return None
    seed = project.resources[seeds[0]]
    if seed.package_name != project.metadata.project_name:
        return None
    configured = dict(project.settings(seed))
    return {
        "node": seed.unique_id,
        "file": seed.original_file_path,
        "checksum": digest([seed.checksum, configured]),
    }
