"""What must be true of every graph, and of the one that leaves the passes.

A fault is a bug of ours, never of the user's: `pipeline` raises `CompilerBug` for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from dagwright.ir.build import Chosen
from dagwright.ir.graph import Graph, Task, TaskId
from dagwright.project.model import Project, UniqueId


def faults(graph: Graph) -> Iterator[str]:
    """Yield what is wrong with `graph` at any stage; nothing for a good one.

    A task waits only for tasks listed before it (so there is no cycle), runs at least one node,
    and no node runs in two tasks.
    """
    seen: set[TaskId] = set()
    for name, task in graph.tasks.items():
        if name != task.id:
            yield f"task {task.id} is listed as {name}"
        if missing := sorted(task.after - seen):
            yield f"task {task.id} waits for {missing}, which are not listed before it"
        if not task.nodes:
            yield f"task {task.id} runs no node"
        seen.add(task.id)
    runs = Counter(node for task in graph.tasks.values() for node in task.nodes)
    for node, times in sorted(runs.items()):
        if times > 1:
            yield f"node {node} runs in {times} tasks"


def placement_faults(graph: Graph, project: Project, chosen: Chosen) -> Iterator[str]:
    """Yield what is wrong with the place of tests, before edges that others imply are thinned.

    Every chosen test runs in one task, and that task waits for (or contains) each chosen parent
    that is a task. Unit tests are the exception: they come before their model.
    """
    task_of = {node: task for task in graph.tasks.values() for node in task.nodes}
    for node in sorted(chosen.nodes):
        resource = project.resources[node]
        if not resource.is_test:
            continue
        if node not in task_of:
            yield f"test {node} runs nowhere"
            continue
        yield from _early(node, task_of, resource.parents)


def _early(
    test: UniqueId, task_of: Mapping[UniqueId, Task], parents: tuple[UniqueId, ...]
) -> Iterator[str]:
    place = task_of[test]
    for parent in parents:
        other = task_of.get(parent)
        if other is not None and other is not place and other.id not in place.after:
            yield f"test {test} does not wait for {parent}"
