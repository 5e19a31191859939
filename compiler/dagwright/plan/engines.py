"""What each dbt engine can do, beside its options: one small table.

Which dbt will run is what `execute.dbt_version` says, or else the dbt that parsed the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

Release = tuple[int, int]


class Span(NamedTuple):
    """The releases that have something: from `since` on, and `before` a later one."""

    since: Release
    before: Release = (99, 0)

    def holds(self, release: Release) -> bool:
        """Return whether the dbt of `release` has it."""
        return self.since <= release < self.before


ENGINES: Final[Mapping[str, Span]] = MappingProxyType(
    {
        "runs at all": Span((1, 8)),
        "python API": Span((1, 8), before=(2, 0)),
        "partial parse file": Span((1, 8), before=(2, 0)),
    }
)
"""By ability. 2.x is a program without a Python API, and does not read dbt Core's parse."""


def can(release: Release, ability: str) -> bool:
    """Return whether the dbt of `release` can do what `ENGINES` calls `ability`."""
    return ENGINES[ability].holds(release)


def read_release(text: str) -> Release:
    """Return the release that `text` such as `1.11` or `2.0` names; it has that form."""
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
