"""What runs, and in which order, against the queue that the real `dbt build` makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.ir.build import Chosen, Rendering, build_graph
from dagwright.ir.graph import Graph
from dagwright.passes import PASSES, Context
from dagwright.project import Project, read_project
from dagwright.select import Complaints, Request, select_nodes
from dagwright.span import Span

pytestmark = pytest.mark.dbt

HERE = Path(__file__).parent
AT = Span("spec", 0, 0)
MODES = ("eager", "cautious", "buildable", "empty")

SHOP = (
    ((), ()),
    (("path:models/marts",), ()),
    (("+fct_orders", "dim_customers"), ("stg_orders",)),
    (("tag:nightly+", "path:models/staging"), ("config.materialized:view",)),
    (("stg_orders+1",), ()),
    (("test_type:singular",), ()),
    (("resource_type:snapshot+",), ("test_type:unit",)),
    (("stg_orders", "fct_orders", "+fct_repairs"), ()),
)
NASTY = (
    ((), ()),
    (("path:models/staging",), ()),
    (("path:models/orders", "root_model+"), ()),
    (("@root_model",), ("path:models/tangle",)),
    (("source:*+",), ("path:models/staging",)),
    (("path:models/tangle",), ()),
    (("resource_type:seed+", "package:parts"), ("test_type:unit",)),
    (("test_type:generic", "sku"), ()),
)


@dataclass(frozen=True)
class Asked:
    """One parsed project, the requests put to dbt about it, and its answers."""

    project: Project
    requests: list[dict[str, Any]]
    queues: list[dict[str, Any]]


def ask(project: Path, selections: tuple[Any, ...], folder: Path) -> Asked:
    """Ask the real dbt for its queues, in one process of its own."""
    requests = [
        {"select": select, "exclude": exclude, "indirect_selection": mode}
        for select, exclude in selections
        for mode in MODES
    ]
    asked, given = folder / "requests.json", folder / "queues.json"
    asked.write_text(json.dumps(requests), encoding="utf-8")
    oracle = str(HERE / "differential" / "build_queue.py")
    done = subprocess.run(
        [sys.executable, oracle, str(project), str(asked), str(given)],
        env={key: value for key, value in os.environ.items() if not key.startswith("DBT_")},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = str(project / "target" / "manifest.json")
    read = read_project(DiskFiles(), manifest, Report(), AT)
    assert read is not None
    return Asked(read, requests, json.loads(given.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def shop(parsed_configs: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(parsed_configs / "shop", folder / "shop")
    return ask(folder / "shop", SHOP, folder)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("nasty")
    shutil.copytree(HERE / "differential" / "project", folder / "project")
    return ask(folder / "project", NASTY, folder)


def ours(project: Project, request: dict[str, Any], rendering: Rendering) -> dict[str, Graph]:
    """Return the graph after each pass, for the same request."""
    chosen = []
    for command in ("build", "ls"):
        asked = Request(
            tuple(request["select"]),
            tuple(request["exclude"]),
            None,
            request["indirect_selection"],
            command,
        )
        nodes = select_nodes(project, asked, Complaints(Report(), lambda _: AT))
        assert nodes is not None
        chosen.append(nodes)
    sources = frozenset(node for node in chosen[1] if node.startswith("source."))
    graph = build_graph(project, Chosen(chosen[0], sources), rendering)
    made = {}
    for name, run, _ in PASSES:
        graph = made[name] = run(graph, Context(project, rendering))
    return made


def dbts_order(queue: dict[str, Any]) -> nx.DiGraph:
    """Return who must be done before whom in dbt's queue, unit tests just before their model."""
    order = nx.DiGraph()
    order.add_nodes_from(queue["nodes"])
    order.add_edges_from(queue["edges"])
    for model, tests in queue["unit_tests"].items():
        above = list(order.predecessors(model))
        for test in tests:
            order.add_edges_from([*((up, test) for up in above), (test, model)])
    return nx.transitive_closure_dag(order)


def our_order(graph: Graph) -> nx.DiGraph:
    """Return who must be done before whom in our tasks, node by node; tasks run theirs at once."""
    order = nx.DiGraph()
    order.add_nodes_from(graph.tasks)
    order.add_edges_from((up, task.id) for task in graph.tasks.values() for up in task.after)
    nodes = nx.DiGraph()
    nodes.add_nodes_from(node for task in graph.tasks.values() for node in task.nodes)
    nodes.add_edges_from(
        (one, other)
        for up, down in nx.transitive_closure_dag(order).edges
        for one in graph.tasks[up].nodes
        for other in graph.tasks[down].nodes
    )
    return nodes


def runs_nothing(project: Project, node: str) -> bool:
    """Return whether dbt's queue holds `node` only for its place in the order."""
    resource = project.resources[node]
    return (
        resource.resource_type in ("exposure", "saved_query")
        or resource.config.materialized == "ephemeral"
    )


@pytest.mark.parametrize("name", ["shop", "nasty"])
def test_tests_and_order_are_those_of_dbt_build(name, request) -> None:
    asked: Asked = request.getfixturevalue(name)
    compared = 0
    for wanted, queue in zip(asked.requests, asked.queues, strict=True):
        made = ours(asked.project, wanted, Rendering())
        dbts = dbts_order(queue)
        dbts.remove_nodes_from([one for one in dbts if runs_nothing(asked.project, one)])
        for stage in ("contract", "name-tasks"):
            mine = our_order(made[stage])
            assert sorted(mine) == sorted(dbts), (stage, wanted)
            assert set(mine.edges) == set(dbts.edges), (stage, wanted)
        compared += len(dbts.edges)
    assert compared > 1_000


@pytest.mark.parametrize("name", ["shop", "nasty"])
def test_build_tasks_run_what_dbt_build_runs_and_no_sooner(name, request) -> None:
    asked: Asked = request.getfixturevalue(name)
    for wanted, queue in zip(asked.requests, asked.queues, strict=True):
        final = ours(asked.project, wanted, Rendering(tests="build"))["name-tasks"]
        task_of = {node: task.id for task in final.tasks.values() for node in task.nodes}
        dbts, mine = dbts_order(queue), our_order(final)
        assert sorted(mine) == sorted(n for n in dbts if not runs_nothing(asked.project, n))
        for up, below in dbts.edges:
            together = up in task_of and task_of[up] == task_of.get(below)
            assert together or not {up, below} <= mine.nodes or mine.has_edge(up, below)
