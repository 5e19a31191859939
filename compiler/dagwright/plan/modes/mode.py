"""What a mode leans on, and what it decides: the operator of each step, and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagwright.diagnostics import Report
from dagwright.ir.graph import Verb
from dagwright.plan.commands import SharedCommand
from dagwright.plan.model import Step
from dagwright.plan.paths import PathMap
from dagwright.project.model import Project
from dagwright.project.packages import Packages
from dagwright.select.exact import ExactSelectors
from dagwright.spec import LoadedSpec

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What a mode may lean on: the spec of one environment, and what all modes share."""

    loaded: LoadedSpec
    command: SharedCommand
    paths: PathMap
    project: Project
    report: Report
    exact: ExactSelectors
    lock: str | None = None
    """The packages of `virtualenv`, with their hashes; None in environments not compiled for."""
    packages: Packages | None = None
    """The packages of the dbt project; None if it has none."""


@dataclass(frozen=True, slots=True)
class Call:
    """The dbt command of one task: `words` are its own part of it, `nodes` what it runs."""

    task: str
    verb: Verb
    words: tuple[str, ...]
    nodes: tuple[str, ...]
    retry_tests: bool = False
    """Whether the spec says that its failed tests are tried again."""
    timeout: float | None = None
    """How many seconds Airflow gives one try of the task, if the spec says."""


def unchanged(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return `steps`: what most modes make of the finished steps."""
    return steps


@dataclass(frozen=True, slots=True)
class Mode:
    """One execution mode, made ready for one spec.

    `kind` is the shim's name for the operator. `shared` are the arguments of every step of that
    kind, and `own` makes those of one step from its call.
    """

    kind: str
    shared: Arguments
    own: Callable[[Call], Arguments]
    remembers_seeds: bool = False
    """Whether the operator takes a `seed`, to load it only if it changed."""
    from_loader: bool = False
    """Whether relative execute paths start at the loader file's folder; else they are errors."""
    kind_of: Callable[[Call], str] | None = None
    """The kind of one step, where not all are of `kind`."""
    others: Mapping[str, Arguments] = field(default_factory=dict)
    """By kind: the shared arguments of steps that are not of `kind`."""
    finish: Callable[[tuple[Step, ...]], tuple[Step, ...]] = unchanged
    """Adds helper steps and edges to and from them; what else it may change are arguments."""

    def step_kind(self, call: Call) -> str:
        """Return the kind of the step that `call` becomes."""
        return self.kind if self.kind_of is None else self.kind_of(call)
