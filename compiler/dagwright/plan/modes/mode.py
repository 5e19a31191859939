"""What a mode decides: the operator, what all its steps share, and what one step adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mode:
    """One execution mode, made ready for one spec.

    `kind` is the shim's name for the operator. `shared` are the arguments of every step, and
    `own` makes those of one step from the words of its dbt command.
    """

    kind: str
    shared: Arguments
    own: Callable[[tuple[str, ...]], Arguments]
    remembers_seeds: bool = False
    """Whether the operator takes a `seed`, to load it only if it changed."""
