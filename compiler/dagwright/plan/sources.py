"""What a plan is made from, beside the graph."""

from __future__ import annotations

from dataclasses import dataclass

from dagwright.plan.assets import Assets
from dagwright.plan.paths import Real
from dagwright.project.model import Project
from dagwright.project.packages import Packages
from dagwright.select.exact import ExactSelectors
from dagwright.spec import LoadedSpec


@dataclass(frozen=True, slots=True)
class Sources:
    """The spec of one environment, and what all environments share."""

    loaded: LoadedSpec
    project: Project
    exact: ExactSelectors
    assets: Assets
    warnings: tuple[str, ...]
    """The flags that make a renamed model fail its task (`project.warnings`)."""
    real: Real
    """Follows links, for paths that match no row of `execute.paths` as they are written."""
    lock: str | None = None
    """The packages of mode `virtualenv`, with their hashes; None where it is not compiled for."""
    packages: Packages | None = None
    """The packages of the dbt project; None if it has none."""
