"""Put tasks into Airflow task groups.

    run model.shop.orders          =>  run model.shop.orders @ models marts

The group of a node comes from its place in the project, by `render.group_by`. A node's test task
stands beside the node; a test of several nodes stands in the innermost group that holds all that
it reads. Groups change no id and no edge.

Needs: tests are placed.
Keeps: every task, every edge.
Leaves: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, Verb
from dagwright.passes.context import Context
from dagwright.passes.place_tests import ALL_TESTS
from dagwright.project.model import Project, Resource

Group = tuple[str, ...]
Grouping = Callable[[Resource, Project, str], Group]


def by_none(_node: Resource, _project: Project, _argument: str) -> Group:
    """`none`: no groups."""
    return ()


def by_folder(node: Resource, project: Project, _argument: str) -> Group:
    """`folder`: the folders of the node's file; a package's nodes stand in the package's group."""
    folders = tuple(node.original_file_path.split("/")[:-1])
    own = node.package_name == project.metadata.project_name
    return folders if own else (node.package_name, *folders)


def by_resource_type(node: Resource, _project: Project, _argument: str) -> Group:
    """`resource_type`: models, seeds, snapshots, sources, functions."""
    return (f"{node.resource_type}s",)


def by_package(node: Resource, _project: Project, _argument: str) -> Group:
    """`package`: the dbt package that the node comes from."""
    return (node.package_name,)


def by_tag(node: Resource, _project: Project, prefix: str) -> Group:
    """`tag:PREFIX`: the rest of the node's first tag that starts with PREFIX; else no group."""
    rest = sorted(tag.removeprefix(prefix) for tag in node.tags if tag.startswith(prefix))
    return (rest[0],) if rest and rest[0] else ()


GROUPINGS: Final[Mapping[str, Grouping]] = MappingProxyType(
    {
        "none": by_none,
        "folder": by_folder,
        "resource_type": by_resource_type,
        "package": by_package,
        "tag": by_tag,
    }
)
"""By the word before the colon in `render.group_by`."""


def group_tasks(graph: Graph, context: Context) -> Graph:
    """Return `graph` with the group of every task."""
    word, _, argument = context.rendering.group_by.partition(":")
    grouping, project = GROUPINGS[word], context.project

    def group_of(task: Task) -> Group:
        if task.id.startswith(ALL_TESTS):
            return ()
        if task.home is not None:
            return grouping(project.resources[task.home], project, argument)
        about = [project.resources[node] for node in task.nodes]
        if task.verb is Verb.TEST:
            about = [project.resources[up] for node in about for up in node.parents] or about
        return _common([grouping(node, project, argument) for node in about if not_a_test(node)])

    return Graph({task.id: replace(task, group=group_of(task)) for task in graph.tasks.values()})


def not_a_test(node: Resource) -> bool:
    """Return whether `node` decides a group: in a `build` task, the node and not its tests."""
    return node.resource_type not in ("test", "unit_test")


def _common(groups: list[Group]) -> Group:
    """Return the longest path that all of `groups` start with; empty for none."""
    if len(groups) == 1:
        return groups[0]
    first, last = min(groups, default=()), max(groups, default=())
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]
