"""Ask the runtime of a spec whether dbt, the project and the profile are there."""

from __future__ import annotations

from dagwright.doctor.examine import examine
from dagwright.doctor.runtimes import RUNTIMES, Launch, Site, Unaskable, asked, launch

__all__ = ["RUNTIMES", "Launch", "Site", "Unaskable", "asked", "examine", "launch"]
