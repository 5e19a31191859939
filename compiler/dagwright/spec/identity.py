"""What a spec makes, and the id that no other spec may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from dagwright.diagnostics import CompilerBug, Note, Report
from dagwright.spec.loaded import LoadedSpec
from dagwright.spec.model import Spec
from dagwright.spec.rules import DUPLICATE_ID


def identity(spec: Spec) -> tuple[Literal["dag", "task_group"], str]:
    """Return what a spec makes, and its id."""
    if spec.dag is not None:
        return "dag", spec.dag.id
    if spec.task_group is not None:
        return "task_group", spec.task_group.id
    raise CompilerBug("a spec makes neither a DAG nor a task group")


def check_unique_ids(specs: Sequence[LoadedSpec], report: Report) -> None:
    """Report every spec whose DAG or task group has the id of one before it."""
    first: dict[tuple[str, str], LoadedSpec] = {}
    for loaded in specs:
        kind, name = identity(loaded.spec)
        other = first.setdefault((kind, name), loaded)
        if other is not loaded:
            note = Note(other.places.value((kind, "id")), "the first is here")
            at = loaded.places.value((kind, "id"))
            report.add(DUPLICATE_ID.at(at, notes=(note,), id=name, other=other.path))
