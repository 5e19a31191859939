"""Make a node wait for the tests of everything it is built from.

    run  orders                        run  orders
    test orders.unique <- orders   =>  test orders.unique <- orders
    run  revenue <- orders             run  revenue <- orders <- orders.unique

A test gates a node when every parent of the test is upstream of that node. This is the order of
`dbt build` (dbt-core, compilation.py, `add_test_edges`); a looser rule would hold a model back
for a test of its siblings. Only the first such nodes get an edge, since the others wait for them.
Functions are not gated, because dbt does not gate them.

Needs: tests wait for all their parents, rendered or not.
Keeps: every task, every edge.
Leaves: edges that the new ones imply, for `thin_edges` to remove.
"""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dagwright.ir.graph import Graph, TaskId, Verb
from dagwright.ir.walk import first_below, in_order
from dagwright.passes.context import Context

GATED: Final = ("model", "snapshot", "seed", "unit_test")
"""dbt's resource types whose nodes wait for tests; a unit test stands in for its model."""

GATES: Final = MappingProxyType(
    {"after_each": True, "build": True, "after_all": False, "none": False}
)
"""By `render.tests`: whether tests hold anything back; at the end there is nothing to hold."""


def gate_readers(graph: Graph, context: Context) -> Graph:
    """Return `graph` with an edge from each test to the first nodes that all its parents feed."""
    if not GATES[context.rendering.tests]:
        return graph
    asking: defaultdict[frozenset[TaskId], list[TaskId]] = defaultdict(list)
    for test in graph.of(Verb.TEST):
        asking[test.after].append(test.id)
    walked = [task for task in graph.tasks.values() if task.verb is not Verb.TEST]
    readers = frozenset(task.id for task in walked if task.id.partition(".")[0] in GATED)
    gates: defaultdict[TaskId, set[TaskId]] = defaultdict(set)
    for sources, reader in first_below(walked, asking, readers):
        gates[reader].update(asking[sources])
    gated = {
        reader: replace(graph.tasks[reader], after=graph.tasks[reader].after | tests)
        for reader, tests in gates.items()
    }
    return in_order({**graph.tasks, **gated})
