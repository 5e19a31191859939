"""Who runs what: the nodes of a dbt project that several specs run, and those that none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagwright.ir.build import VERBS
from dagwright.object_stores import shown
from dagwright.pipeline import Compiled
from dagwright.project.model import Resource, UniqueId


@dataclass(frozen=True, slots=True)
class Coverage:
    """The runnable nodes of one project by how many specs run them.

    Args:
        once: how many nodes exactly one spec runs.
        several: the others that are run, each with the ids of its DAGs and task groups.
        none: those that no spec runs.
    """

    once: int
    several: tuple[tuple[UniqueId, tuple[str, ...]], ...]
    none: tuple[UniqueId, ...]


def coverage(compiled: Sequence[Compiled]) -> Mapping[str, Coverage]:
    """Return the coverage of each manifest that the specs name, by its path, in order."""
    by_manifest: dict[str, list[Compiled]] = {}
    for one in compiled:
        by_manifest.setdefault(shown(one.loaded.manifest), []).append(one)
    return {manifest: _coverage(group) for manifest, group in sorted(by_manifest.items())}


def _coverage(group: Sequence[Compiled]) -> Coverage:
    runs: dict[UniqueId, list[str]] = {
        resource.unique_id: []
        for resource in group[0].project.resources.values()
        if _is_runnable(resource)
    }
    for one in sorted(group, key=lambda compiled: compiled.plan.id):
        for task in one.graph.tasks.values():
            for node in task.nodes:
                if node in runs:
                    runs[node].append(one.plan.id)
    several = tuple((node, tuple(ids)) for node, ids in sorted(runs.items()) if len(ids) > 1)
    none = tuple(sorted(node for node, ids in runs.items() if not ids))
    return Coverage(len(runs) - len(several) - len(none), several, none)


def _is_runnable(resource: Resource) -> bool:
    return (
        resource.resource_type in VERBS
        and resource.resource_type != "source"
        and resource.config.materialized != "ephemeral"
        and not resource.empty
    )
