"""Complaints of the modes in which a cloud runs each command: DW530 to DW539."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

RUN_TOO_LONG: Final = Rule(
    code="DW530",
    name="ecs-overrides-too-long",
    severity="error",
    message="ECS takes {limit} characters of overrides, and those of {task} have {size}",
    help="move `env` to the task definition, write less in `vars`, or give nodes less tests",
    explain="""\
    The command of a task and its environment variables are sent to ECS as overrides of the task
    definition, and all of them together may have 8,192 characters. Variables that are the same in
    every run can stand in the task definition. With `tests: after_each`, the tests of a node have
    a command of their own.

    ## Example
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      env: {DBT_NOTE: "... nine thousand characters ..."}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt  # DBT_NOTE stands there
      container: dbt
      project_dir: /dbt/shop
    ```
    """,
)

FARGATE_SIZE: Final = Rule(
    code="DW531",
    name="fargate-size",
    severity="error",
    message="Fargate has no task with {size}",
    help="{hint}",
    explain="""\
    Fargate runs tasks of certain sizes alone, and refuses every other when it is asked to run one.

    ## Example
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      launch_type: FARGATE
      subnets: [subnet-0abc]
      resources: {cpu: 500m, memory: 8Gi}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      launch_type: FARGATE
      subnets: [subnet-0abc]
      resources: {cpu: 1, memory: 8Gi}
    ```
    """,
)

ROUNDED: Final = Rule(
    code="DW532",
    name="rounded-quantity",
    severity="warning",
    message="{quantity} is no whole number of units there, and becomes {made}",
    help="write what you get, and nothing is rounded",
    explain="""\
    ECS counts CPU in units of a 1,024th and memory in MiB; Container Instances counts CPU in
    hundredths and memory in tenths of a GB; Docker and Kubernetes count memory in whole bytes, of
    which `0.3Gi` is none. What lies between is rounded up, so that a task gets at least what it
    asked for.

    ## Example
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      resources: {memory: 1G}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      resources: {memory: 954Mi}
    ```
    """,
)

RULES: Final = (RUN_TOO_LONG, FARGATE_SIZE, ROUNDED)
