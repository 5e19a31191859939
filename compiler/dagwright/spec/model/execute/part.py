"""The keys of `execute:` that every mode has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from dagwright.spec.adapters import ADAPTERS
from dagwright.spec.model.execute.options import DbtOptionKeys
from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.words import (
    Data,
    EnvironmentName,
    Form,
    Meaning,
    RunPath,
    SpecPart,
)

Indirect = Annotated[
    Literal["eager", "cautious", "buildable", "empty"],
    Meaning(
        {
            "eager": "a test runs if any node that it reads is selected",
            "cautious": "a test runs if all nodes that it reads are selected",
            "buildable": "a test runs if all nodes that it reads are selected or above such",
            "empty": "only tests that are selected themselves run",
        }
    ),
]

Hooks = Annotated[
    Literal["per_task", "per_run", "off"],
    Meaning(
        {
            "per_task": "in every task, as dbt does",
            "per_run": "once, which only `watcher` gives",
            "off": "never, for which dbt has no switch: an error that lists them",
        }
    ),
]
DbtVersion = Annotated[
    str, Form(r"[0-9]+\.[0-9]+(?:\.[0-9A-Za-z.+-]+)?", "a version of dbt such as `1.11`")
]

if TYPE_CHECKING:
    ProfileType = str
else:  # The words are those of the table.
    ProfileType = Literal[tuple(ADAPTERS)]

ConnectionId = Annotated[
    str, Form(r"[\w#!()\-.:/\\]+", "the id of an Airflow connection, which is no template")
]


class PathRow(SpecPart):
    """One row of the path mapping: what lies at `render` here lies at `execute` there."""

    render: str
    """A folder where the compiler runs, relative to this file."""
    execute: str
    """The same folder where dbt runs."""


class Profile(SpecPart):
    """Which dbt profile the tasks use; what is not given is dbt's to decide.

    With a `connection`, any other key is a field of the profile: `spec.profiles` checks them
    against the table of adapters.
    """

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    """The profile's name, if not the one that `dbt_project.yml` gives."""
    target: str | None = None
    """The target of the profile."""
    profiles_dir: RunPath | None = None
    """The folder of `profiles.yml` where dbt runs."""
    connection: ConnectionId | None = None
    """The Airflow connection that becomes the profile when a task runs, instead of a file."""
    type: ProfileType | None = None
    """dbt's name for the adapter of a profile by `connection`."""
    method: str | None = None
    """How to log in with `connection`; if not given, by what the connection holds."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the spec says of a profile by `connection`; Airflow templates are allowed."""
        return self.model_extra or {}

    @property
    def used_name(self) -> str | None:
        """The name that dbt is told; one of our own for a profile that is made for it."""
        return self.name or (None if self.connection is None else "dagwright")

    @property
    def used_target(self) -> str | None:
        """The target that dbt is told; dbt's own default for a profile that is made for it."""
        return self.target or (None if self.connection is None else "default")


class Policy(SpecPart):
    """Settings of tasks by what they run; a task of a node and its tests goes by its node."""

    model: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that run models."""
    seed: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that load seeds."""
    snapshot: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that take snapshots."""
    test: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that run data tests."""
    unit_test: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that run unit tests."""
    source: TaskSettings = Field(default_factory=TaskSettings)
    """Tasks that check the freshness of sources."""


class ExecuteCommon(DbtOptionKeys):
    """The keys that every mode has."""

    test_indirect_selection: Indirect = "eager"
    """Which tests of the selected nodes take part, as dbt's `--indirect-selection`."""
    project_dir: RunPath | None = None
    """Where the dbt project lies at run time; relative paths start at the loader's folder."""
    paths: tuple[PathRow, ...] = ()
    """Path mapping: where folders of the compiler's side lie at run time; the longest row wins."""
    profile: Profile = Field(default_factory=Profile)
    """The dbt profile of the tasks."""
    vars: Data = Field(default_factory=dict)
    """dbt variables of every command; templates are allowed, and "False" of one is false."""
    env: dict[EnvironmentName, str] = Field(default_factory=dict)
    """Environment variables of every command; Airflow templates are allowed."""
    hooks: Hooks | None = None
    """How often the project's on-run hooks may run; a warning lists them if not given."""
    dbt_version: DbtVersion | None = None
    """The dbt that runs the tasks, such as `1.11`; if not given, the one that parsed."""
    policy: Policy = Field(default_factory=Policy)
    """Settings of tasks by the kind of node that they run."""
