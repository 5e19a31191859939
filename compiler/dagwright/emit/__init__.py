"""How a plan becomes text, by form. To add a form: write its module, add its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dagwright.emit.artifact import artifact
from dagwright.plan import Plan

EMITTERS: Final[Mapping[str, Callable[[Plan], str]]] = MappingProxyType({"json": artifact})
"""By `--emit`: plan -> text."""

__all__ = ["EMITTERS", "artifact"]
