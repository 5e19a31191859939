"""Methods that compare with an earlier run: `state:`, `result:` and `source_status:`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dagwright.project import UniqueId
from dagwright.select import rules
from dagwright.select.index import Index
from dagwright.select.refusal import Refused
from dagwright.select.spec import Criterion


@dataclass(frozen=True, slots=True)
class State:
    """Artifacts of an earlier run."""


def _by_state(_: Index, criterion: Criterion, __: State | None) -> set[UniqueId]:
    raise Refused(
        rules.STATE_MISSING,
        criterion.place,
        method=criterion.method,
        artifact="the manifest of an earlier run",
    )


StateMethod = Callable[[Index, Criterion, "State | None"], set[UniqueId]]
BY_STATE: Final[Mapping[str, StateMethod]] = MappingProxyType(
    {"state": _by_state, "result": _by_state, "source_status": _by_state}
)
