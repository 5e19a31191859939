"""The state tables of watcher mode: complete, and right in every order of events."""

from __future__ import annotations

from collections import deque
from itertools import product

import pytest

from state_tables import states
from watcher_model import FINAL, Budget, Task, World, steps

Attempt, Producer, Plan = states.Attempt, states.Producer, states.Plan
Start, Verdict, Watcher = states.Start, states.Verdict, states.Watcher

BUDGETS = [
    Budget(),
    Budget(bad=2),
    Budget(kills=2, bad=1),
    Budget(kills=1, strikes=1, bad=1),
    Budget(kills=1, late=1, bad=1),
    Budget(clears=1, bad=1),
    Budget(clears=1, kills=1, bad=1),
    Budget(clears=2, bad=1),
]
RETRIES = [(0, 0), (1, 0), (1, 1)]


def walk(budget: Budget, retries: tuple[int, int], *, contained: bool) -> dict[World, list[World]]:
    """Return every world that can be reached, with what can come next in it."""
    producer, watcher = (Task(max_tries=number) for number in retries)
    first = World(budget, retries, producer, (watcher, watcher), contained=contained)
    found: dict[World, list[World]] = {}
    left = deque([first])
    while left:
        world = left.popleft()
        if world in found:
            continue
        found[world] = [after for after in steps(world) if after != world]
        left.extend(found[world])
    return found


def at_rest(world: World) -> bool:
    """Whether nothing happens any more, unless somebody clears something."""
    return all(one.state in FINAL for one in (world.producer, *world.watchers))


@pytest.mark.slow
@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("contained", [False, True])
def test_every_order_of_events_ends_and_ends_well(budget, retries, contained) -> None:
    found = walk(budget, retries, contained=contained)
    for world in found:
        if at_rest(world):
            for watcher, good in zip(world.watchers, world.good, strict=True):
                assert good or watcher.state != "success", world
            assert not [
                owed
                for watcher, owed in zip(world.watchers, world.owed, strict=True)
                if owed and watcher.state == "success"
            ], world
            as_meant = (world.budget.strikes, world.budget.late) == (budget.strikes, budget.late)
            if as_meant and not world.clears:
                green = all(one.state == "success" for one in world.watchers)
                assert green == all(world.good), world
    came_from: dict[World, list[World]] = {}
    for world, after in found.items():
        for one in after:
            came_from.setdefault(one, []).append(world)
    ends = {world for world in found if at_rest(world)}
    left = list(ends)
    while left:
        for world in came_from.get(left.pop(), ()):
            if world not in ends:
                ends.add(world)
                left.append(world)
    stuck = set(found) - ends
    assert not stuck, next(iter(stuck))


def test_exactly_one_row_fits_each_case() -> None:
    for attempt, verdict, producer in product(Attempt, Verdict, Producer):
        fits = [
            row
            for row in states.WATCHER
            if attempt in row.attempt and verdict in row.verdict and producer in row.producer
        ]
        assert len(fits) == 1, (attempt, verdict, producer)
    for start, verdict, watcher in product(Start, Verdict, Watcher):
        fits_too = [
            row
            for row in states.PRODUCER
            if start is row.start and verdict in row.verdict and watcher in row.watcher
        ]
        assert len(fits_too) == 1, (start, verdict, watcher)


def test_what_waits_for_a_task_that_is_left_is_left() -> None:
    told = {
        name: states.Told(verdict, Watcher.OPEN)
        for name, verdict in {"a": Verdict.FAILED, "b": Verdict.NONE, "c": Verdict.NONE}.items()
    }
    plans = states.producer_plans(Start.RETRY, told, {"a": (), "b": ("a",), "c": ()})
    assert plans == {"a": Plan.LEAVE, "b": Plan.LEAVE, "c": Plan.RUN}
