"""What somebody asks of a project, and the answer: the ids that dbt would select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagwright.diagnostics import Report
from dagwright.project import Project, UniqueId
from dagwright.select import rules
from dagwright.select.commands import Kept, kept_by
from dagwright.select.evaluate import Evaluation
from dagwright.select.index import Index, index_of
from dagwright.select.nearest import did_you_mean
from dagwright.select.refusal import Refused
from dagwright.select.selectors import Definitions
from dagwright.select.spec import INDIRECT, Indirect, Place, Selection, Term
from dagwright.select.state import State
from dagwright.select.syntax import Reader
from dagwright.span import Span


@dataclass(frozen=True, slots=True)
class Request:
    """A selection as dbt's command line has it; each string is one argument of its flag.

    As in dbt, a `selector` makes `select` and `exclude` count for nothing, and where all three
    are empty the project's default selector is taken, or else everything.

    Args:
        select: `--select` arguments; spaces in one are unions, commas intersections.
        exclude: `--exclude` arguments.
        selector: a name in `selectors`.
        indirect_selection: eager, cautious, buildable or empty, in any case.
        command: a key of `commands.COMMANDS`; it decides which types are left.
        resource_types: `--resource-type` arguments.
        exclude_resource_types: `--exclude-resource-type` arguments.
        selectors: name -> entry of selectors.yml; the manifest's copy where it is None.
        state: artifacts to compare with; without them `state:` and its kin are refused.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    indirect_selection: str = "eager"
    command: str = "build"
    resource_types: tuple[str, ...] = ()
    exclude_resource_types: tuple[str, ...] = ()
    selectors: Mapping[str, Mapping[str, Any]] | None = None
    state: State | None = None


@dataclass(slots=True)
class Complaints:
    """Where selection says what is wrong, and which terms matched nothing.

    Args:
        report: refusals are added to it.
        place: turns a place in the request's arguments into one in a file.
    """

    report: Report
    place: Callable[[Place], Span]
    unmatched: list[Term] = field(default_factory=list)
    """Terms of `select` and `exclude` that matched nothing, in order: a warning in dbt."""

    def refuse(self, refused: Refused) -> None:
        """Report that dbt would refuse the selector."""
        self.report.add(refused.at(self.place(refused.place)))


def select_nodes(
    project: Project, request: Request, complaints: Complaints
) -> frozenset[UniqueId] | None:
    """Return the ids that dbt would select, or None where dbt would refuse the request.

    All refusals are reported, each at its place inside an argument. A selection of nothing is
    no refusal; see `Complaints.unmatched` and `near_misses` for what to say about it.
    """
    index = index_of(project)
    try:
        kept = kept_by(
            request.command,
            project.metadata.release,
            request.resource_types,
            request.exclude_resource_types,
        )
        if index.is_1_8 and not kept.empty:
            index = Index(project, hides_empty=True)
        reader = Reader(_mode(request.indirect_selection), selector_method=index.selector_method)
        definitions = _definitions(project, request, index, reader)
        selection = _chosen(request, reader, definitions)
    except Refused as refused:
        complaints.refuse(refused)
        return None
    return _evaluated(index, request, (kept, definitions, selection, reader), complaints)


def _evaluated(
    index: Index,
    request: Request,
    parsed: tuple[Kept, Definitions, Selection, Reader],
    complaints: Complaints,
) -> frozenset[UniqueId] | None:
    kept, definitions, selection, reader = parsed
    selections = {name: one.selection for name, one in definitions.named.items()}
    evaluation = Evaluation(index, kept, selections, request.state)
    found = evaluation.select(selection)
    for refused in (*reader.refusals, *evaluation.refusals):
        complaints.refuse(refused)
    if reader.refusals or evaluation.refusals:
        return None
    complaints.unmatched += evaluation.unmatched
    return frozenset(found)


def _mode(written: str) -> Indirect:
    for mode in INDIRECT:
        if written.lower() == mode:
            return mode
    raise Refused(
        rules.UNKNOWN_INDIRECT_SELECTION,
        Place("indirect_selection", 0, 0, len(written)),
        mode=written,
        known=", ".join(INDIRECT),
        near=did_you_mean(written, INDIRECT),
    )


def _definitions(project: Project, request: Request, index: Index, reader: Reader) -> Definitions:
    """Return the selectors by name. One that dbt refuses spoils a file, but not dbt's own copy."""
    entries = project.selectors if request.selectors is None else request.selectors
    copied = entries is project.selectors
    definitions = Definitions(reader, copied=copied, substitutes=not index.selector_method)
    place = Place("selector", 0, 0, len(request.selector or ""))
    for name, entry in entries.items():
        definitions.read(name, entry, place)
    if not copied:
        reader.refusals += definitions.refused.values()
    return definitions


def _chosen(request: Request, reader: Reader, definitions: Definitions) -> Selection:
    name, named = request.selector, definitions.named
    if name is None:
        if not request.select and not request.exclude:
            for one in named.values():
                if one.default:
                    return one.selection
        return reader.difference(request.select, request.exclude)
    if name in definitions.refused:
        raise definitions.refused[name]
    if name in named:
        return named[name].selection
    raise Refused(
        rules.UNKNOWN_SELECTOR,
        Place("selector", 0, 0, len(name)),
        name=name,
        known=", ".join(sorted(named)) or "none",
        near=did_you_mean(name, named),
    )
