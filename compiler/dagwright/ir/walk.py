"""Questions about the order of a graph that more than one pass asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Final, NamedTuple

from dagwright.diagnostics import CompilerBug
from dagwright.ir.graph import Graph, Task, TaskId

BATCH: Final = 16_384
"""How many questions `first_below` carries at once: bits of the integers it keeps a task."""


def in_order(tasks: Mapping[TaskId, Task]) -> Graph:
    """Return the graph of `tasks`, each listed after all that it waits for.

    Of the tasks that could come next, the one with the smallest id does, so equal inputs give
    equal graphs. Takes n log n steps for n tasks, plus one for each edge.

    Raises:
        CompilerBug: a task waits for one that is not there, or tasks wait for each other.
    """
    waiting = {task.id: len(task.after) for task in tasks.values()}
    readers = below(tasks)
    ready = [task for task, count in waiting.items() if not count]
    heapify(ready)
    listed: dict[TaskId, Task] = {}
    while ready:
        task = heappop(ready)
        listed[task] = tasks[task]
        for reader in readers.get(task, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    if len(listed) < len(tasks):
        stuck = sorted(set(tasks) - set(listed))[:5]
        raise CompilerBug(f"tasks wait for each other or for nothing that exists: {stuck}")
    return Graph(listed)


def below(tasks: Mapping[TaskId, Task]) -> dict[TaskId, list[TaskId]]:
    """Return, for each task that others wait for directly, those others in the order of `tasks`."""
    readers: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in tasks.values():
        for up in task.after:
            readers[up].append(task.id)
    return dict(readers)


class Question(NamedTuple):
    """Which tasks come first below all of `sources`? `asker` names the question."""

    asker: TaskId
    sources: Sequence[TaskId]


def first_below(
    tasks: Collection[Task], questions: Collection[Question], readers: Collection[TaskId]
) -> Iterator[tuple[TaskId, TaskId]]:
    """Yield `(asker, reader)` for the first of `readers` that wait for all of an asker's sources.

    Every other reader that waits for all of the sources waits for one of these. Direct and
    indirect waiting both count. A question without sources has no answer.

    All questions travel down the graph at once, as the bits of one integer for each place in
    `sources`, so the cost is that of walking the edges once for every `BATCH` questions and
    place. A bit set of descendants a task would take n * n / 8 bytes.

    Args:
        tasks: every task listed after those it waits for.
        questions: each asker once.
        readers: who may be an answer; the rest of `tasks` only passes waiting on.
    """
    left = iter(sorted((q for q in questions if q.sources), key=lambda q: len(q.sources)))
    while batch := tuple(islice(left, BATCH)):
        yield from _first_below(tasks, batch, readers)


def _first_below(
    tasks: Collection[Task], batch: Sequence[Question], readers: Collection[TaskId]
) -> Iterator[tuple[TaskId, TaskId]]:
    places = max(len(question.sources) for question in batch)
    asked: list[defaultdict[TaskId, int]] = [defaultdict(int) for _ in range(places)]
    for index, (_, sources) in enumerate(batch):
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
            yield batch[bit.bit_length() - 1].asker, task.id
            new ^= bit
