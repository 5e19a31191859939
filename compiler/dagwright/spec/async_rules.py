"""Complaints about the block of `mode: airflow_async`: DW16x."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

KEY_OF_ANOTHER_WAREHOUSE: Final = Rule(
    code="DW165",
    name="key-of-another-warehouse",
    severity="error",
    message="`{key}` means nothing to {warehouse}",
    help="it is for {known}; {warehouse} has {own}",
    explain="""\
    Some keys of `mode: airflow_async` are for one warehouse, or two. Given to another they would
    be without effect.

    ## Example
    ```yaml
    execute:
      mode: airflow_async
      warehouse: bigquery
      connection: google
      project_dir: /srv/shop
      warehouse_id: 0123456789abcdef
    ```

    ## Use instead
    ```yaml
    execute:
      mode: airflow_async
      warehouse: bigquery
      connection: google
      project_dir: /srv/shop
      project: shop-jobs
    ```
    """,
)

WAREHOUSE_NEEDS_KEY: Final = Rule(
    code="DW166",
    name="warehouse-needs-key",
    severity="error",
    message="{warehouse} needs {wanted}",
    help="{hint}",
    explain="""\
    Airflow's operator for the warehouse cannot submit a statement without knowing where: a SQL
    warehouse of Databricks by its id, a database of Redshift on a cluster or in a workgroup.

    ## Example
    ```yaml
    execute:
      mode: airflow_async
      warehouse: redshift
      connection: aws
      project_dir: /srv/shop
      database: shop
    ```

    ## Use instead
    ```yaml
    execute:
      mode: airflow_async
      warehouse: redshift
      connection: aws
      project_dir: /srv/shop
      database: shop
      workgroup: nightly
    ```
    """,
)

ASYNC_TRIGGER_RULE: Final = Rule(
    code="DW167",
    name="async-trigger-rule",
    severity="error",
    message="`trigger_rule: {rule}` cannot stand in a spec of `mode: airflow_async`",
    help="leave it out, or give it to tasks of another DAG",
    explain="""\
    Models of `mode: airflow_async` wait for the task that compiles their SQL, which is one of
    Airflow's set-up tasks: clearing a model clears it too, so that new SQL is compiled. Airflow
    wants `trigger_rule: all_success` of whatever comes after a set-up task.

    ## Example
    ```yaml
    execute:
      mode: airflow_async
      warehouse: bigquery
      connection: google
      project_dir: /srv/shop
      policy: {model: {trigger_rule: all_done}}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: airflow_async
      warehouse: bigquery
      connection: google
      project_dir: /srv/shop
    ```
    """,
)

RULES: Final = (KEY_OF_ANOTHER_WAREHOUSE, WAREHOUSE_NEEDS_KEY, ASYNC_TRIGGER_RULE)
