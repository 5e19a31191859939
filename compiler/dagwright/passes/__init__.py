"""The passes, in the order they run. To add one: write it, list it here, add its case file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from dagwright.ir.graph import Graph
from dagwright.passes.context import Context
from dagwright.passes.contract import contract
from dagwright.passes.gate_readers import gate_readers
from dagwright.passes.group_tasks import group_tasks
from dagwright.passes.name_tasks import name_tasks
from dagwright.passes.place_tests import place_tests
from dagwright.passes.resolve_tests import resolve_tests
from dagwright.passes.split_tasks import split_tasks
from dagwright.passes.thin_edges import thin_edges


class Pass(NamedTuple):
    """A named step from graph to graph; `why` says, for `explain`, what its new edges mean."""

    name: str
    run: Callable[[Graph, Context], Graph]
    why: str


PASSES: Final = (
    Pass("resolve-tests", resolve_tests, "a unit test runs before its model, as in `dbt build`"),
    Pass("gate-readers", gate_readers, "a test gates what is built from all that it reads"),
    Pass("contract", contract, "dbt orders them through nodes that are not rendered"),
    Pass("place-tests", place_tests, "the tests of a node run together"),
    Pass("split-tasks", split_tasks, "more tests than one command can name"),
    Pass("group-tasks", group_tasks, "grouping adds no edge"),
    Pass("thin-edges", thin_edges, "thinning adds no edge"),
    Pass("name-tasks", name_tasks, "naming adds no edge"),
)

__all__ = ["PASSES", "Context", "Pass"]
