"""Judge the task groups of a graph: tags that no node has make none, without a word."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Report
from dagwright.ir.graph import Graph
from dagwright.ir.rules import NO_SUCH_GROUPS
from dagwright.project.model import Project
from dagwright.spec import LoadedSpec
from dagwright.text.near import near_miss

_SHOWN: Final = 8


def check_groups(graph: Graph, project: Project, loaded: LoadedSpec, report: Report) -> None:
    """Report a `group_by: tag:PREFIX` by which no task of `graph` got a group."""
    word, _, prefix = loaded.spec.render.group_by.partition(":")
    if word != "tag" or any(task.group for task in graph.tasks.values()):
        return
    route = ("render", "group_by")
    at, notes = loaded.places.value(route), loaded.places.notes(route)
    hint = _hint(graph, project, prefix)
    report.add(NO_SUCH_GROUPS.at(at, prefix=prefix, hint=hint, notes=notes))


def _hint(graph: Graph, project: Project, prefix: str) -> str:
    """Return what the prefix may be meant for: a tag's start that is like it, or all tags."""
    nodes = {node for task in graph.tasks.values() for node in task.nodes}
    tags = sorted({tag for node in nodes for tag in project.resources[node].tags})
    if not tags:
        return "none of them has any tag; `none` says what happens now"
    near = near_miss(prefix, {tag[: len(prefix)] for tag in tags})
    more = ", ..." if len(tags) > _SHOWN else ""
    return near or f"their tags are: {', '.join(tags[:_SHOWN])}{more}"
