"""Check the options of dbt that need each other, or exclude each other."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dagwright.diagnostics import Note, Report
from dagwright.spec.model import Spec
from dagwright.spec.model.execute import Local
from dagwright.spec.option_rules import (
    EVENT_TIME_TWICE,
    EXECUTABLE_COUNTS_FOR_NOTHING,
    OPTION_NEEDS_ANOTHER,
)
from dagwright.text.route import Places

NEEDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "defer": ("state", "what is not built is read from where the artifacts there say"),
        "favor_state": ("defer", "it says how deferred reads are resolved"),
        "event_time_start": ("event_time_end", "dbt takes both or neither"),
        "event_time_end": ("event_time_start", "dbt takes both or neither"),
    }
)
"""By key: the key that it needs beside it, and why."""


def check_options(spec: Spec, places: Places, report: Report) -> None:
    """Report options without the one that they need, and times that are given twice."""
    execute = spec.execute
    for key, (other, why) in NEEDS.items():
        if getattr(execute, key) not in (None, False) and getattr(execute, other) is None:
            route = ("execute", key)
            at, notes = places.key(route), places.notes(route)
            report.add(OPTION_NEEDS_ANOTHER.at(at, key=key, other=other, why=why, notes=notes))
    if isinstance(execute, Local) and execute.invocation == "dbt_runner":
        route = ("execute", "dbt_executable")
        if execute.dbt_executable != Local.model_fields["dbt_executable"].default:
            at, notes = places.key(route), places.notes(route)
            report.add(EXECUTABLE_COUNTS_FOR_NOTHING.at(at, notes=notes))
    for key in ("event_time_start", "event_time_end"):
        if execute.event_time is not None and getattr(execute, key) is not None:
            route = ("execute", key)
            note = Note(places.key(("execute", "event_time")), "`event_time` is here")
            notes = (note, *places.notes(route))
            report.add(EVENT_TIME_TWICE.at(places.key(route), key=key, notes=notes))
