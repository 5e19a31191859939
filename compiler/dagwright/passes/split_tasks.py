"""Split a task whose tests are too many for one command.

    test model.a#test of model.a = test.x test.y <- model.a     (each 40 kB)
    run  model.b <- model.a <- model.a#test
    =>
    test model.a#test of model.a = test.x <- model.a
    run  model.b <- model.a <- model.a#test <- model.a#test#2
    test model.a#test#2 of model.a = test.y <- model.a

dbt takes a long selection as arguments alone: it reads selectors from `selectors.yml` at the root
of the project and from nowhere else, and `--select` comes from no file and no variable. Systems
and services refuse long arguments, each from another length on, and how many tasks there are must
not depend on where they run. So the tests are dealt out in the order of their ids, over as few
tasks as hold them. What waits for one waits for all. In a `build`, the node and its unit tests are
in the first.

Needs: tests are placed.
Keeps: every test, once; who waits for whom, node by node.
Leaves: edges that others imply, for `thin_edges`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.passes.context import Context
from dagwright.project.model import Project, Resource, UniqueId

ROOM_BYTES: Final = 64 * 1024
"""For the plain names of one task's nodes; a command may have 100 KiB (`plan.lower`).

The rest is for its flags, and for nodes that take more than their fqn and file to tell apart.
"""


def split_tasks(graph: Graph, context: Context) -> Graph:
    """Return `graph` with its tests in tasks whose nodes take at most `ROOM_BYTES` to name."""
    parts_of: dict[TaskId, frozenset[TaskId]] = {}
    split: dict[TaskId, Task] = {}
    for task in graph.tasks.values():
        after = task.after
        if not parts_of.keys().isdisjoint(after):
            after = frozenset().union(*(parts_of.get(up, frozenset((up,))) for up in after))
        whole = task if after is task.after else replace(task, after=after)
        if len(whole.nodes) == 1:
            split[task.id] = whole
            continue
        parts = tuple(_parts(whole, context.project))
        split.update((part.id, part) for part in parts)
        if len(parts) > 1:
            parts_of[task.id] = frozenset(part.id for part in parts)
    return Graph(split)


def _parts(task: Task, project: Project) -> Iterator[Task]:
    """Yield the tasks that `task` becomes, the first by its own id; itself, if it is short."""
    first, *others = _dealt(task, project)
    yield replace(task, nodes=first) if others else task
    for number, nodes in enumerate(others, start=2):
        if task.verb is Verb.BUILD:
            name = TaskId(f"{task.id}#test#{number}")
            home, after = UniqueId(task.id), frozenset((task.id,))
            yield Task(name, Verb.TEST, nodes, after, home=home)
        else:
            yield replace(task, id=TaskId(f"{task.id}#{number}"), nodes=nodes)


def _dealt(task: Task, project: Project) -> Iterator[tuple[UniqueId, ...]]:
    """Yield the nodes of `task` in groups that are short enough, each sorted.

    What a `build` must run together, its node and the unit tests before that, stays together.
    """
    taken: list[UniqueId] = []
    room = ROOM_BYTES
    for node in sorted(task.nodes, key=lambda node: (_is_a_data_test(node), node)):
        size = _naming_bytes(project.resources[node])
        if taken and size > room and (task.verb is not Verb.BUILD or _is_a_data_test(node)):
            yield tuple(sorted(taken))
            taken, room = [], ROOM_BYTES
        taken.append(node)
        room -= size
    yield tuple(sorted(taken))


def _naming_bytes(resource: Resource) -> int:
    """Return how long the plain name of a node is in a command."""
    file = resource.original_file_path.rpartition("/")[2]
    return len("fqn:,file: ") + len(".".join((*resource.fqn, file)).encode())


def _is_a_data_test(node: UniqueId) -> bool:
    return node.startswith("test.")
