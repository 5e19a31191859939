"""What an emitter writes down: steps, the arguments of their operators, and the DAG around them.

Nothing is left to decide: ids, argument values, paths and edges are final. The types are JSON's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from dagwright.plan.commands import SharedCommand

Json = Mapping[str, Any]


class Step(msgspec.Struct, frozen=True):
    """One Airflow task.

    `kind` names a row of the shim's table of operators. `arguments` are the operator's own, to be
    joined with those that all steps of its kind share; `airflow` are BaseOperator's.
    """

    id: str
    kind: str
    label: str
    nodes: tuple[str, ...]
    after: tuple[str, ...]
    group: str | None = None
    arguments: Json = msgspec.field(default_factory=dict)
    airflow: Json = msgspec.field(default_factory=dict)
    words: tuple[str, ...] = ()
    """The task's own part of its dbt command, whatever the mode makes of it; not emitted."""
    helper: bool = False
    """Whether the mode added it: it is no part of the DAG's shape."""
    note: str = ""
    """Why the mode made of the task what it is, where that is a choice of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """One Airflow task group; `parent` is the id of the group around it."""

    id: str
    label: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Digests:
    """What the plan was made from, and what came out, each as `sha256:HEX`."""

    spec: str
    manifest: str
    shape: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One DAG or task group, ready to be written."""

    kind: Literal["dag", "task_group"]
    dag: Json
    environment: str | None
    variables: tuple[str, ...]
    """The names of environment variables that `${NAME}` in the spec read; never their values."""
    digests: Digests
    command: SharedCommand
    """What the dbt commands of all steps share; not emitted as such."""
    steps: tuple[Step, ...]
    groups: tuple[Group, ...] = ()
    defaults: Mapping[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the DAG or task group."""
        return str(self.dag["id"])
