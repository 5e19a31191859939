"""Questions about the order of a graph that more than one pass asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from dagwright.diagnostics import CompilerBug
from dagwright.ir.graph import Graph, Task, TaskId

BATCH: Final = 16_384
"""How many questions `first_below` carries at once: bits of the integers it keeps a task."""


def in_order(tasks: Mapping[TaskId, Task]) -> Graph:
    """Return the graph of `tasks`, each listed after all that it waits for.

    Those that wait for nothing come first, then those that only wait for these, and so on, each
    layer by id: equal inputs give equal graphs. Takes n log n steps for n tasks, plus one for
    each edge.

    Raises:
        CompilerBug: a task waits for one that is not there, or tasks wait for each other.
    """
    waiting = {task.id: len(task.after) for task in tasks.values()}
    readers = below(tasks)
    ready = sorted(name for name, count in waiting.items() if not count)
    listed: dict[TaskId, Task] = {}
    while ready:
        freed = []
        for name in ready:
            listed[name] = tasks[name]
            for reader in readers.get(name, ()):
                waiting[reader] -= 1
                if not waiting[reader]:
                    freed.append(reader)
        ready = sorted(freed)
    if len(listed) < len(tasks):
        stuck = sorted(set(tasks) - set(listed))[:5]
        raise CompilerBug(f"tasks wait for each other or for nothing that exists: {stuck}")
    return Graph(listed)


def below(tasks: Mapping[TaskId, Task]) -> dict[TaskId, list[TaskId]]:
    """Return those that wait for each task directly, in the order of `tasks`."""
    readers: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in tasks.values():
        for up in task.after:
            readers[up].append(task.id)
    return dict(readers)


def first_below(
    tasks: Collection[Task],
    asked: Iterable[frozenset[TaskId]],
    readers: Collection[TaskId],
) -> Iterator[tuple[frozenset[TaskId], TaskId]]:
    """Yield `(sources, reader)` for the first of `readers` that wait for all of some `sources`.

    Every other reader that waits for all of them waits for one of these. Direct and indirect
    waiting both count. Of no sources, no reader is the first.

    All questions travel down the graph at once, as the bits of one integer for each place in
    `sources`, so the cost is that of walking the edges once for every `BATCH` questions and
    place. A bit set of descendants a task would take n * n / 8 bytes.

    Args:
        tasks: every task listed after those it waits for.
        asked: sets of tasks, each once.
        readers: who may be an answer; the rest of `tasks` only passes waiting on.
    """
    left = iter(sorted((tuple(sorted(one)) for one in asked if one), key=len))
    while batch := tuple(islice(left, BATCH)):
        yield from _first_below(tasks, batch, readers)


def _first_below(
    tasks: Collection[Task], batch: Sequence[tuple[TaskId, ...]], readers: Collection[TaskId]
) -> Iterator[tuple[frozenset[TaskId], TaskId]]:
    places = max(map(len, batch))
    asked: list[defaultdict[TaskId, int]] = [defaultdict(int) for _ in range(places)]
    for index, sources in enumerate(batch):
        for place in range(places):
            # A question with fewer sources than others asks for its last one again.
            asked[place][sources[min(place, len(sources) - 1)]] |= 1 << index

    met: list[dict[TaskId, int]] = [{} for _ in range(places)]
    answered: dict[TaskId, int] = {}
    for task in tasks:
        everything, above = -1, 0
        for up in task.after:
            above |= answered.get(up, 0)
        for place in range(places):
            seen = 0
            known, wanted = met[place], asked[place]
            for up in task.after:
                seen |= known.get(up, 0) | wanted.get(up, 0)
            if seen:
                known[task.id] = seen
            everything &= seen
        new = everything & ~above if task.id in readers else 0
        if new or above:
            answered[task.id] = new | above
        while new:
            bit = new & -new
            yield frozenset(batch[bit.bit_length() - 1]), task.id
            new ^= bit


def waiting_pairs(
    tasks: Collection[Task], asked: Collection[tuple[TaskId, TaskId]]
) -> frozenset[tuple[TaskId, TaskId]]:
    """Return those of the `(task, up)` in `asked` where the task waits for `up`, at any distance.

    `tasks` are listed after those they wait for. The cost is one walk over the edges for every
    `BATCH` different `up`, with as many bits a task at most.
    """
    found: set[tuple[TaskId, TaskId]] = set()
    ups = iter(sorted({up for _, up in asked}))
    while batch := tuple(islice(ups, BATCH)):
        bit = {up: 1 << place for place, up in enumerate(batch)}
        above: dict[TaskId, int] = {}
        for task in tasks:
            seen = 0
            for up in task.after:
                seen |= above.get(up, 0) | bit.get(up, 0)
            if seen:
                above[task.id] = seen
        found.update((task, up) for task, up in asked if above.get(task, 0) & bit.get(up, 0))
    return frozenset(found)
