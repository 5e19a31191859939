"""Mode `local`: dbt in the Airflow worker."""

from __future__ import annotations

from typing import Annotated, Literal

from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.execute.secrets import SecretKeys
from dagwright.spec.model.words import (
    Filled,
    ImportPaths,
    Meaning,
    Program,
    SpecPart,
    Store,
)

Invocation = Annotated[
    Literal["subprocess", "dbt_runner", "auto"],
    Meaning(
        {
            "subprocess": "dbt is a process of its own, killed with the task",
            "dbt_runner": "the dbt of Airflow's own Python, by its API, in a process of its own",
            "auto": "by its API if the program is that of Airflow's own Python, else `subprocess`",
        }
    ),
]


ArtifactFile = Annotated[
    Literal["run_results", "sources", "manifest", "semantic_manifest", "compiled", "run"],
    Meaning(
        {
            "run_results": "run_results.json, the results of a call",
            "sources": "sources.json, the freshness of sources",
            "manifest": "manifest.json, the project as dbt parsed it",
            "semantic_manifest": "semantic_manifest.json, the semantic layer",
            "compiled": "the compiled SQL of the nodes",
            "run": "the SQL that dbt ran for the nodes",
        }
    ),
]


class Artifacts(SpecPart):
    """Files of dbt to keep, of every task and every try in a folder of its own."""

    path: Store
    """A folder, or an object store such as `s3://CONNECTION@bucket/dbt`; templates are allowed."""
    files: Annotated[tuple[ArtifactFile, ...], Filled("files")] = ("run_results",)
    """Which files; those that a command does not write are left out."""


class Docs(SpecPart):
    """The project's documentation, made anew after all tasks of a run."""

    path: Store
    """A folder, or an object store such as `s3://CONNECTION@bucket`; templates are allowed."""
    static: bool = False
    """Whether `index.html` holds everything, so that it can be opened where it lies."""


class WorkerKeys(SecretKeys):
    """The keys of the modes in which a worker starts dbt itself."""

    invocation: Invocation = "auto"
    """How the worker calls dbt."""
    on_warning: ImportPaths | None = None
    """Import paths of functions to call where a test or a freshness check warns."""
    artifacts: Artifacts | None = None
    """Files of dbt to keep, in a folder or an object store; none if not given."""
    install_deps: bool = False
    """Run `dbt deps` on a worker whose project lacks its packages; else no task ever runs it."""


class LocalKeys(WorkerKeys):
    """The keys that only `local` has."""

    dbt_executable: Program = "dbt"
    """The dbt program on the worker: a name to be found on the PATH, or a path."""


class DocsKeys(SpecPart):
    """The key of the modes whose worker can make the project's documentation."""

    docs: Docs | None = None
    """Make dbt's documentation after all tasks, and keep it there; none if not given."""


class Local(ExecuteCommon, LocalKeys, DocsKeys):
    """dbt runs where the Airflow worker runs."""

    mode: Literal["local"]
    """Where dbt runs."""
