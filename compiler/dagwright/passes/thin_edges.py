"""Remove every edge that other edges imply.

    run a                              run a
    run b <- a                     =>  run b <- a
    run c <- a <- b                    run c <- b

Airflow stores, draws and checks each edge; the order is the same with the fewest of them.

Needs: nothing.
Keeps: every task; who waits for whom, directly or not.
Leaves: the transitive reduction, which is the only smallest set of edges with that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, TaskId
from dagwright.passes.context import Context

BLOCK: Final = 32_768
"""How many tasks one walk asks about: what is upstream is kept as bits, so this bounds memory."""


def thin_edges(graph: Graph, _context: Context) -> Graph:
    """Return `graph` with its transitive reduction.

    For n tasks and e edges the cost is e * n / 64 machine words in the worst case, in n / `BLOCK`
    walks; only tasks that others share a reader with are asked about.
    """
    tasks = list(graph.tasks.values())
    shared = sorted(
        {up for task in tasks if len(task.after) > 1 for up in task.after},
        key={name: place for place, name in enumerate(graph.tasks)}.__getitem__,
    )
    implied: dict[TaskId, set[TaskId]] = {}
    for start in range(0, len(shared), BLOCK):
        for reader, up in _implied(tasks, shared[start : start + BLOCK]):
            implied.setdefault(reader, set()).add(up)
    return Graph(
        {
            task.id: replace(task, after=task.after - implied[task.id])
            if task.id in implied
            else task
            for task in tasks
        }
    )


def _implied(tasks: Sequence[Task], asked: Sequence[TaskId]) -> Iterator[tuple[TaskId, TaskId]]:
    """Yield `(reader, up)` for each edge from one of `asked` that a longer way implies."""
    bit = {name: 1 << place for place, name in enumerate(asked)}
    above: dict[TaskId, int] = {}
    for task in tasks:
        longer = direct = 0
        for up in task.after:
            longer |= above.get(up, 0)
            direct |= bit.get(up, 0)
        if longer or direct:
            above[task.id] = longer | direct
        twice = longer & direct
        while twice:
            low = twice & -twice
            yield task.id, asked[low.bit_length() - 1]
            twice ^= low
