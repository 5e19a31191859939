"""Complaints about `mode: airflow_async` that need the project: DW58x."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

NOTHING_ASYNC: Final = Rule(
    code="DW580",
    name="nothing-async",
    severity="warning",
    message="no task of this spec is submitted: dbt itself runs all of them",
    help="{hint}",
    explain="""\
    In `mode: airflow_async` a model becomes a statement that Airflow submits if that statement
    does all that dbt would do: a table or a view, without hooks, grants, contracts or settings of
    the warehouse. Every other node is run by dbt in a worker, as with `mode: local`. Where that
    is so for all of them, the mode changes nothing. `dagwright explain SPEC TASK` says why for
    any one task.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../shop          # parsed with dbt-duckdb
    execute:
      mode: airflow_async
      warehouse: bigquery
      connection: google
      project_dir: /srv/shop
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../shop
    execute: {mode: local, project_dir: /srv/shop}
    ```
    """,
)

RULES: Final = (NOTHING_ASYNC,)
