"""The state tables of watcher mode: complete, and right in every order of events."""

from __future__ import annotations

from collections import deque
from itertools import product
from types import MappingProxyType

import pytest

from state_tables import states
from watcher_model import FINAL, Budget, Task, World, steps

Attempt, Do, Producer, Plan = states.Attempt, states.Do, states.Producer, states.Plan
Start, Verdict, Watcher = states.Start, states.Verdict, states.Watcher

BUDGETS = [
    Budget(),
    Budget(bad=2),
    Budget(kills=2, bad=1),
    Budget(kills=1, strikes=1, bad=1),
    Budget(kills=1, late=1, bad=1),
    Budget(marks=1, bad=1),
    Budget(marks=1, clears=1),
    Budget(clears=1, bad=1),
    Budget(clears=1, kills=1, bad=1),
    Budget(clears=2, bad=1),
]
RETRIES = [(0, 0), (1, 0), (1, 1)]


def walk(budget: Budget, retries: tuple[int, int], *, contained: bool) -> dict[World, list[World]]:
    """Return every world that can be reached, with what can come next in it."""
    producer, watcher = (Task(max_tries=number) for number in retries)
    first = World(budget, retries, producer, (watcher, watcher), contained=contained, whole=budget)
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
    all_is_well(walk(budget, retries, contained=contained))


def all_is_well(found: dict[World, list[World]]) -> None:
    """Fail where a world is at rest as it must not be, or can never be at rest."""
    for world in found:
        if at_rest(world):
            for watcher, good in zip(world.watchers, world.good, strict=True):
                assert good or watcher.state != "success", world
            assert not [
                owed
                for watcher, owed in zip(world.watchers, world.owed, strict=True)
                if owed and watcher.state == "success"
            ], world
            if world.spared("strikes", "late", "clears"):
                green = all(one.state == "success" for one in world.watchers)
                assert green == all(world.good), world
                assert green or world.spent("bad") > world.retries[1], world
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


COLUMNS = {
    "WATCHER": ("do", "attempt", "verdict", "producer"),
    "PRODUCER": ("plan", "start", "verdict", "watcher"),
}

HARMLESS = {
    ("the next try may have another word", Do.FAIL): "it would fail sooner, which is no lie",
    ("Airflow gave up on it", Plan.RUN): "it would be work that nobody waits for",
    ("Airflow gave up on it", Plan.KEEP): "what waits for it is given up as well",
}
"""By why a row is there, and what it could as well say: what that would change."""

CHANGES = [
    pytest.param(table, row, other, id=f"{row.why}, {other.value}")
    for table, (says, *_) in COLUMNS.items()
    for row in getattr(states, table)
    for other in type(getattr(row, says))
    if other is not getattr(row, says) and (row.why, other) not in HARMLESS
]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "row", "other"), CHANGES)
def test_a_row_that_says_anything_else_is_noticed(table, row, other, monkeypatch) -> None:
    columns = [getattr(row, name) for name in COLUMNS[table][1:]]
    cells = product(*(one if isinstance(one, frozenset) else [one] for one in columns))
    changed = {**getattr(states, f"_{table}"), **dict.fromkeys(cells, other)}
    monkeypatch.setattr(states, f"_{table}", MappingProxyType(changed))
    with pytest.raises(AssertionError):
        everything_holds()


def everything_holds() -> None:
    """Fail where something does not, as the tables are now."""
    test_a_fresh_start_builds_on_what_its_watchers_have()
    for contained, budget, retries in product([False, True], BUDGETS, RETRIES):
        if budget.clears + budget.marks < 2:
            all_is_well(walk(budget, retries, contained=contained))


def test_a_fresh_start_builds_on_what_its_watchers_have() -> None:
    for start in Start:
        told = {
            "a": states.Told(Verdict.NONE, Watcher.GOOD),
            "b": states.Told(Verdict.NONE, Watcher.OPEN),
        }
        plans = states.producer_plans(start, told, {"a": (), "b": ("a",)})
        assert plans == {"a": Plan.KEEP, "b": Plan.RUN}


def test_what_waits_for_a_task_that_is_left_is_left() -> None:
    told = {
        name: states.Told(verdict, Watcher.OPEN)
        for name, verdict in {"a": Verdict.FAILED, "b": Verdict.NONE, "c": Verdict.NONE}.items()
    }
    plans = states.producer_plans(Start.RETRY, told, {"a": (), "b": ("a",), "c": ()})
    assert plans == {"a": Plan.LEAVE, "b": Plan.LEAVE, "c": Plan.RUN}
