"""Put every test into the one task that runs it.

    run  model.a                               run  model.a
    test test.x of model.a <- model.a      =>  test model.a#test of model.a = test.x test.y <- ...
    test test.y of model.a <- model.a          test test.z <- model.a <- model.b
    test test.z <- model.a <- model.b

`after_each`: the tests of one node share a task behind it; a test that reads several keeps a task
of its own, behind the last of them. So does a test that must wait for more than its node, since
others would wait with it, and might be what it waits for. A model's unit tests share a task too.
`build`: the node's task runs the node and its own tests together, in one `dbt build`.
`after_all`: one task at the end runs all. `none`: none are left.

Needs: nothing that is not rendered is left.
Keeps: every test, once; a task waits for all that any of its tests waits for.
Leaves: edges that others imply, for `thin_edges`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dagwright.diagnostics import CompilerBug
from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.passes.context import Context

ALL_TESTS: Final = TaskId("#tests")
"""The one test task of `after_all`; the start of the ids of its parts, where it is split."""

BUILT: Final = (Verb.RUN, Verb.SEED, Verb.SNAPSHOT)
"""What `dbt build` can do together with its tests."""

Place = Callable[[Task, Graph], TaskId]


def place_tests(graph: Graph, context: Context) -> Graph:
    """Return `graph` with each test in the task that the spec's `render.tests` gives it."""
    place = PLACES[context.rendering.tests]
    where = {task.id: place(task, graph) for task in graph.tasks.values()}
    together: defaultdict[TaskId, list[Task]] = defaultdict(list)
    for task in graph.tasks.values():
        together[where[task.id]].append(task)
    merged = {at: _joined(at, tasks, where) for at, tasks in together.items()}
    last = merged.pop(ALL_TESTS, None)
    if last is not None:
        merged[ALL_TESTS] = replace(last, after=frozenset(merged))
    return Graph({name: _settled(task, context) for name, task in merged.items()})


def _joined(at: TaskId, tasks: list[Task], where: Mapping[TaskId, TaskId]) -> Task:
    """Return the task `at` that does what all of `tasks` do; a node's own task gives the verb."""
    main = next((task for task in tasks if task.home is None), tasks[0])
    after = frozenset(where[up] for task in tasks for up in task.after)
    if len(tasks) == 1:
        return replace(main, id=at, after=after)
    nodes = sorted(node for task in tasks for node in task.nodes)
    return replace(main, id=at, nodes=tuple(nodes), after=after - {at})


def _settled(task: Task, context: Context) -> Task:
    """Return `task` with `home` only where it is the test task of one node."""
    if task.id == ALL_TESTS:
        return replace(task, verb=Verb.TEST, home=None)
    if context.rendering.tests == "build" and task.verb in BUILT:
        return replace(task, verb=Verb.BUILD, home=None)
    return task if "#" in task.id else replace(task, home=None)


def _after_each(task: Task, graph: Graph) -> TaskId:
    match task.verb:
        case Verb.UNIT_TEST:
            return TaskId(f"{task.home}#unit_test")
        case Verb.TEST if task.home is not None and _only_after(task, graph):
            return TaskId(f"{task.home}#test")
        case _:
            return task.id


def _build(task: Task, graph: Graph) -> TaskId:
    alone = _after_each(task, graph)
    if alone == task.id or task.home is None:
        return task.id
    home = graph.tasks.get(TaskId(task.home))
    return home.id if home is not None and home.verb in BUILT else alone


def _after_all(task: Task, _graph: Graph) -> TaskId:
    return ALL_TESTS if task.verb in (Verb.TEST, Verb.UNIT_TEST) else task.id


def _none(task: Task, _graph: Graph) -> TaskId:
    if task.verb in (Verb.TEST, Verb.UNIT_TEST):
        raise CompilerBug(f"{task.id} should have been dropped")
    return task.id


def _only_after(task: Task, graph: Graph) -> bool:
    """Return whether a test waits for its home alone, or for just what its home would wait for."""
    home = TaskId(str(task.home))
    return home not in graph.tasks or task.after == {home}


PLACES: Final[Mapping[str, Place]] = MappingProxyType(
    {"after_each": _after_each, "build": _build, "after_all": _after_all, "none": _none}
)
"""By `render.tests`: the id of the task that a task becomes part of."""
