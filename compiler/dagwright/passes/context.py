"""What a pass may know beside the graph."""

from __future__ import annotations

from dataclasses import dataclass

from dagwright.ir.build import Rendering
from dagwright.project.model import Project


@dataclass(frozen=True, slots=True)
class Context:
    """The project the graph was made from, and how the spec wants it rendered."""

    project: Project
    rendering: Rendering
