"""Ask the runtime of a spec whether dbt, the project and the profile are there."""

from __future__ import annotations

from dagwright.doctor.connections import (
    ByConnection,
    NotMade,
    made_by_airflow,
    write_stand_in,
)
from dagwright.doctor.examine import examine
from dagwright.doctor.runtimes import RUNTIMES, Launch, Site, Unaskable, asked, launch

__all__ = [
    "RUNTIMES",
    "ByConnection",
    "Launch",
    "NotMade",
    "Site",
    "Unaskable",
    "asked",
    "examine",
    "launch",
    "made_by_airflow",
    "write_stand_in",
]
