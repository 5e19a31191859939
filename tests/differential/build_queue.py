"""Ask the real dbt what `dbt build` runs, and in which order.

Run as `python build_queue.py PROJECT REQUESTS ANSWERS`, like `oracle.py`. The answer to a request
is the queue that dbt's own build task makes: `nodes`, `edges` as pairs, and `unit_tests` by their
model, which the task runs just before it. Nothing of dagwright is imported here.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from dbt.compilation import Linker
from dbt.config.selectors import SelectorConfig
from dbt.flags import set_from_args
from dbt.graph import Graph, parse_difference
from dbt.task.build import BuildTask
from dbt_common.events import contextvars
from oracle import Oracle


class BuildOracle(Oracle):
    """One parsed project, and the graph that `dbt build` makes of it."""

    def __init__(self, project: Path) -> None:
        super().__init__(project)
        set_from_args(Namespace(USE_FAST_TEST_EDGES=False), {})
        linker = Linker()
        linker.link_graph(self.manifest)
        linker.add_test_edges(self.manifest)
        self.graph = Graph(linker.graph)

    def queue(self, request: dict[str, Any]) -> dict[str, Any]:
        set_from_args(Namespace(INDIRECT_SELECTION=request["indirect_selection"]), {})
        task: Any = BuildTask.__new__(BuildTask)
        task.manifest, task.graph, task.previous_state = self.manifest, self.graph, None
        task.config = Namespace(selectors=SelectorConfig({}))
        task.args = Namespace(resource_types=[], exclude_resource_types=[], models=None)
        contextvars.set_task_contextvars(project_root=str(self.project))
        spec = parse_difference(request["select"] or None, request["exclude"] or None)
        task.get_selection_spec = lambda: spec
        queue = task.get_graph_queue()
        nodes = set(queue.graph.nodes())
        return {
            "nodes": sorted(nodes),
            "edges": sorted(queue.graph.edges()),
            "unit_tests": {
                model: sorted(tests)
                for model, tests in sorted(task.model_to_unit_test_map.items())
                if model in nodes
            },
        }


def main() -> None:
    project, requests, answers = map(Path, sys.argv[1:])
    oracle = BuildOracle(project)
    asked = json.loads(requests.read_text(encoding="utf-8"))
    answers.write_text(json.dumps([oracle.queue(one) for one in asked]), encoding="utf-8")


if __name__ == "__main__":
    main()
