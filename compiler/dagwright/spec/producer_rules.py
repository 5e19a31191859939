"""Complaints about what a spec says of a watcher's producer: DW160 to DW169."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

UNFIT_PRODUCER: Final = Rule(
    code="DW160",
    name="unfit-producer",
    severity="error",
    message="a producer cannot run in mode `{mode}`: {reason}",
    help="modes that a producer can have: {modes}",
    explain="""\
    In mode `watcher` one dbt runs all nodes, and each task shows what became of its own. Airflow
    knows that from dbt's log alone, line by line, while dbt runs. So a producer can only run
    where the log comes at once and whole: in the worker, in its Docker, in a pod.

    ## Example
    ```yaml
    execute:
      mode: watcher
      producer: {mode: gcp_cloud_run_job, job: dbt, region: europe-west4, project: shop}
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    execute:
      mode: watcher
      producer: {mode: gcp_gke, image: dbt, cluster: main, region: europe-west4}
      project_dir: /dbt/shop
    ```
    """,
)

RULES: Final = (UNFIT_PRODUCER,)
