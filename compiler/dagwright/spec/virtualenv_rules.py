"""Complaints about mode `virtualenv` in a spec: DW158-DW159."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

ONE_ENVIRONMENT: Final = Rule(
    code="DW158",
    name="one-environment",
    severity="error",
    message="mode `virtualenv` needs either `requirements` or `prebuilt`, and has {found}",
    help="`requirements` are installed by the first task; `prebuilt` names what is there already",
    explain="""\
    The environment of the tasks is made from `requirements`, or it lies on the worker already, at
    `prebuilt`. `python` and `venv_dir` say how and where one is made, so they mean nothing beside
    `prebuilt`.

    ## Example
    ```yaml
    execute:
      mode: virtualenv
      project_dir: /opt/dbt/shop
      python: "3.11"
      prebuilt: /opt/venvs/dbt
    ```

    ## Use instead
    ```yaml
    execute:
      mode: virtualenv
      project_dir: /opt/dbt/shop
      python: "3.11"
      requirements: ["dbt-core~=1.11.0", dbt-postgres]
    ```
    """,
)

NO_REQUIREMENT: Final = Rule(
    code="DW159",
    name="no-requirement",
    severity="error",
    message="this is no name of a package: {why}",
    help="give options and index addresses to pip or uv by their environment variables",
    explain="""\
    A requirement is a package with the versions that will do. Options of pip, and the addresses
    and passwords of private indexes, belong into the environment of those who compile and of the
    workers (`UV_INDEX_URL`, `PIP_INDEX_URL` and their like): what stands in a spec is committed.

    ## Example
    ```yaml
    execute:
      mode: virtualenv
      project_dir: /opt/dbt/shop
      requirements: [dbt-core, "--pre"]
    ```

    ## Use instead
    ```yaml
    execute:
      mode: virtualenv
      project_dir: /opt/dbt/shop
      requirements: ["dbt-core>=1.12.0b1"]
    ```
    """,
)

RULES: Final = (ONE_ENVIRONMENT, NO_REQUIREMENT)
