"""Keep the tests that the selection chose, and put unit tests before their model.

    run model.a                            unit_test unit_test.a.zero of model.a
    test test.a.unique <- model.a      =>  run model.a <- unit_test.a.zero
    ~test test.a.extra <- model.a          test test.a.unique <- model.a
    unit_test unit_test.a.zero <- model.a

Which tests take part was decided by the selection, in the spec's indirect mode, just as dbt
decides it: `cautious` cannot be told from the graph, since it looks at each term of `select`.
Here the answer becomes tasks. A unit test whose model is not chosen is dropped, because
`dbt build` runs unit tests only together with their model. With `tests: none`, all go.

Needs: tests still wait for all their parents.
Keeps: every task that is no test; the order between them.
Leaves: nothing.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.passes.context import Context
from dagwright.project.model import UniqueId


def resolve_tests(graph: Graph, context: Context) -> Graph:
    """Return `graph` with the chosen tests only, each unit test before its model."""
    unit_tests = _unit_tests(graph) if context.rendering.tests != "none" else {}
    last = context.rendering.tests == "after_all"
    kept: dict[TaskId, Task] = {}
    for task in graph.tasks.values():
        if task.verb is Verb.UNIT_TEST:
            continue
        if task.verb is Verb.TEST and not (task.rendered and context.rendering.tests != "none"):
            continue
        own = unit_tests.get(task.nodes[0], ())
        if last:
            kept |= {task.id: task, **{test.id: test for test in own}}
        else:
            kept |= {test.id: replace(test, after=task.after) for test in own}
            names = frozenset(test.id for test in own)
            kept[task.id] = replace(task, after=task.after | names) if own else task
    return Graph(kept)


def _unit_tests(graph: Graph) -> dict[UniqueId, list[Task]]:
    """Return the chosen unit tests of each chosen model."""
    found: defaultdict[UniqueId, list[Task]] = defaultdict(list)
    for test in graph.of(Verb.UNIT_TEST):
        if test.rendered and test.home is not None:
            found[test.home].append(test)
    return dict(found)
