"""Complaints about the runtime that `dagwright doctor` asked: DW66x."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

CANNOT_ASK: Final = Rule(
    code="DW661",
    name="runtime-not-asked",
    severity="error",
    message="the runtime of mode `{mode}` cannot be asked from here: {why}",
    help="{hint}",
    explain="""\
    `dagwright doctor` starts dbt where the tasks will run it: on this machine, in a container, in
    a pod. That takes the program that starts such things, and a runtime that lets others start
    them.

    ## Example
    `dagwright doctor shop.dagwright.yaml` of a spec of mode `docker`, where no `docker` is.

    ## Use instead
    The same command on a machine that can start containers, such as a worker.
    """,
)

NO_DBT_THERE: Final = Rule(
    code="DW662",
    name="no-dbt-there",
    severity="error",
    message="dbt cannot be started where the tasks will run it",
    help="its last words:\n{output}",
    explain="""\
    `dbt --version` failed in the runtime: the image has no dbt, or none on its PATH, or it lacks
    what dbt needs.

    ## Example
    `execute: {mode: docker, image: python:3.12}`

    ## Use instead
    An image in which `dbt --version` works.
    """,
)

NOT_READY_THERE: Final = Rule(
    code="DW663",
    name="not-ready-there",
    severity="error",
    message="{what} is not as dbt wants it where the tasks will run",
    help="dbt says:\n{output}",
    explain="""\
    `dbt debug` was run there, with the project, the profiles folder, the profile and the target of
    the spec, and refused one of them. The folders of `execute` are paths of the runtime: a project
    lies where the image or a volume puts it.

    ## Example
    `execute: {mode: docker, image: dbt, project_dir: /dbt}`, where the image has it in `/app`.

    ## Use instead
    `execute: {mode: docker, image: dbt, project_dir: /app}`
    """,
)

OTHER_PROJECT_THERE: Final = Rule(
    code="DW664",
    name="other-project-there",
    severity="error",
    message="the project there lacks nodes that the tasks run: {nodes}",
    help="deploy the project that the DAG is compiled from, or compile again",
    explain="""\
    The DAG is compiled from one state of the dbt project, and an image holds another: their tasks
    would fail, since a command that selects nothing is an error.

    ## Example
    An image of last week, and a DAG with the model that was added today.

    ## Use instead
    An image that is built from the same commit as the DAG.
    """,
)

NO_PROFILE_BY_CONNECTION: Final = Rule(
    code="DW665",
    name="no-profile-by-connection",
    severity="error",
    message="the Airflow here makes no dbt profile of connection `{connection}`: {why}",
    help="the connection is to be as the tasks will find it: {hint}",
    explain="""\
    A task makes its profile of an Airflow connection when it runs. Where Airflow is installed
    beside dagwright, it is asked for that connection by its own settings: variables such as
    `AIRFLOW_CONN_SHOP_DB`, its secrets backend, its database. There is none of that name, or it
    lacks what a profile of this type needs. No value of it is shown.

    ## Example
    `profile: {connection: shop_db, type: postgres}`, with a connection that has no host.

    ## Use instead
    A connection with the fields that `compiler/PROFILES.md` lists for its type, or the same fields
    below `profile`, but for secrets.
    """,
)

NO_VERSION_THERE: Final = Rule(
    code="DW666",
    name="no-version-there",
    severity="error",
    message="what starts where the tasks will run tells no version of dbt, though it ends well",
    help="let its entrypoint run its arguments, or write `entrypoint: dbt`; it says:\n{output}",
    explain="""\
    `dbt --version` ended with exit code 0 in the runtime, and nothing in what it printed is a
    version. Something else has run: most often the image's own entrypoint, which does not look at
    its arguments. Every task would do the same, and in a pod or a cloud be green, since there the
    exit code is all that is known.

    ## Example
    `execute: {mode: docker, image: etl, entrypoint: keep}`, where the image has
    `ENTRYPOINT ["sh", "-c", "dbt build"]`.

    ## Use instead
    `execute: {mode: docker, image: etl, entrypoint: dbt}`
    """,
)

RULES: Final = (
    NO_VERSION_THERE,
    CANNOT_ASK,
    NO_DBT_THERE,
    NOT_READY_THERE,
    OTHER_PROJECT_THERE,
    NO_PROFILE_BY_CONNECTION,
)
