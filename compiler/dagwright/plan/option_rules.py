"""Complaints about dbt's options and engines, raised while commands are made: DW550-DW553."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

OPTION_TOO_NEW: Final = Rule(
    code="DW550",
    name="option-too-new",
    severity="error",
    message="`{key}` needs dbt {needed} or later, and the tasks run dbt {version}",
    help="leave it out, or say in `execute.dbt_version` which dbt runs the tasks",
    explain="""\
    An option is sent to the commands that know it in the dbt that runs the tasks. That is the one
    of `execute.dbt_version`, or the one that parsed the project. An older dbt would refuse the
    whole command.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, dbt_version: "1.9", sample: 3 days}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, dbt_version: "1.10", sample: 3 days}
    ```
    """,
)

OPTION_COUNTS_FOR_NOTHING: Final = Rule(
    code="DW551",
    name="option-counts-for-nothing",
    severity="error",
    message="no task of this spec has a command that knows `{key}`",
    help="it is known to {known}",
    explain="""\
    An option is sent to the commands that know it. Where the spec selects nothing that such a
    command runs, the option would be lost without a word.

    ## Example
    `execute: {empty: true}` in a spec that selects seeds alone.

    ## Use instead
    `render: {select: ["+fct_orders"]}`, with models to limit; or no `empty`.
    """,
)

ENGINE_TOO_OLD: Final = Rule(
    code="DW552",
    name="engine-too-old",
    severity="error",
    message="dbt {version} is older than any that is known here",
    help="dbt 1.8 and later are known",
    explain="""\
    Commands are written for dbt 1.8 and later; older ones lack flags that every task needs.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, dbt_version: "1.7"}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, dbt_version: "1.8"}
    ```
    """,
)

ENGINE_WITHOUT_API: Final = Rule(
    code="DW553",
    name="engine-without-api",
    severity="error",
    message="dbt {version} has no Python API that `dbt_runner` could call",
    help="use `invocation: subprocess`",
    explain="""\
    From 2.0 on dbt is a program of its own and no Python package. It is run as a program.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      invocation: dbt_runner
      dbt_version: "2.0"
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      invocation: subprocess
      dbt_version: "2.0"
    ```
    """,
)

RULES: Final = (OPTION_TOO_NEW, OPTION_COUNTS_FOR_NOTHING, ENGINE_TOO_OLD, ENGINE_WITHOUT_API)
