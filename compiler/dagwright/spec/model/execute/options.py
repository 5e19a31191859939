"""dbt's own options as keys: each is sent to the commands that know it, typed when it is known.

A value may be an Airflow template. What it renders to is typed then: "False" is false.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, PlainValidator
from pydantic_core import PydanticCustomError

from dagwright.spec.model.words import Form, Meaning, RunPath, Shown, SpecPart
from dagwright.spec.moments import checked_moment

_TEMPLATE: Final = {"type": "string", "pattern": r"\{\{|\{%"}


def is_template(value: object) -> bool:
    """Return whether Airflow fills `value` in when a task runs."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _switch(value: object) -> Any:
    if isinstance(value, bool) or is_template(value):
        return value
    raise PydanticCustomError("switch", "true, false or a template")


def _count(value: object) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if whole or is_template(value):
        return value
    raise PydanticCustomError("count_or_template", "a whole number from 1, or a template")


Switch = Annotated[
    bool | str, PlainValidator(_switch), Shown({"anyOf": [{"type": "boolean"}, _TEMPLATE]})
]
"""True, false, or a template that renders to one of them."""

Number = Annotated[
    int | str,
    PlainValidator(_count),
    Shown({"anyOf": [{"type": "integer", "minimum": 1}, _TEMPLATE]}),
]
"""A whole number from 1, or a template that renders to one."""


EventTime = Annotated[
    str, AfterValidator(lambda text: text if is_template(text) else checked_moment(text))
]
"""A date, a date and a time, or a template that renders to one."""


class DbtOptionKeys(SpecPart):
    """Options of the dbt command; what is not given is dbt's to decide."""

    full_refresh: Switch | None = None
    """Whether incremental models and seeds are built anew."""
    empty: Switch | None = None
    """Whether inputs are limited to no rows: the SQL runs, and nothing is read."""
    sample: Annotated[str, Form(r"[\s\S]*\S[\s\S]*", "a time range such as `3 days`")] | None = (
        None
    )
    """A time range that inputs are limited to, such as `3 days`; from dbt 1.10 on."""
    threads: Number | None = None
    """How many nodes one command runs at once; the profile's number if not given."""
    event_time: (
        Annotated[
            Literal["data_interval"],
            Meaning({"data_interval": "microbatches of the run's data interval"}),
        ]
        | None
    ) = None
    """Where the times of microbatch models come from; from dbt 1.9 on."""
    event_time_start: EventTime | None = None
    """Where microbatch models start, in UTC: a date, a time, or a template; from dbt 1.9 on."""
    event_time_end: EventTime | None = None
    """Where microbatch models end, in UTC; from dbt 1.9 on."""
    fail_fast: Switch | None = None
    """Whether one failed node stops the others of its command."""
    defer: Switch | None = None
    """Whether what a task does not build is read from where `state` has it."""
    favor_state: Switch | None = None
    """Whether deferred reads go by `state`, though the table exists here."""
    state: RunPath | None = None
    """Where the artifacts of an earlier run lie when tasks run: a folder with a manifest.json."""
