"""Ask the real dbt what it selects: run as `python oracle.py PROJECT REQUESTS ANSWERS`.

One process parses the project once, reads a JSON list of requests and writes a JSON list of
answers: sorted unique ids, or null and a reason where dbt refuses. A request with `real` goes
through dbt's command line (`dbt ls`); the others through the classes behind it, which costs
milliseconds instead of seconds. Nothing of dagwright is imported here.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.compilation import Linker
from dbt.config.selectors import SelectorConfig
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.state import PreviousState
from dbt.flags import set_from_args
from dbt.graph import parse_difference
from dbt.task.build import BuildTask
from dbt.task.clone import CloneTask
from dbt.task.compile import CompileTask
from dbt.task.list import ListTask
from dbt.task.run import RunTask
from dbt.task.seed import SeedTask
from dbt.task.snapshot import SnapshotTask
from dbt.task.test import TestTask
from dbt_common.events import contextvars

TASKS = {
    "build": BuildTask,
    "clone": CloneTask,
    "compile": CompileTask,
    "ls": ListTask,
    "run": RunTask,
    "seed": SeedTask,
    "snapshot": SnapshotTask,
    "test": TestTask,
}


class Oracle:
    """One parsed project, and dbt's own selection on it."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
        self._run("deps")
        self.manifest: Manifest = self._run("parse")
        self.graph = Linker().get_graph(self.manifest)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return `{"ids": [...]}`, or `{"ids": None, "why": ...}` where dbt refuses."""
        try:
            ids = self._listed(request) if request.get("real") else self._selected(request)
        except Exception as error:  # noqa: BLE001 - dbt refuses by errors of many kinds.
            return {"ids": None, "why": f"{type(error).__name__}: {error}"}
        return {"ids": sorted(ids)}

    def _selected(self, request: dict[str, Any]) -> set[str]:
        flags = {"INDIRECT_SELECTION": request["indirect_selection"]}
        flags["state_modified_compare_more_unrendered_values"] = False  # dbt's default
        set_from_args(Namespace(**flags), {})
        selectors = SelectorConfig.selectors_from_dict({"selectors": request["selectors"]})
        task_type = TASKS[request["command"]]
        task: Any = task_type.__new__(task_type)
        task.manifest, task.graph = self.manifest, self.graph
        task.previous_state = self._previous(request.get("state"))
        task.config = Namespace(selectors=selectors)
        task.args = Namespace(
            resource_types=request["resource_types"],
            exclude_resource_types=request["exclude_resource_types"],
            models=None,
        )
        contextvars.set_task_contextvars(project_root=str(self.project))
        return set(
            task.get_node_selector().get_selected(
                _specification(request, selectors), warn_on_no_nodes=False
            )
        )

    def _previous(self, folder: str | None) -> PreviousState | None:
        if folder is None:
            return None
        return PreviousState(Path(folder), self.project / "target", self.project)

    def _listed(self, request: dict[str, Any]) -> set[str]:
        words = ["ls", "--output", "json", "--output-keys", "unique_id", "--quiet"]
        words += ["--indirect-selection", request["indirect_selection"]]
        for flag, key in (("--select", "select"), ("--exclude", "exclude")):
            for argument in request[key]:
                words += [flag, argument]
        if request["selector"]:
            words += ["--selector", request["selector"]]
        lines = self._run(*words)
        return {json.loads(line)["unique_id"] for line in lines or ()}

    def _run(self, *words: str) -> Any:
        """Return the result of a dbt command; its output is dropped."""
        manifest = self.manifest if words[0] == "ls" else None
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = dbtRunner(manifest=manifest).invoke([*words, *self.folders])
        if not outcome.success:
            raise outcome.exception or RuntimeError(f"dbt {words[0]} failed")
        return outcome.result


def _specification(request: dict[str, Any], selectors: SelectorConfig) -> Any:
    """Return what `GraphRunnableTask.get_selection_spec` would."""
    if request["selector"]:
        return selectors[request["selector"]]["definition"]
    if not request["select"] and not request["exclude"]:
        for selector in selectors.values():
            if selector["default"] is True:
                return selector["definition"]
    return parse_difference(request["select"] or None, request["exclude"] or None)


def main() -> None:
    project, requests, answers = map(Path, sys.argv[1:])
    oracle = Oracle(project)
    asked = json.loads(requests.read_text(encoding="utf-8"))
    given = [oracle.answer(request) for request in asked]
    answers.write_text(json.dumps(given), encoding="utf-8")


if __name__ == "__main__":
    main()
