"""Methods that compare with an earlier run: `state:`, `result:` and `source_status:`.

They need artifacts that somebody named. Nothing is looked for by itself: what lies in a target
folder by chance must not decide what is compiled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.object_stores import shown
from dagwright.project import UniqueId
from dagwright.select import rules
from dagwright.select.changes import QUESTIONS, Changes, Snapshot
from dagwright.select.index import Index
from dagwright.select.refusal import Refused, value_refused
from dagwright.select.spec import Criterion
from dagwright.span import Span

Loaded = Mapping[str, datetime]
"""Source id -> the newest row that `dbt source freshness` saw; failed sources are absent."""


@dataclass(frozen=True, slots=True)
class State:
    """Artifacts of an earlier run, and the newer freshness results to hold against them."""

    manifest: Snapshot | None = None
    statuses: Mapping[str, frozenset[str]] | None = None
    """Unique id -> how it ended, from run_results.json."""
    sources: Loaded | None = None
    current_sources: Loaded | None = None


class _Result(msgspec.Struct, gc=False):
    unique_id: str
    status: str = ""
    max_loaded_at: datetime | None = None


class _Results(msgspec.Struct, gc=False):
    results: list[_Result]


def read_state(
    files: Files, folder: str, target: str | None, report: Report, at: Span
) -> State | None:
    """Return the artifacts in `folder`, or None after a complaint about `at`.

    Like dbt's `--state`, a folder need not hold all of manifest.json, run_results.json and
    sources.json; a method that needs an absent one is refused when it is used.

    Args:
        files: the disk.
        folder: where the earlier run's artifacts lie.
        target: where the newer sources.json lies, if any.
        report: complaints are added to it.
        at: the place that names `folder`.
    """
    reader = _Reader(files, report, at)
    manifest = reader.read(f"{folder}/manifest.json", Snapshot)
    run_results = reader.read(f"{folder}/run_results.json", _Results)
    sources = reader.read(f"{folder}/sources.json", _Results)
    current = reader.read(f"{target}/sources.json", _Results) if target is not None else None
    if reader.failed:
        return None
    return State(
        manifest,
        _statuses(run_results) if run_results else None,
        _loaded(sources) if sources else None,
        _loaded(current) if current else None,
    )


class _Reader:
    """Reads artifacts that may be absent, but not broken."""

    def __init__(self, files: Files, report: Report, at: Span) -> None:
        self._files = files
        self._report = report
        self._at = at
        self.failed = False

    def read(self, path: str, shape: type[Any]) -> Any:
        try:
            return msgspec.json.decode(self._files.read(path), type=shape)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            artifact = path.rpartition("/")[2]
            why = str(error) or type(error).__name__
            self._report.add(
                rules.STATE_UNREADABLE.at(self._at, path=shown(path), artifact=artifact, why=why)
            )
            self.failed = True
            return None


def _statuses(run_results: _Results) -> Mapping[str, frozenset[str]]:
    statuses: defaultdict[str, set[str]] = defaultdict(set)
    for result in run_results.results:
        statuses[result.unique_id].add(result.status)
    return {unique_id: frozenset(found) for unique_id, found in statuses.items()}


def _loaded(sources: _Results) -> Loaded:
    return {
        result.unique_id: result.max_loaded_at
        for result in sources.results
        if result.max_loaded_at is not None
    }


def _by_state(index: Index, criterion: Criterion, state: State | None) -> set[UniqueId]:
    """`state:new`, `state:modified.body` and so on: compares two manifests."""
    if state is None or state.manifest is None:
        raise _missing(criterion, "the manifest of an earlier run")
    if criterion.value not in QUESTIONS:
        why = f"it is one of {', '.join(QUESTIONS)}"
        raise value_refused(criterion, why, QUESTIONS)
    newer = msgspec.json.decode(index.settings.data, type=Snapshot)
    changes = Changes(state.manifest, newer, index.metadata.release)
    return {one for one in index.members if changes.holds(criterion.value, one)}


def _by_result(index: Index, criterion: Criterion, state: State | None) -> set[UniqueId]:
    """`result:error`: how a resource ended in the earlier run; an unknown word is no error."""
    if state is None or state.statuses is None:
        raise _missing(criterion, "the run_results.json of an earlier run")
    statuses = state.statuses
    return {one for one in index.members if criterion.value in statuses.get(one, ())}


def _by_source_status(index: Index, criterion: Criterion, state: State | None) -> set[UniqueId]:
    """`source_status:fresher`: sources with newer rows than at the earlier run, or new ones."""
    if state is None or state.sources is None or state.current_sources is None:
        raise _missing(criterion, "two sources.json, of an earlier run and of now")
    if criterion.value != "fresher":
        return set()
    before = state.sources
    return {
        one
        for one in index.of_types("source")
        if (loaded := state.current_sources.get(one)) is not None
        and (one not in before or loaded > before[one])
    }


def _missing(criterion: Criterion, artifact: str) -> Refused:
    return Refused(
        rules.STATE_MISSING, criterion.place, method=criterion.method, artifact=artifact
    )


StateMethod = Callable[[Index, Criterion, "State | None"], set[UniqueId]]

BY_STATE: Final[Mapping[str, StateMethod]] = MappingProxyType(
    {"result": _by_result, "source_status": _by_source_status, "state": _by_state}
)
"""The methods that need more than the project; the others are in `methods`."""
