"""Make the first graph: one task for every node, with dbt's own edges.

Nodes that will not run are there too, not `rendered`, because order passes through them:
`contract` removes them. Exposures, metrics, semantic models, saved queries and analyses are not:
nothing that runs can depend on one, and `dbt build` does nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.ir.walk import in_order, waiting_pairs
from dagwright.project.model import Project, Resource, UniqueId


@dataclass(frozen=True, slots=True)
class Rendering:
    """What `render:` says of how nodes become tasks; the words are the spec's."""

    tests: str = "after_each"
    sources: str = "none"
    seeds: str = "always"
    ephemeral: str = "contract"
    group_by: str = "none"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selection as the graph needs it: what `dbt build` would run, and the chosen sources."""

    nodes: frozenset[UniqueId]
    sources: frozenset[UniqueId] = frozenset()

    def __contains__(self, node: object) -> bool:
        """Return whether `node` is chosen, be it a source or not."""
        return node in self.nodes or node in self.sources


Verbs = Callable[[Resource, Rendering], Verb | None]


def _model(node: Resource, rendering: Rendering) -> Verb | None:
    if node.empty:
        return None
    if node.config.materialized == "ephemeral":
        return Verb.SHOW if rendering.ephemeral == "show" else None
    return Verb.RUN


def _seed(_node: Resource, rendering: Rendering) -> Verb | None:
    return SEEDS[rendering.seeds]


SEEDS: Final[Mapping[str, Verb | None]] = MappingProxyType(
    {"always": Verb.SEED, "on_change": Verb.SEED, "show": Verb.SHOW, "none": None}
)
"""By `render.seeds`: what the task of a seed asks dbt to do."""


def _source(node: Resource, rendering: Rendering) -> Verb | None:
    if rendering.sources == "none":
        return None
    return Verb.FRESHNESS if node.has_freshness else Verb.SHOW


VERBS: Final[Mapping[str, Verbs]] = MappingProxyType(
    {
        "model": _model,
        "seed": _seed,
        "snapshot": lambda _node, _rendering: Verb.SNAPSHOT,
        "function": lambda _node, _rendering: Verb.FUNCTION,
        "source": _source,
        "test": lambda _node, _rendering: Verb.TEST,
        "unit_test": lambda _node, _rendering: Verb.UNIT_TEST,
    }
)
"""By dbt resource type: what a chosen node of that type asks dbt to do; None for nothing."""

HIDDEN: Final = MappingProxyType({"test": Verb.TEST, "unit_test": Verb.UNIT_TEST})
"""Tests keep their verb when they are not rendered, so that passes see what they are."""


def build_graph(project: Project, chosen: Chosen, rendering: Rendering) -> Graph:
    """Return the graph of all that can run or order what runs, one task a node."""
    verbs = _verbs(project, chosen, rendering)
    graph = in_order(
        {
            TaskId(node): Task(
                id=TaskId(node),
                verb=verb or HIDDEN.get(resource.resource_type, Verb.SHOW),
                nodes=(node,),
                after=frozenset(TaskId(up) for up in resource.parents if up in verbs),
                home=_home(resource, chosen, verbs),
                rendered=verb is not None,
            )
            for node, verb in verbs.items()
            for resource in (project.resources[node],)
        }
    )
    return _settled(graph)


def _verbs(project: Project, chosen: Chosen, rendering: Rendering) -> dict[UniqueId, Verb | None]:
    """Return the verb of every node that is a task; None where it only passes order on."""
    tested = _tested_sources(project, chosen)
    verbs: dict[UniqueId, Verb | None] = {}
    for node in project.resources.values():
        if node.resource_type in VERBS:
            wanted = node.unique_id in chosen
            verb = VERBS[node.resource_type](node, rendering) if wanted else None
            bare = node.resource_type == "source" and verb is Verb.SHOW
            if bare and rendering.sources != "all" and node.unique_id not in tested:
                verb = None
            verbs[node.unique_id] = verb
    return verbs


def _home(
    node: Resource, chosen: Chosen, verbs: Mapping[UniqueId, Verb | None]
) -> UniqueId | None:
    """Return the one node whose test this is, if there is just one among the chosen.

    A home that is no task itself (a source, an ephemeral model) must be the only parent: what its
    tests wait for is then the same for all of them.
    """
    if node.resource_type not in HIDDEN:
        return None
    parents = frozenset(node.parents)
    read = [parent for parent in parents if parent in chosen]
    if len(read) != 1 or (verbs.get(read[0]) is None and len(parents) > 1):
        return None
    return read[0]


def _settled(graph: Graph) -> Graph:
    """Return `graph` without the homes of tests that also read what is not upstream of their home.

    dbt lets such a test gate less than the other tests of that node, so it cannot share their
    task. One that stays waits for its home alone, which waits for all else that the test reads.
    """
    wide = [
        (task, TaskId(task.home))
        for task in graph.of(Verb.TEST)
        if task.home is not None and len(task.after) > 1
    ]
    asked = {(home, up) for task, home in wide for up in task.after if up != home}
    known = waiting_pairs(graph.tasks.values(), asked)
    settled = {
        task.id: replace(task, after=frozenset((home,)))
        if all((home, up) in known for up in task.after - {home})
        else replace(task, home=None)
        for task, home in wide
    }
    return Graph({**graph.tasks, **settled}) if settled else graph


def _tested_sources(project: Project, chosen: Chosen) -> frozenset[UniqueId]:
    return frozenset(
        parent
        for node in chosen.nodes
        if project.resources[node].is_test
        for parent in project.resources[node].parents
        if parent in chosen.sources
    )
