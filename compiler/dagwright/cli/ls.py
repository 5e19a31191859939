"""`dagwright ls`: what dbt would select, from a manifest alone."""

from __future__ import annotations

import json
import posixpath
import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from dagwright.cli.coverage import list_coverage
from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.specs import environment_option
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, Files
from dagwright.project import Project, UniqueId, read_project
from dagwright.select import (
    Complaints,
    Place,
    Request,
    read_selector_file,
    read_state,
    select_nodes,
)
from dagwright.span import Span
from dagwright.text.document import parse_document
from dagwright.text.source import read_text
from dagwright.text.tree import plain

TAKEN: Final = ("ls", "build", "test", "run", "seed", "snapshot")


@click.command("ls")
@click.argument("specs", metavar="[FILES]...", nargs=-1, type=click.Path())
@click.option(
    "--coverage",
    is_flag=True,
    help="List which nodes several specs run, and which none; FILES are specs.",
)
@environment_option
@click.option("--manifest", type=click.Path(), help="dbt's manifest.json.")
@click.option("--select", "-s", multiple=True, help="As dbt's --select; repeatable.")
@click.option("--exclude", multiple=True, help="As dbt's --exclude; repeatable.")
@click.option("--selector", help="A name from selectors.yml.")
@click.option(
    "--selectors-file", type=click.Path(), help="selectors.yml; default: the manifest's."
)
@click.option("--state", type=click.Path(), help="An earlier run's artifacts, as dbt's --state.")
@click.option("--indirect-selection", default="eager", help="Which tests come along.")
@click.option("--command", "task", type=click.Choice(TAKEN), default="ls", show_default=True)
@click.option("--resource-type", multiple=True, help="As dbt's; repeatable.")
@click.option("--exclude-resource-type", multiple=True, help="As dbt's; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(**given: Any) -> None:
    """List the unique ids that dbt would select, without dbt.

    Exits 2 where dbt refuses the selector. With --coverage, FILES are specs (without any, every
    *.dagwright.yaml below this folder), and what several of them run or none does is listed.
    """
    if given["coverage"]:
        sys.exit(list_coverage(given["specs"], given["environment"], given["form"]))
    if given["manifest"] is None or given["specs"]:
        raise click.UsageError("give --manifest FILE, or --coverage and specs")
    files, report = DiskFiles(), Report()
    project = read_project(files, given["manifest"], report, Span(given["manifest"], 0, 0))
    if project is None:
        sys.exit(tell(report, files, TEXT, to_stderr=True))
    found = _select(files, project, given, report)
    if found is None:
        tell(report, files, TEXT, to_stderr=True, more_sources=_arguments(given))
        sys.exit(Exit.USAGE)
    nodes = sorted(found)
    text = (
        f"{json.dumps(nodes)}\n" if given["form"] == "json" else "".join(f"{n}\n" for n in nodes)
    )
    click.echo(text, nl=False)


def _select(
    files: Files, project: Project, given: Mapping[str, Any], report: Report
) -> frozenset[UniqueId] | None:
    """Return what dbt would select; None where it would refuse, or selectors.yml is unreadable."""
    selectors = None
    if given["selectors_file"] is not None:
        selectors = _selectors(files, given["selectors_file"], report)
        if selectors is None:
            return None
    state = None
    if given["state"] is not None:
        newer = posixpath.dirname(given["manifest"])
        state = read_state(files, given["state"], newer, report, Span("--state", 0, 0))
        if state is None:
            return None
    request = Request(
        select=given["select"],
        exclude=given["exclude"],
        selector=given["selector"],
        indirect_selection=given["indirect_selection"],
        command=given["task"],
        resource_types=given["resource_type"],
        exclude_resource_types=given["exclude_resource_type"],
        selectors=selectors,
        state=state,
    )
    return select_nodes(project, request, Complaints(report, _place))


def _selectors(files: Files, path: str, report: Report) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the entries of a selectors.yml, or None after a complaint about the file."""
    text = read_text(files, path, report)
    document = parse_document(path, text, report) if text is not None else None
    if document is None:
        return None
    whole = Complaints(report, lambda _place: Span(path, 0, 0))
    return read_selector_file(json.loads(json.dumps(plain(document.root))), whole)


def _place(where: Place) -> Span:
    return Span(_name(where.source, where.index), where.start, where.end)


def _name(source: str, index: int) -> str:
    """Return what a finding calls an argument: its flag, with a number from the second one on."""
    flag = f"--{source.replace('_', '-')}"
    return flag if not index else f"{flag}#{index + 1}"


def _arguments(given: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the texts that selection may complain of, by the name a finding has for them."""
    texts = {}
    for source in ("select", "exclude", "resource_type", "exclude_resource_type"):
        for index, text in enumerate(given[source]):
            texts[_name(source, index)] = text
    for source in ("selector", "indirect_selection"):
        if given[source] is not None:
            texts[_name(source, 0)] = given[source]
    return texts
