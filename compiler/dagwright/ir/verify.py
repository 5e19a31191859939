"""Compare a spec's selection with that of the user's own dbt: `compile --verify-selection`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from dagwright.diagnostics import Report
from dagwright.ir.choose import request_of
from dagwright.ir.rules import SELECTION_DIFFERS
from dagwright.project import Project, UniqueId
from dagwright.project.dbt_ls import run_dbt_ls
from dagwright.project.dbt_parse import Dbt
from dagwright.select import Complaints, Request, State, select_nodes
from dagwright.spec import LoadedSpec

NAMED: Final = 5
"""How many nodes a complaint names."""


def verify_selection(
    project: Project, loaded: LoadedSpec, dbt: Dbt, report: Report, state: State | None = None
) -> None:
    """Report where `dbt ls` lists other nodes than we select, or cannot be asked.

    `ls` looks at every type of resource, so more is compared than a build runs.
    """
    at = loaded.places.key(("render", "selector" if loaded.spec.render.selector else "select"))
    request = request_of(loaded, "ls", state)
    words = [*_words(request)]
    if loaded.spec.render.state is not None:
        words += ("--state", loaded.beside(("render", "state"), loaded.spec.render.state))
    theirs = run_dbt_ls(dbt, tuple(words), report, at)
    if theirs is None:
        return
    ours = select_nodes(project, request, Complaints(Report(), lambda _: at)) or frozenset()
    if ours != theirs:
        report.add(
            SELECTION_DIFFERS.at(
                at, executable=dbt.executable, dbt=_few(theirs - ours), ours=_few(ours - theirs)
            )
        )


def _words(request: Request) -> Iterator[str]:
    """Yield the selection as dbt's command line has it; each argument has a flag of its own."""
    yield from ("--indirect-selection", request.indirect_selection)
    if request.selector is not None:
        yield from ("--selector", request.selector)
    for flag, arguments in (("--select", request.select), ("--exclude", request.exclude)):
        for argument in arguments:
            yield from (flag, argument)


def _few(nodes: Collection[UniqueId]) -> str:
    named = ", ".join(sorted(nodes)[:NAMED]) or "none"
    return f"{named} and {len(nodes) - NAMED} more" if len(nodes) > NAMED else named
