"""Airflow's own settings of a task: `execute.policy`, the project's `meta`, `render.overrides`.

Later wins, key by key: the DAG's `default_args`, the policy of the node's resource type, what the
node says under `meta.dagwright`, then the overrides in the order of the spec. A task with several
nodes takes what is said of any of them, so a `build` task takes the settings of its node and
those of its tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dagwright.ir.graph import Graph, Task, Verb
from dagwright.project.model import UniqueId
from dagwright.spec.model import Policy, Spec, TaskSettings

POLICY_OF: Final[Mapping[Verb, str | None]] = MappingProxyType(
    {
        Verb.SEED: "seed",
        Verb.RUN: "model",
        Verb.SNAPSHOT: "snapshot",
        Verb.FUNCTION: None,
        Verb.TEST: "test",
        Verb.UNIT_TEST: "unit_test",
        Verb.BUILD: None,
        Verb.FRESHNESS: "source",
        Verb.SHOW: None,
    }
)
"""By verb: the key of `execute.policy`; a `BUILD` takes that of the node it builds."""

TESTS: Final = frozenset({"test", "unit_test"})
"""The resource types that are tests, which are keys of `execute.policy` too."""

BUILT_POLICY: Final = ("model", "seed", "snapshot")


@dataclass(frozen=True, slots=True)
class Settings:
    """The policy by resource type, meta and overrides by node; durations are seconds."""

    policy: Mapping[str, Mapping[str, Any]]
    meta: Mapping[UniqueId, Mapping[str, Any]]
    overrides: Mapping[UniqueId, Mapping[str, Any]]


def read_settings(
    policy: Policy,
    meta: Mapping[UniqueId, Mapping[str, Any]],
    overrides: tuple[tuple[TaskSettings, frozenset[UniqueId]], ...],
) -> Settings:
    """Return the settings of one environment; each override comes with the nodes it picks."""
    by_node: dict[UniqueId, dict[str, Any]] = {}
    for settings, nodes in overrides:
        given = _given(settings)
        for node in nodes:
            by_node.setdefault(node, {}).update(given)
    by_type = {name: _given(getattr(policy, name)) for name in type(policy).model_fields}
    return Settings(MappingProxyType(by_type), meta, MappingProxyType(by_node))


def _given(settings: TaskSettings) -> dict[str, Any]:
    return settings.model_dump(exclude_none=True, exclude={"select"})


def airflow_settings(task: Task, settings: Settings) -> Mapping[str, Any]:
    """Return the arguments of BaseOperator that the spec gives `task`, sorted by name."""
    merged = dict(settings.policy.get(_policy_key(task) or "", {}))
    for said in (settings.meta, settings.overrides):
        for node in task.nodes:
            merged.update(said.get(node, {}))
    return dict(sorted(merged.items()))


def usual_timeout(spec: Spec) -> float | None:
    """Return the seconds that `default_args` give a try of any task."""
    block = spec.dag or spec.task_group
    return None if block is None else block.default_args.execution_timeout


def retries_tests(task: Task, settings: Settings) -> bool:
    """Return whether `retries` are given for the tests of `task`, and not for tasks at large.

    A failed data test fails again, so what `default_args` or a model's policy says is not meant
    for it.
    """
    for node in task.nodes:
        kind = node.partition(".")[0]
        of_node = (settings.meta.get(node, {}), settings.overrides.get(node, {}))
        said = (settings.policy.get(kind, {}), *of_node)
        if kind in TESTS and any("retries" in one for one in said):
            return True
    return False


def _policy_key(task: Task) -> str | None:
    if task.verb is not Verb.BUILD:
        return POLICY_OF[task.verb]
    types = {node.partition(".")[0] for node in task.nodes}
    return next((key for key in BUILT_POLICY if key in types), None)


def unmatched(
    graph: Graph, overrides: tuple[tuple[TaskSettings, frozenset[UniqueId]], ...]
) -> tuple[int, ...]:
    """Return the places in `overrides` of those that no task of `graph` takes."""
    ran = {node for task in graph.tasks.values() for node in task.nodes}
    return tuple(at for at, (_, nodes) in enumerate(overrides) if ran.isdisjoint(nodes))
