"""Build what an artifact describes: a DAG, its groups, its operators, its edges.

Decides nothing. Every cost is linear in the size of the artifact: Airflow's own `>>` hashes the
whole DAG for each edge, so the two sets of ids that it would fill are filled directly.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dagwright_airflow.airflow_api import DAG, BaseOperator, TaskGroup, group_label
from dagwright_airflow.arguments import dag_arguments, operator_arguments
from dagwright_airflow.artifact import Artifact, ArtifactError
from dagwright_airflow.kinds import kind_named
from dagwright_airflow.mould import Mould

_OWN: Final = ("doc_md", "inlets", "outlets", "task_display_name")
"""The operator arguments that tend to differ from task to task; the others make a mould."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where tasks are put.

    `prefix` stands before every task id. `groups` are the task groups by their id in the
    artifact; tasks of no group go to `ground`.
    """

    dag: DAG
    ground: TaskGroup
    groups: Mapping[str, TaskGroup]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the loader file's author fixed: its folder, and the callbacks that may be called."""

    folder: Path
    callbacks: Collection[str] = ()


def build_dag(artifact: Artifact, terms: Terms) -> DAG:
    """Return the DAG that `artifact` describes, with the tasks that were read.

    Raises:
        ArtifactError: the artifact asks for what this version or this loader file does not give.
        Exception: whatever Airflow raises for arguments that it refuses.
    """
    stated = artifact.part("dag")
    dag = DAG(**dag_arguments(stated, terms.callbacks))
    groups = add_groups(artifact, dag.task_group, named="{}")
    add_tasks(artifact, Site(dag, dag.task_group, groups), terms)
    if stated.get("params"):
        dag.params = type(dag.params)(stated["params"])  # Airflow 2 converts no dict.
    return dag


def add_groups(artifact: Artifact, ground: TaskGroup, *, named: str) -> dict[str, TaskGroup]:
    """Return the task groups of `artifact`, by their ids there, made inside `ground`.

    They prefix no task id: moving a model to another folder renames no task. `named` is the
    format of their ids in Airflow. Of an artifact that was read for one task, only that task's
    groups are made.
    """
    stated = {group["id"]: group for group in artifact.header.get("groups", ())}
    wanted: Collection[str] = stated
    if not artifact.whole:
        wanted = {name for task in artifact.tasks for name in _chain(stated, task.get("group"))}
    made: dict[str, TaskGroup] = {}
    for name, group in stated.items():  # Parents are listed before their children.
        if name in wanted:
            parent = group.get("parent")
            made[name] = TaskGroup(
                named.format(name),
                prefix_group_id=False,
                parent_group=ground if parent is None else made[parent],
                dag=ground.dag,
                **group_label(group.get("label", name)),
            )
    return made


def _chain(stated: Mapping[str, Mapping[str, Any]], name: str | None) -> Collection[str]:
    chain: dict[str, None] = {}
    while name is not None and name not in chain:
        chain[name] = None
        name = stated[name].get("parent")
    return chain


def add_tasks(artifact: Artifact, site: Site, terms: Terms) -> None:
    """Add the operators and edges of `artifact` to the DAG of `site`.

    Raises:
        ArtifactError: a task waits for one that does not come before it.
    """
    foundry = _Foundry(artifact.header.get("defaults", {}), site, terms)
    made: dict[str, BaseOperator] = {}
    for task in artifact.tasks:
        made[task["id"]] = below = foundry.operator(task)
        if not artifact.whole:
            # Airflow takes absent ids upstream, and fails on them downstream.
            below.upstream_task_ids.update(site.prefix + name for name in task["after"])
            continue
        for name in task["after"]:
            if (up := made.get(name)) is None:
                message = f"{below.task_id} waits for {name}, which is no task before it"
                raise ArtifactError(message)
            up.downstream_task_ids.add(below.task_id)
            below.upstream_task_ids.add(up.task_id)


class _Foundry:
    """The moulds of one artifact, by what the operators cast in them share."""

    def __init__(
        self, defaults: Mapping[str, Mapping[str, Any]], site: Site, terms: Terms
    ) -> None:
        self._defaults = defaults
        self._site = site
        self._terms = terms
        self._moulds: dict[tuple[object, ...], Mould] = {}

    def operator(self, task: Mapping[str, Any]) -> BaseOperator:
        """Return the operator of `task`, registered in its DAG and its group."""
        site, group = self._site, task.get("group")
        own = self._own(task)
        return self._mould(task, own).cast(
            site.prefix + task["id"], site.ground if group is None else site.groups[group], own
        )

    def _own(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that only this task's operator gets."""
        defaults = self._defaults.get(task["kind"], _NOTHING)
        kind = kind_named(task["kind"])
        own: dict[str, Any] = {}
        for name in kind.own:
            if (value := task.get(name)) is None:
                continue
            if isinstance(value, dict):
                value = {**defaults.get(name, {}), **value}
            own[name] = kind.argument(name, value)
        if "label" in task:
            own["task_display_name"] = task["label"]
        if stated := task.get("airflow"):
            mine = {name: value for name, value in stated.items() if name in _OWN}
            own.update(operator_arguments(mine, self._terms.callbacks))
        return own

    def _mould(self, task: Mapping[str, Any], own: Mapping[str, Any]) -> Mould:
        shared = {k: v for k, v in task.get("airflow", _NOTHING).items() if k not in _OWN}
        key = (task["kind"], *own, json.dumps(shared, sort_keys=True) if shared else "")
        if (mould := self._moulds.get(key)) is None:
            kind = kind_named(task["kind"])
            arguments = {
                name: kind.argument(name, value)
                for name, value in self._defaults.get(task["kind"], _NOTHING).items()
                if name not in own
            }
            named = {name: arguments[name] for name in kind.callbacks if name in arguments}
            arguments.update(operator_arguments(named, self._terms.callbacks))
            if kind.needs_folder:
                arguments["folder"] = str(self._terms.folder)
            if kind.needs_prefix:
                arguments["prefix"] = self._site.prefix
            arguments.update(operator_arguments(shared, self._terms.callbacks))
            mould = Mould(kind.operator(), self._site.dag, arguments)
            self._moulds[key] = mould
        return mould


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
