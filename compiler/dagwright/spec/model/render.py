"""`render:`: what runs, and in which order. Read only where the compiler runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.words import Data, Form, Meaning, SpecPart, Strings

Load = Annotated[
    Literal["auto", "manifest", "dbt"],
    Meaning(
        {
            "auto": "read the manifest, and run `dbt parse` first if there is none",
            "manifest": "read the manifest that is there, and never run dbt",
            "dbt": "run `dbt parse` first, with the settings in `dbt`",
        }
    ),
]
Tests = Annotated[
    Literal["after_each", "after_all", "build", "none"],
    Meaning(
        {
            "after_each": "a node's tests are a task after it; tests of several nodes have tasks "
            "of their own",
            "after_all": "all tests are one task at the end",
            "build": "a node and its own tests are one task, as in `dbt build`",
            "none": "no tests run",
        }
    ),
]
CrossDagTests = Annotated[
    Literal["last", "skip", "error"],
    Meaning(
        {
            "last": "such a test runs after the last of its parents that are selected",
            "skip": "such a test does not run here",
            "error": "such a test is an error",
        }
    ),
]
CrossDag = Annotated[
    Literal["ignore", "assets", "error", "sensor"],
    Meaning(
        {
            "ignore": "the DAG does not wait for other DAGs",
            "assets": "the DAG runs when all tables of other DAGs that it reads were updated",
            "error": "a node that reads a table of another DAG is an error",
            "sensor": "not offered, since sensors need runs of equal dates; use `assets`",
        }
    ),
]
Sources = Annotated[
    Literal["none", "with_tests_or_freshness", "all"],
    Meaning(
        {
            "none": "sources are no tasks",
            "with_tests_or_freshness": "a source is a task where it has freshness or tests",
            "all": "every source is a task",
        }
    ),
]
Seeds = Annotated[
    Literal["always", "on_change", "show", "none"],
    Meaning(
        {
            "always": "seeds are loaded at every run",
            "on_change": "a seed is loaded if its file or configuration changed since it last was",
            "show": "seeds are tasks that do nothing",
            "none": "seeds are no tasks; what reads them starts without waiting",
        }
    ),
]
Ephemeral = Annotated[
    Literal["contract", "show"],
    Meaning(
        {
            "contract": "ephemeral models are no tasks; their readers wait for what they read",
            "show": "ephemeral models are tasks that do nothing",
        }
    ),
]
GroupBy = Annotated[
    str,
    Form(
        r"none|folder|resource_type|package|tag:\S+",
        "a grouping: none, folder, resource_type, package, or tag:PREFIX",
    ),
]


class RenderDbt(SpecPart):
    """How the compiler itself runs `dbt parse`; no task ever sees these settings."""

    executable: str = "dbt"
    """The dbt program: a name to be found on the PATH, or a path relative to this file."""
    profiles_dir: str | None = None
    """The folder of `profiles.yml`, relative to this file."""
    profile: str | None = None
    """The profile to use, if not the one that `dbt_project.yml` names."""
    target: str | None = None
    """The target of the profile to parse with."""
    vars: Data = Field(default_factory=dict)
    """dbt variables to parse with."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables to parse with, over those that are there."""


class Override(TaskSettings):
    """Settings of the tasks of some nodes; each override must match a node."""

    select: Strings
    """Which nodes: as `render.select`."""


class Render(SpecPart):
    """What runs: which nodes of the dbt project become tasks, with which tests."""

    project_dir: str
    """The folder of `dbt_project.yml`, relative to this file."""
    manifest: str = "target/manifest.json"
    """dbt's manifest: relative to `project_dir`, or an address such as `s3://bucket/key`."""
    load: Load = "auto"
    """Where the manifest comes from."""
    dbt: RenderDbt = Field(default_factory=RenderDbt)
    """How the compiler runs `dbt parse`, where it does."""
    select: Strings = ()
    """The nodes to run, as arguments of `dbt build --select`; all nodes if not given."""
    exclude: Strings = ()
    """The nodes to leave out, as arguments of `dbt build --exclude`."""
    selector: str | None = None
    """A selector of `selectors.yml`, instead of `select` and `exclude`."""
    state: str | None = None
    """A folder with the artifacts of an earlier run, for `state:`, `result:` and their kin; or an
    address."""
    tests: Tests = "after_each"
    """Where tests run."""
    cross_dag: CrossDag = "ignore"
    """What to do where a node reads a table that is not selected, and so not built here."""
    cross_dag_tests: CrossDagTests = "last"
    """What to do with a test that also reads what is not selected, and so not built here."""
    sources: Sources = "none"
    """Which sources become tasks, for their freshness checks and tests."""
    seeds: Seeds = "always"
    """Whether seeds become tasks."""
    ephemeral: Ephemeral = "contract"
    """Whether ephemeral models become tasks."""
    group_by: GroupBy = "none"
    """What task groups are made of: none, folder, resource_type, package, or tag:PREFIX."""
    assets: bool = True
    """Whether tasks have the tables that they write and read as Airflow assets."""
    overrides: tuple[Override, ...] = ()
    """Settings for the tasks of some nodes; a later override wins over an earlier one."""
