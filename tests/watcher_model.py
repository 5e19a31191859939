"""Every order in which a producer and two watchers can meet, walked through.

The model is Airflow and dbt around the state tables: it schedules, retries, kills, clears and runs
nodes that may fail, and asks the functions of the product for every decision. Task 1 waits for
task 0. A state is a value, `steps` yields what can happen next, and the walk is exhaustive.

Where dbt runs in containers (`contained`), one whose task was killed goes on, unheard, until
whoever starts another dbt for its nodes clears it away. So does one in a worker, for a while,
whose task somebody marked by hand; there, to clear it away is to wait until it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from state_tables import states

BUSY_STATES, WATCHER_PHASES = states.BUSY_STATES, states.WATCHER_PHASES
Attempt, Do, Plan, Start = states.Attempt, states.Do, states.Plan, states.Start
Producer, Told, Verdict, Watcher = states.Producer, states.Told, states.Verdict, states.Watcher

AFTER = {"0": (), "1": ("0",)}
FINAL = ("success", "failed", "upstream_failed")


@dataclass(frozen=True, slots=True)
class Task:
    """A task instance. `max_tries` and `number` are Airflow's; `inside` is where its code is."""

    state: str | None = None
    number: int = 0
    max_tries: int = 0
    inside: str = ""
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What the ledger says of the producer's last try: its start, and the verdicts so far."""

    clears: int
    told: tuple[tuple[Verdict, int], ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """How often things may still go wrong."""

    kills: int = 0
    """Of the producer."""
    strikes: int = 0
    """Of a watcher, in a worker."""
    marks: int = 0
    """Of the producer, by hand."""
    clears: int = 0
    bad: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class World:
    budget: Budget
    retries: tuple[int, int]
    """Of the producer, and of the watchers."""
    producer: Task
    watchers: tuple[Task, Task] = (Task(), Task())
    clears: int = 0
    head: Head | None = None
    old: Head | None = None
    noted: frozenset[int] = frozenset()
    plans: tuple[Plan, ...] = ()
    running: tuple[str, str] = ("", "")
    """Who runs the node of each task now: `p`, `w` or nobody; `P`, `W` where that was killed."""
    contained: bool = False
    left: tuple[bool, bool] = (False, False)
    """Whether a dbt of the producer's, which is over, will still run each node."""
    untold: tuple[Verdict, Verdict] = (Verdict.NONE, Verdict.NONE)
    """What dbt did under this try of the producer that is not published yet."""
    good: tuple[bool | None, bool | None] = (None, None)
    """Whether the last dbt that ran each node ended well."""

    whole: Budget = Budget()
    """The budget that the world began with."""
    owed: tuple[int, int] = (0, 0)
    """Whether a watcher that had started was cleared, and no dbt has started its node since."""

    def clears_at_start(self) -> int:
        """How often something had been cleared when the producer's try began."""
        assert self.head is not None
        return self.head.clears

    def spent(self, what: str) -> int:
        """How often something went wrong so far."""
        return int(getattr(self.whole, what) - getattr(self.budget, what))

    def spared(self, *what: str) -> bool:
        """Whether none of these went wrong so far."""
        return not any(self.spent(one) for one in what)


class BrokenError(AssertionError):
    """Something happened that must not: why, and in which world."""


def at(pair, place, value):
    return tuple(value if i == place else one for i, one in enumerate(pair))


def spend(world: World, **what: int) -> Budget:
    return replace(
        world.budget, **{name: getattr(world.budget, name) - n for name, n in what.items()}
    )


def steps(world: World) -> Iterator[World]:
    yield from producer_steps(world)
    for place in (0, 1):
        yield from watcher_steps(world, place)
    yield from people(world)
    yield from left_steps(world)


# The producer


def producer_steps(world: World) -> Iterator[World]:
    one = world.producer
    match one.state, one.inside:
        case ((None | "up_for_retry"), _):
            yield replace(
                world,
                producer=replace(one, state="running", number=one.number + 1, inside="starts"),
            )
        case "running", "starts":
            told = ((Verdict.NONE, 0),) * 2
            old = world.head
            start = Start.FRESH if old is None or old.clears != world.clears else Start.RETRY
            if start is Start.RETRY and old is not None:
                told = old.told  # Published again, with the clears they were first told at.
            yield replace(
                world,
                old=old if start is Start.RETRY else None,
                head=Head(world.clears, told),
                producer=replace(one, inside="notes"),
            )
        case "running", "notes":
            busy = frozenset(i for i in (0, 1) if world.watchers[i].state in BUSY_STATES)
            yield replace(world, noted=busy, producer=replace(one, inside="waits"))
        case "running", "waits":
            left = frozenset(i for i in world.noted if world.watchers[i].state in BUSY_STATES)
            if left != world.noted:
                yield replace(world, noted=left)
            elif not left:
                yield planned(world)
        case "running", "runs":
            yield from dbt_steps(world)
        case (("running" | "restarting"), "dead"):
            yield replace(world, producer=ended(one, "failed", world.retries[0]))
    yield from interruptions(world)


def interruptions(world: World) -> Iterator[World]:
    """What ends a try of the producer from outside."""
    one = world.producer
    if one.state == "running" and one.inside != "dead" and world.budget.kills:
        dead = replace(world, budget=spend(world, kills=1), producer=replace(one, inside="dead"))
        yield without_dbt(dead, "p")
    if one.state not in FINAL and one.inside != "dead" and world.budget.marks:
        for state in ("success", "failed"):
            over = replace(one, state=state, inside="")
            marked = replace(world, budget=spend(world, marks=1), producer=over)
            yield without_dbt(marked, "p", lives_on=True)
    if one.state == "restarting" and one.inside != "dead":
        yield without_dbt(replace(world, producer=replace(one, inside="dead")), "p")


def planned(world: World) -> World:
    world = cleared_away(world, (0, 1))
    start = Start.FRESH if world.old is None else Start.RETRY
    told = {
        str(i): Told(
            world.old.told[i][0] if world.old else Verdict.NONE,
            WATCHER_PHASES.get(world.watchers[i].state or "", Watcher.OPEN),
        )
        for i in (0, 1)
    }
    plans = tuple(states.producer_plans(start, told, AFTER).values())
    return replace(world, plans=plans, producer=replace(world.producer, inside="runs"))


def dbt_steps(world: World) -> Iterator[World]:
    """What the producer's dbt does next, node by node, and what is published of it."""
    assert world.head is not None
    busy = False
    for place in (0, 1):
        if world.untold[place] is not Verdict.NONE:
            told = at(world.head.told, place, (world.untold[place], world.clears_at_start()))
            yield replace(
                world,
                head=replace(world.head, told=told),
                untold=at(world.untold, place, Verdict.NONE),
                plans=at(world.plans, place, Plan.KEEP),
            )
            busy = True
        elif world.running[place] == "p":
            yield from node_ends(world, place, "p")
            busy = True
        elif world.plans[place] is Plan.RUN:
            busy = True
            ready = dbt_is_ready(world, place)
            if ready is Verdict.DONE:
                yield starts(world, place, "p")
            elif ready is Verdict.FAILED:
                yield replace(world, untold=at(world.untold, place, Verdict.SKIPPED))
    if not busy:
        yield replace(world, producer=replace(world.producer, state="success", inside=""))


def dbt_is_ready(world: World, place: int) -> Verdict:
    """Whether dbt may start a node: it waits for those of its own selection alone."""
    if place == 0:
        return Verdict.DONE
    if world.plans[0] is Plan.RUN or world.running[0] == "p":
        return Verdict.NONE
    return Verdict.FAILED if world.untold[0] is Verdict.FAILED or bad_here(world) else Verdict.DONE


def bad_here(world: World) -> bool:
    """Whether this dbt has seen the first node fail; it knows nothing of earlier ones."""
    assert world.head is not None
    before = world.old is not None and world.old.told[0][0] is Verdict.FAILED
    return world.head.told[0][0] is Verdict.FAILED and not before


# A watcher


def watcher_steps(world: World, place: int) -> Iterator[World]:  # noqa: C901, PLR0912 (as above)
    one = world.watchers[place]
    match one.state, one.inside:
        case ((None | "up_for_retry"), _):
            yield from scheduled(world, place)
        case "deferred", _:
            does = look(world, place)
            if does is Do.RUN:
                yield put(world, place, replace(one, state="running", inside="looks"))
            elif does is not Do.WAIT:
                yield settled(world, place, does)
            if world.budget.late and does is Do.WAIT:
                late = replace(world, budget=spend(world, late=1))
                yield put(late, place, ended(one, "failed", world.retries[1]))
        case "running", "looks":
            does = look(world, place)
            if does is Do.RUN:
                alone = cleared_away(world, (place,))
                yield put(starts(alone, place, "w"), place, replace(one, inside="runs"))
            elif does is Do.WAIT:
                yield put(world, place, replace(one, state="deferred", inside=""))
            else:
                yield settled(world, place, does)
        case "running", "runs":
            for after in node_ends(world, place, "w"):
                state = "success" if after.good[place] else "failed"
                yield put(after, place, ended(one, state, world.retries[1]))
        case "restarting", _:
            gone = without_dbt(world, "w", place)
            yield put(gone, place, ended(one, "failed", world.retries[1]))
    if one.state == "running" and world.budget.strikes:
        gone = without_dbt(replace(world, budget=spend(world, strikes=1)), "w", place)
        yield put(gone, place, ended(one, "failed", world.retries[1]))


def scheduled(world: World, place: int) -> Iterator[World]:
    one = world.watchers[place]
    up = world.watchers[0].state if place else "success"
    if up == "success":
        number = one.number + 1
        tries = states.tries_of(number, one.max_tries, world.retries[1])
        floor = states.counts_from(tries, world.clears)
        yield put(world, place, replace(one, state="deferred", number=number, floor=floor))
    elif up in ("failed", "upstream_failed"):
        yield put(world, place, replace(one, state="upstream_failed"))


def look(world: World, place: int) -> Do:
    one = world.watchers[place]
    verdict = Verdict.NONE
    if world.head is not None:
        told, clears = world.head.told[place]
        verdict = told if clears >= one.floor else Verdict.NONE
    phase = states.producer_phase(world.producer.state)
    first = attempt(world, one) is Attempt.FIRST
    does = states.watcher_does(attempt(world, one), verdict, phase)
    known = {Verdict.DONE: True, Verdict.FAILED: phase is not Producer.COMING}.get(verdict, False)
    if first and known and does is Do.WAIT:
        raise BrokenError("a watcher waits for what it knows", world)
    return does


def attempt(world: World, one: Task) -> Attempt:
    return states.tries_of(one.number, one.max_tries, world.retries[1]).attempt


def settled(world: World, place: int, does: Do) -> World:
    if attempt(world, world.watchers[place]) is Attempt.AGAIN:
        raise BrokenError("a retry runs nothing", world)
    state = "success" if does is Do.PASS else "failed"
    return put(world, place, ended(world.watchers[place], state, world.retries[1]))


# Both


def ended(one: Task, state: str, retries: int) -> Task:
    again = one.state == "restarting" or one.number <= one.max_tries
    if state == "failed" and again and (retries or one.state == "restarting"):
        state = "up_for_retry"
    return replace(one, state=state, inside="", floor=0)


def put(world: World, place: int, one: Task) -> World:
    return replace(world, watchers=at(world.watchers, place, one))


def starts(world: World, place: int, who: str) -> World:
    one = world.watchers[place]
    told = world.head.told[place][0] if world.head else Verdict.NONE
    if world.running[place]:
        raise BrokenError("two dbt processes run one node", world)
    if world.spared("strikes", "clears", "late", "marks"):
        if told is Verdict.DONE:
            raise BrokenError("a node is run that was told of as done", world)
        if told is Verdict.FAILED and not world.retries[1]:
            raise BrokenError("a node that failed is tried again, and nobody asked for it", world)
        if place and not world.good[0]:
            raise BrokenError("a node is built on what is not there", world)
        if world.good[place] and world.spared("kills"):
            raise BrokenError("a node is run that is done", world)
        healthy = world.spared("bad") and world.spent("kills") <= world.retries[0]
        if who == "w" and attempt(world, one) is Attempt.FIRST and healthy:
            raise BrokenError("a watcher runs what is the producer's", world)
    return replace(
        world,
        running=at(world.running, place, who),
        good=at(world.good, place, None),
        owed=at(world.owed, place, 0),
    )


def node_ends(world: World, place: int, who: str) -> Iterator[World]:
    done = replace(world, running=at(world.running, place, ""))
    outcomes = [(True, world.budget)]
    if world.budget.bad:
        outcomes.append((False, spend(world, bad=1)))
    for good, budget in outcomes:
        after = replace(done, good=at(done.good, place, good), budget=budget)
        if who == "p":
            verdict = Verdict.DONE if good else Verdict.FAILED
            after = replace(after, untold=at(after.untold, place, verdict))
        yield after


def without_dbt(
    world: World, who: str, place: int | None = None, *, lives_on: bool = False
) -> World:
    """Return the world where a task was killed: its dbt is gone, or goes on unheard."""
    lives_on = lives_on or world.contained
    gone = who.upper() if lives_on else ""
    running = tuple(
        gone if one == who and place in (None, i) else one for i, one in enumerate(world.running)
    )
    if who != "p":
        return replace(world, running=running)
    inside = lives_on and world.plans
    left = tuple(
        bool(inside)
        and world.plans[i] is Plan.RUN
        and not world.running[i]
        and world.untold[i] is Verdict.NONE
        for i in (0, 1)
    )
    return replace(
        world,
        running=running,
        untold=(Verdict.NONE,) * 2,
        noted=frozenset(),
        plans=(),
        left=at_least(world.left, left),
    )


def at_least(first, second):
    return tuple(a or b for a, b in zip(first, second, strict=True))


def left_steps(world: World) -> Iterator[World]:
    """What a dbt does that a killed or marked task left."""
    for place in (0, 1):
        if world.running[place] in ("P", "W"):
            yield from node_ends(world, place, world.running[place])
        elif (
            world.left[place] and not world.running[place] and (not place or left_is_ready(world))
        ):
            begun = starts(world, place, "P")
            yield replace(begun, left=at(world.left, place, value=False))


def left_is_ready(world: World) -> bool:
    """Whether a dbt that is left has the first node behind it, and saw it do well."""
    return not world.left[0] and world.running[0] != "P" and world.good[0] is not False


def cleared_away(world: World, places: tuple[int, ...]) -> World:
    """Return the world without what is left of the producer's dbt, and of that of `places`."""
    running = tuple(
        "" if one == "P" or (one == "W" and i in places) else one
        for i, one in enumerate(world.running)
    )
    return replace(world, running=running, left=(False, False))


# People


def people(world: World) -> Iterator[World]:
    if not world.budget.clears:
        return
    asked = replace(world, budget=spend(world, clears=1), clears=world.clears + 1)
    yield cleared(asked, producer=True)
    yield cleared(asked, watchers=(0,))
    yield cleared(asked, watchers=(0, 1))
    yield cleared(asked, watchers=(1,))
    yield cleared(asked, producer=True, watchers=(0, 1))


def cleared(world: World, *, producer: bool = False, watchers: tuple[int, ...] = ()) -> World:
    if producer:
        world = replace(world, producer=clear(world.producer, world.retries[0]))
    for place in watchers:
        world = put(world, place, clear(world.watchers[place], world.retries[1]))
        if world.watchers[place].number:
            world = replace(world, owed=at(world.owed, place, 1))
    return world


def clear(one: Task, retries: int) -> Task:
    if one.state in ("running", "restarting"):
        return replace(one, state="restarting")
    return Task(None, one.number, one.number + retries)
