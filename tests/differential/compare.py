"""Compare our selection with the real dbt's, request by request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.project import Project, read_project
from dagwright.select import Complaints, Request, State, read_state, select_nodes
from dagwright.select.refusal import Refused
from dagwright.select.selector_file import entries_of
from dagwright.span import Span

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Checked:
    """One request, and whether both sides gave the same answer."""

    request: dict[str, Any]
    dbt: dict[str, Any]
    ours: list[str] | None

    @property
    def same(self) -> bool:
        return self.dbt["ids"] == self.ours

    def __str__(self) -> str:
        dbt, ours = set(self.dbt["ids"] or ()), set(self.ours or ())
        asked = {key: value for key, value in self.request.items() if value}
        return (
            f"{json.dumps(asked)}\n  refused: dbt {self.dbt.get('why')}, ours {self.ours is None}"
            f"\n  only dbt: {sorted(dbt - ours)}\n  only ours: {sorted(ours - dbt)}"
        )


class Sides:
    """A copy of the project in a folder of its own, read by dbt and by us."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        """Copy the project to `folder`; `python` is the interpreter that has dbt."""
        self._python = python
        self._folder = folder
        self.root = folder / "project"
        shutil.copytree(HERE / "project", self.root)
        self.parse()

    def parse(self) -> None:
        """Let dbt read the copy, as it is now, and read what it wrote."""
        self.ask([])
        report = Report()
        manifest = str(self.root / "target" / "manifest.json")
        project = read_project(DiskFiles(), manifest, report, Span("spec", 0, 0))
        assert project is not None, report.found
        self.project: Project = project

    def ask(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return dbt's answers, from one process."""
        asked, given = self._folder / "requests.json", self._folder / "answers.json"
        asked.write_text(json.dumps(requests), encoding="utf-8")
        command = [self._python, str(HERE / "oracle.py"), str(self.root), str(asked), str(given)]
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("DBT_")
        }
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=self._folder
        )
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads(given.read_text(encoding="utf-8"))
        return answers

    def check(self, requests: Iterable[dict[str, Any]]) -> list[Checked]:
        """Return both answers to every request."""
        asked = list(requests)
        return [
            Checked(request, answer, self._ours(request))
            for request, answer in zip(asked, self.ask(asked), strict=True)
        ]

    def _state(self, folder: str | None, complaints: Complaints) -> State | None:
        if folder is None:
            return None
        target = str(self.root / "target")
        state = read_state(DiskFiles(), folder, target, complaints.report, Span("spec", 0, 0))
        assert state is not None
        return state

    def _ours(self, request: dict[str, Any]) -> list[str] | None:
        complaints = Complaints(Report(), lambda place: Span(place.source, place.start, place.end))
        try:
            selectors = entries_of({"selectors": request["selectors"]})
        except Refused:
            return None
        found = select_nodes(
            self.project,
            Request(
                tuple(request["select"]),
                tuple(request["exclude"]),
                request["selector"],
                request["indirect_selection"],
                request["command"],
                tuple(request["resource_types"]),
                tuple(request["exclude_resource_types"]),
                selectors if not request.get("real") else None,
                self._state(request.get("state"), complaints),
            ),
            complaints,
        )
        assert (found is None) == complaints.report.failed
        return None if found is None else sorted(found)
