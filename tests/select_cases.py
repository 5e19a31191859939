"""Cases of selection: a dbt command line, and the ids or the refusal that answer it.

A case's `ask` block is what one would type behind `dbt`; `yaml selectors` is a selectors.yml; the
option `dbt=1.8.9` makes the manifest claim to be of that release. `ids` are dbt's answer, and the
differential suite holds them against the real dbt; `refused` shows the diagnostic as a caret line.
"""

from __future__ import annotations

import json
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from dagwright.diagnostics import Diagnostic, Report
from dagwright.files import MemoryFiles
from dagwright.project import Project, read_project
from dagwright.select import Complaints, Place, Request, read_selector_file, select_nodes
from dagwright.span import Span
from literate import CASES, Case

MANIFEST = CASES / "select" / "manifest.json"
COMMANDS = ("source freshness", "docs generate")


def request_of(case: Case) -> dict[str, Any]:
    """Return the command line of a case as the oracle takes it."""
    line = case.blocks["ask"].strip()
    command = next((name for name in COMMANDS if line.startswith(name)), line.split(" ", 1)[0])
    parser = ArgumentParser(exit_on_error=False)
    for flag in ("--select", "--exclude", "--resource-type", "--exclude-resource-type"):
        parser.add_argument(flag, action="append", default=[])
    parser.add_argument("--selector")
    parser.add_argument("--indirect-selection", default="eager")
    words = vars(parser.parse_args(shlex.split(line.removeprefix(command))))
    text = case.blocks.get("selectors")
    return {
        **{key: words[key] for key in ("select", "exclude", "selector", "indirect_selection")},
        "command": command,
        "resource_types": words["resource_type"],
        "exclude_resource_types": words["exclude_resource_type"],
        "selectors": YAML(typ="safe").load(text)["selectors"] if text else [],
    }


def answer(case: Case) -> tuple[str, str]:
    """Return the role of the block that answers a case, and what should be in it."""
    request = request_of(case)
    report = Report()
    complaints = Complaints(report, _span)
    selectors: Mapping[str, Any] | None = {}
    if "selectors" in case.blocks:
        selectors = read_selector_file({"selectors": request["selectors"]}, complaints)
    found = None
    if selectors is not None:
        asked = Request(
            tuple(request["select"]),
            tuple(request["exclude"]),
            request["selector"],
            request["indirect_selection"],
            request["command"],
            tuple(request["resource_types"]),
            tuple(request["exclude_resource_types"]),
            selectors,
        )
        found = select_nodes(project(case.options["ask"].get("dbt")), asked, complaints)
    if found is None:
        return "refused", "".join(_shown(one, request) for one in report.sorted())
    return "ids", "".join(f"{unique_id}\n" for unique_id in sorted(found))


@cache
def project(release: str | None = None) -> Project:
    """Return the committed project, as if `release` had written it."""
    document = json.loads(MANIFEST.read_text(encoding="utf-8"))
    if release is not None:
        document["metadata"]["dbt_version"] = release
    report = Report()
    files = MemoryFiles({"manifest.json": json.dumps(document).encode()})
    read = read_project(files, "manifest.json", report, Span("spec", 0, 0))
    assert read is not None, report.found
    return read


def _span(place: Place) -> Span:
    return Span(f"{place.source} {place.index}", place.start, place.end)


def _shown(diagnostic: Diagnostic, request: Mapping[str, Any]) -> str:
    """Return a diagnostic as three lines: what it says, the argument, and where in it."""
    source, _, index = diagnostic.span.file.partition(" ")
    key = {"resource_type": "resource_types"}.get(source, source)
    argument = request[key]
    text = argument[int(index)] if isinstance(argument, list) else argument or ""
    start, end = diagnostic.span.start, diagnostic.span.end
    caret = " " * start + "^" * max(1, end - start)
    return f"{diagnostic.rule.code} {diagnostic.message}\n{text}\n{caret}\n"
