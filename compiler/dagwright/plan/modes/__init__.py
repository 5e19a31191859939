"""How a task becomes a step, by execution mode. To add a mode: write its module, add its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dagwright.plan.commands import SharedCommand
from dagwright.plan.modes.local import local
from dagwright.plan.modes.mode import Mode

MODES: Final[Mapping[str, Callable[..., Mode]]] = MappingProxyType({"local": local})
"""By `execute.mode`: a function of the mode's own block and the command all tasks share."""

__all__ = ["MODES", "Mode", "SharedCommand"]
