"""From a spec to the nodes it selects: exactly those that `dbt build` would."""

from __future__ import annotations

from collections.abc import Callable

from dagwright.diagnostics import Report
from dagwright.ir.build import Chosen
from dagwright.project.model import Project, UniqueId
from dagwright.select import Complaints, Place, Request, State, near_misses, select_nodes
from dagwright.select.rules import NOTHING_SELECTED, TERM_MATCHES_NOTHING
from dagwright.span import Span
from dagwright.spec import LoadedSpec
from dagwright.spec.model import Override

Overrides = tuple[tuple[Override, frozenset[UniqueId]], ...]


def choose_nodes(
    project: Project, loaded: LoadedSpec, report: Report, state: State | None = None
) -> Chosen | None:
    """Return what the spec selects, or None where dbt would refuse it or it is nothing.

    A term that matches nothing is a warning, as in dbt; a selection of nothing is an error, which
    dbt has not. `state` is what `render.state` holds.
    """
    complaints = Complaints(report, _placer(loaded))
    request = request_of(loaded, "build", state)
    nodes = select_nodes(project, request, complaints)
    if nodes is None:
        return None
    for term in complaints.unmatched if nodes else ():
        near = _near(project, term.text)
        at = complaints.place(term.place)
        report.add(TERM_MATCHES_NOTHING.at(at, term=term.text, near=near))
    if not nodes:
        _complain_of_nothing(project, loaded, complaints)
        return None
    return Chosen(nodes, _sources(project, request_of(loaded, "ls", state), complaints))


def request_of(loaded: LoadedSpec, command: str, state: State | None = None) -> Request:
    """Return the spec's selection as a request to the dbt command `command`."""
    render = loaded.spec.render
    mode = loaded.spec.execute.test_indirect_selection
    select, exclude = render.select, render.exclude
    return Request(select, exclude, render.selector, mode, command, state=state)


def _complain_of_nothing(project: Project, loaded: LoadedSpec, complaints: Complaints) -> None:
    """Report that nothing is selected, at the first term that matches nothing if there is one."""
    at, near = loaded.places.key(("render", "select")), ""
    for term in complaints.unmatched[:1]:
        at, near = complaints.place(term.place), _near(project, term.text)
    complaints.report.add(NOTHING_SELECTED.at(at, near=near, count=len(project.resources)))


def near_overrides(project: Project, override: Override) -> str:
    """Return the help for an override that picks nothing."""
    terms = [term for text in override.select for term in text.split()]
    near = "".join(_near(project, term) for term in terms[:1])
    return f"{near}`dagwright ls` shows what it picks"


def _near(project: Project, term: str) -> str:
    """Return the question that a help line begins with, or nothing where no selector is near."""
    near = near_misses(project, term)
    return f"did you mean {' or '.join(map(repr, near))}? " if near else ""


def _sources(project: Project, listing: Request, complaints: Complaints) -> frozenset[UniqueId]:
    """Return the sources of the same selection, which `dbt build` leaves out."""
    quiet = Complaints(Report(), complaints.place)
    listed = select_nodes(project, listing, quiet) or frozenset()
    return frozenset(node for node in listed if project.resources[node].resource_type == "source")


def pick_overrides(project: Project, loaded: LoadedSpec, report: Report) -> Overrides:
    """Return each of `render.overrides` with the nodes that it picks, tests only by name."""
    return tuple(
        (override, pick_nodes(project, override.select, loaded, report, at))
        for number, override in enumerate(loaded.spec.render.overrides)
        for at in [("render", "overrides", number)]
    )


def pick_nodes(
    project: Project,
    select: tuple[str, ...],
    loaded: LoadedSpec,
    report: Report,
    route: tuple[str | int, ...],
) -> frozenset[UniqueId]:
    """Return the nodes that `select`, a key of the block at `route`, picks; tests only by name."""
    complaints = Complaints(report, _placer(loaded, route))
    request = Request(select, indirect_selection="empty", command="ls")
    return select_nodes(project, request, complaints) or frozenset()


def _placer(
    loaded: LoadedSpec, route: tuple[str | int, ...] = ("render",)
) -> Callable[[Place], Span]:
    """Return what finds the place in the spec of a piece of one of its selectors."""

    def place(where: Place) -> Span:
        step = (where.source,) if where.source == "selector" else (where.source, where.index)
        return loaded.places.part((*route, *step), where.start, where.end)

    return place
