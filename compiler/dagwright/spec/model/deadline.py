"""`dag.deadline`: what is to happen when a run takes longer than it should."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from dagwright.spec.model.words import (
    Data,
    Duration,
    ImportPath,
    Meaning,
    Positive,
    Shown,
    SpecPart,
)
from dagwright.spec.moments import checked_moment

Moment = Annotated[str, AfterValidator(checked_moment)]
"""A date or a date and time of ISO 8601, as written; without an offset it is in `timezone`."""

RunMoment = Annotated[
    Literal["dagrun_logical_date", "dagrun_queued_at"],
    Meaning(
        {
            "dagrun_logical_date": "the moment that the run is for",
            "dagrun_queued_at": "the moment that the run was queued",
        }
    ),
]
RunsIn = Annotated[
    Literal["triggerer", "executor"],
    Meaning(
        {
            "triggerer": "an `async def` function, called in the triggerer",
            "executor": "a plain function, called in a worker (Airflow 3.2 and later)",
        }
    ),
]


class FixedMoment(SpecPart):
    """A moment that is the same for every run."""

    fixed_datetime: Moment
    """The moment, such as `2026-06-30T18:00`; in the DAG's `timezone` if it names no offset."""


class RunCount(SpecPart):
    """Which runs an average is made of."""

    max_runs: Positive = 10
    """Over how many of the last runs."""
    min_runs: Positive | None = None
    """How many there must be before there is a deadline at all; `max_runs` if not given."""


class AverageRuntime(SpecPart):
    """The moment at which a run usually ends."""

    average_runtime: RunCount
    """The average of the last runs (Airflow 3.2 and later)."""


def _reference_kind(value: Any) -> str:
    match value:
        case {"average_runtime": _} | AverageRuntime():
            return "average"
        case dict() | FixedMoment():
            return "fixed"
        case _:
            return "run"


Reference = Annotated[
    Annotated[RunMoment, Tag("run")]
    | Annotated[FixedMoment, Tag("fixed")]
    | Annotated[AverageRuntime, Tag("average")],
    Discriminator(_reference_kind),
]


def _without_context(value: dict[str, Any]) -> dict[str, Any]:
    if "context" in value:
        raise PydanticCustomError("form", "reserved", {"called": "free of `context`: it is given"})
    return value


Arguments = Annotated[
    Data,
    AfterValidator(_without_context),
    Shown({"type": "object", "propertyNames": {"not": {"const": "context"}}}),
]


class Deadline(SpecPart):
    """A moment by which a run should have ended, and what to call if it has not."""

    reference: Reference
    """Where the time starts: `dagrun_queued_at`, `dagrun_logical_date`, or a mapping."""
    interval: Duration
    """How long after `reference` the deadline is, such as `2h`."""
    callback: ImportPath
    """The import path of the function to call when the deadline is missed."""
    arguments: Arguments = Field(default_factory=dict)
    """Arguments for the function by name; it gets `context` too."""
    runs_in: RunsIn = "triggerer"
    """Where the function runs."""
    name: str | None = None
    """A name to show (Airflow 3.3 and later)."""


def _deadline_kind(value: Any) -> str:
    return "list" if isinstance(value, (list, tuple)) else "one"


Deadlines = Annotated[
    Annotated[tuple[Deadline, ...], Tag("list")] | Annotated[Deadline, Tag("one")],
    Discriminator(_deadline_kind),
]
"""One deadline, or a list of them."""
