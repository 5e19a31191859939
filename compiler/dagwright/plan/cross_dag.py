"""Edges that lead out of a DAG: nodes that read tables which the spec does not build.

What becomes of them is `render.cross_dag`. One spec and its manifest decide an artifact, so a DAG
waits for the tables themselves, whoever writes them; which DAG that is, and whether any, is looked
at only where several specs are compiled together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagwright.diagnostics import Report
from dagwright.ir.graph import Graph
from dagwright.plan.model import Plan
from dagwright.plan.rules import ASSET_OF_NOBODY, CROSS_DAG_EDGE, DAG_CYCLE, NOTHING_TO_WAIT_FOR
from dagwright.plan.sources import Sources
from dagwright.spec import LoadedSpec
from dagwright.text.near import near_miss


def foreign_assets(sources: Sources, graph: Graph, report: Report) -> list[str]:
    """Return the assets that make the DAG's schedule, or none where the spec wants no such.

    With `cross_dag: error` each table of another DAG is reported, with its first reader.
    """
    render = sources.loaded.spec.render
    if render.cross_dag not in ("assets", "error"):
        return []
    at = sources.loaded.places.value(("render", "cross_dag"))
    tables = {
        table: reader
        for table, reader in sources.assets.foreign(graph).items()
        if render.seeds in ("always", "on_change") or not table.startswith("seed.")
    }
    if render.cross_dag == "error":
        for table, reader in tables.items():
            report.add(CROSS_DAG_EDGE.at(at, reader=reader, table=table))
        return []
    if not tables:
        report.add(NOTHING_TO_WAIT_FOR.at(at))
    return sources.assets.uris(tables)


def check_together(made: Sequence[tuple[LoadedSpec, Plan]], report: Report) -> None:
    """Report what is wrong between DAGs: cycles, and assets of dbt tables that nobody writes.

    Of a single spec nothing can be said: others may be compiled elsewhere.
    """
    if len(made) < 2:
        return
    writers: dict[str, list[str]] = {}
    for _, plan in made:
        for uri in sorted({uri for step in plan.steps for uri in step.airflow.get("outlets", ())}):
            writers.setdefault(uri, []).append(plan.id)
    waits: dict[str, set[str]] = {}
    spec_of = {plan.id: loaded for loaded, plan in made}
    for loaded, plan in made:
        for uri, needed in _waited_for(plan.dag):
            if uri.startswith("dbt://") and uri not in writers:
                hint = near_miss(uri, writers) or "is the spec that writes it here?"
                report.add(ASSET_OF_NOBODY.at(_place(loaded), id=plan.id, uri=uri, hint=hint))
            if needed and len(writers.get(uri, ())) == 1:
                waits.setdefault(plan.id, set()).update(writers[uri])
    for cycle in _cycles(waits) if waits else ():
        told = " -> ".join((*cycle, cycle[0]))
        report.add(DAG_CYCLE.at(_place(spec_of[cycle[0]]), cycle=told))


def _place(loaded: LoadedSpec) -> Any:
    written = loaded.places.written(("dag", "schedule"))
    return loaded.places.value(("dag", "schedule") if written else ("render", "cross_dag"))


def _waited_for(dag: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the assets of a DAG's schedule, and whether no run can do without it."""
    schedule = dag.get("schedule")
    if isinstance(schedule, Mapping):
        yield from _members(schedule["assets"], needed=True)


def _members(condition: Any, *, needed: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(condition, str):
        yield condition, needed
        return
    for word, parts in condition.items():
        for part in parts:
            yield from _members(part, needed=needed and (word == "all" or len(parts) == 1))


def _cycles(waits: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Yield a cycle for each knot of DAGs that wait for each other, from its first id on."""
    # Imported here, since it takes longer than compiling a small spec.
    import networkx  # noqa: ICN001, PLC0415

    edges = [(dag, up) for dag in sorted(waits) for up in sorted(waits[dag])]
    order: networkx.DiGraph[str] = networkx.DiGraph(edges)
    for knot in sorted(map(sorted, networkx.strongly_connected_components(order))):
        inside = [(dag, up) for dag, up in edges if dag in knot and up in knot]
        if inside:
            yield tuple(dag for dag, _ in networkx.find_cycle(networkx.DiGraph(inside), knot[0]))
