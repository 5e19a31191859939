"""Take out what is not rendered, and keep the order that goes through it.

    run  model.a                       run model.a
    ~show model.b <- model.a       =>  run model.c <- model.a
    run  model.c <- model.b

Unselected nodes, sources and ephemeral models give no task, but dbt still orders what lies
before and behind them: its queue keeps a path through a removed node as an edge.

Needs: nothing.
Keeps: every rendered task; who waits for whom among them, directly or not.
Leaves: edges that others imply, for `thin_edges`.
"""

from __future__ import annotations

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, TaskId
from dagwright.passes.context import Context


def contract(graph: Graph, _context: Context) -> Graph:
    """Return `graph` with its rendered tasks only, in the order they had."""
    nearest: dict[TaskId, frozenset[TaskId]] = {}
    kept: dict[TaskId, Task] = {}
    for task in graph.tasks.values():
        after = task.after
        if not nearest.keys().isdisjoint(after):
            after = frozenset().union(*(nearest.get(up, frozenset((up,))) for up in after))
        if not task.rendered:
            nearest[task.id] = after
        else:
            kept[task.id] = task if after is task.after else replace(task, after=after)
    return Graph(kept)
