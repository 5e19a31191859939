"""Complaints about what mode `watcher` cannot keep to: DW570 to DW579."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

WATCHER_WITH_PAST: Final = Rule(
    code="DW570",
    name="watcher-with-past",
    severity="error",
    message="`{key}` means nothing where one dbt build runs all nodes",
    help="to keep runs apart, write `max_active_runs: 1` under `dag`; or use another mode",
    explain="""\
    In mode `watcher` one dbt build runs every node as soon as dbt can. A task that waits for its
    own last run would only wait to show what dbt has done long before: the node itself would not
    have waited. `max_active_runs: 1` keeps a run from starting before the last one ended.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop, default_args: {depends_on_past: true}}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: local}
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop, max_active_runs: 1}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: local}
      project_dir: /dbt/shop
    ```
    """,
)

WATCHER_FAILS_FAST: Final = Rule(
    code="DW571",
    name="watcher-fails-fast",
    severity="error",
    message="`fail_fast` cannot be had in mode `watcher`",
    help="leave `fail_fast` out; dbt itself skips what waits for a failed node",
    explain="""\
    Airflow allows `fail_fast` only in DAGs whose tasks all have the trigger rule `all_success`.
    Here the task that holds the results of the dbt build has to be there however the build ends.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop, fail_fast: true}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: local}
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: local}
      project_dir: /dbt/shop
    ```
    """,
)

PRODUCER_ARGUMENT: Final = Rule(
    code="DW572",
    name="producer-argument",
    severity="error",
    message="a producer cannot have `{key}`: {reason}",
    help="leave it out",
    explain="""\
    A producer hears from dbt's log what becomes of each node, from its first line to its last.
    It reads it as it comes, in a task that runs; and when that task is killed, its dbt must not
    go on, or two would run the same nodes. What would change that is refused. Its watchers hold
    no slot of a worker while they wait, whatever the producer does.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: kubernetes, image: dbt, deferrable: true}
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../shop}
    execute:
      mode: watcher
      producer: {mode: kubernetes, image: dbt}
      project_dir: /dbt/shop
    ```
    """,
)

RULES: Final = (WATCHER_WITH_PAST, WATCHER_FAILS_FAST, PRODUCER_ARGUMENT)
