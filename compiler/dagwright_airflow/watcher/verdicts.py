"""What dbt's words for nodes mean for a task: done, failed or skipped, told once all are known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from dagwright_airflow.watcher.states import Verdict

MESSAGE_CHARACTERS: Final = 2_000
"""The longest message of a node that is published: enough for an error, whatever its query."""

VERDICTS: Final[Mapping[str, Verdict]] = MappingProxyType(
    {
        "success": Verdict.DONE,
        "pass": Verdict.DONE,
        "warn": Verdict.DONE,
        "error": Verdict.FAILED,
        "fail": Verdict.FAILED,
        "runtime error": Verdict.FAILED,
        "partial success": Verdict.FAILED,
        "skipped": Verdict.SKIPPED,
    }
)
"""By dbt's status of a node that runs; any other is a failure that has its name."""


@dataclass(frozen=True, slots=True)
class NodeEnd:
    """What became of one node, as dbt's log told."""

    node: str
    status: str
    message: str = ""

    @property
    def verdict(self) -> Verdict:
        """What it means for the node's task."""
        return VERDICTS.get(self.status, Verdict.FAILED)


@dataclass(slots=True)
class Tasks:
    """The nodes of some tasks, and what was heard of them."""

    nodes: Mapping[str, Collection[str]]
    """By task: what it runs."""
    _heard: dict[str, NodeEnd] = field(default_factory=dict)
    _homes: dict[str, str] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)
    strangers: dict[str, None] = field(default_factory=dict)
    """Nodes that were heard of and belong to no task, in the order in which they ended."""

    def __post_init__(self) -> None:
        """Remember where each node belongs."""
        self._homes = {node: task for task, nodes in self.nodes.items() for node in nodes}
        self._left = {task: len(nodes) for task, nodes in self.nodes.items()}

    def hear(self, end: NodeEnd) -> dict[str, Any] | None:
        """Return the published form of a task's verdict, where `end` completes it.

        A node is heard once: what else is said of it changes nothing. Costs no more the more
        tasks there are.
        """
        task = self._homes.get(end.node)
        if task is None:
            self.strangers[end.node] = None
            return None
        if end.node in self._heard:
            return None
        self._heard[end.node] = end
        self._left[task] -= 1
        return self.published(task) if not self._left[task] else None

    def published(self, task: str) -> dict[str, Any]:
        """Return a task's verdict as JSON, with what its nodes said."""
        ends = [self._heard[node] for node in self.nodes[task]]
        verdicts = {end.verdict for end in ends}
        verdict = next(one for one in _WORST_FIRST if one in verdicts)
        said = {
            end.node: [end.status, end.message[:MESSAGE_CHARACTERS]]
            for end in ends
            if end.status not in ("success", "pass") and verdict is not Verdict.SKIPPED
        }
        told: dict[str, Any] = {"task": task, "verdict": verdict.value}
        return {**told, "said": said} if said else told

    def done(self) -> list[str]:
        """Return the tasks of which every node is heard and did what it is for."""
        return [
            task
            for task, nodes in self.nodes.items()
            if all(
                node in self._heard and self._heard[node].verdict is Verdict.DONE for node in nodes
            )
        ]

    @property
    def complete(self) -> bool:
        """Whether every node was heard of."""
        return len(self._heard) == len(self._homes)

    @property
    def failed(self) -> bool:
        """Whether a node failed, as far as was heard."""
        return any(end.verdict is Verdict.FAILED for end in self._heard.values())

    def unheard(self) -> list[str]:
        """Return the nodes that nothing was heard of, sorted."""
        return sorted(self._homes.keys() - self._heard.keys())


_WORST_FIRST: Final = (Verdict.FAILED, Verdict.SKIPPED, Verdict.DONE)
