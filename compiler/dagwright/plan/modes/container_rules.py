"""Complaints of the modes in which dbt runs in a container: DW520 to DW549."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

OPERATOR_ARGUMENT: Final = Rule(
    code="DW520",
    name="operator-argument",
    severity="error",
    message="`{name}` is no argument that can be given to the operator of mode `{kind}`",
    help="{hint}",
    explain="""\
    `operator_args` is the way to the arguments of Airflow's operator that have no key in a spec.
    It takes those that are data. What the compiler decides, what a key of the spec says, and what
    is a Python object, it does not take: it would count for nothing, or break the command.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      operator_args: {mem_limit: 1g}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      limits: {memory: 1Gi}
    ```
    """,
)

OPERATOR_ARGUMENT_TYPE: Final = Rule(
    code="DW521",
    name="operator-argument-type",
    severity="error",
    message="the operator takes {expected} for `{name}`",
    help="see the documentation of the operator",
    explain="""\
    Airflow would fail where the DAG is built, or later where the task runs.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      operator_args: {force_pull: "yes"}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      operator_args: {force_pull: true}
    ```
    """,
)

OURS_IN_POD: Final = Rule(
    code="DW522",
    name="pod-part-decided-elsewhere",
    severity="error",
    message="`pod` cannot decide {part}",
    help="{hint}",
    explain="""\
    `pod` is merged into the manifest that the compiler makes. What the command is made of, and
    what the operator writes over, would be lost or would break the task.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      pod: {metadata: {namespace: analytics}}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      namespace: analytics
    ```
    """,
)

POD_PATCH: Final = Rule(
    code="DW523",
    name="pod-patch",
    severity="error",
    message="Kubernetes could not merge this: {fault}",
    help="see strategic merge patch in the documentation of Kubernetes",
    explain="""\
    `pod` is merged as `kubectl patch` merges (strategic merge). Items of `containers`, `env`,
    `volumes` and a few more lists are known by a key of theirs, and without it nobody knows which
    item is meant. `$patch: delete`, `$patch: replace`, `$retainKeys` and
    `$deleteFromPrimitiveList/finalizers` are directives; others are none here.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      pod: {spec: {containers: [{securityContext: {runAsNonRoot: true}}]}}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      pod: {spec: {containers: [{name: dbt, securityContext: {runAsNonRoot: true}}]}}
    ```
    """,
)

LABEL_OF_OPERATOR: Final = Rule(
    code="DW524",
    name="label-of-operator",
    severity="error",
    message="Airflow's operator writes the label `{label}` itself",
    help="choose another name, such as `dbt/{label}`",
    explain="""\
    The operator of pods labels them with what they run: `dag_id`, `run_id`, `task_id`,
    `map_index`, `try_number` and a few more. By these labels it finds a pod again after a restart.
    Another value would be written over, or would hide the pod.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {task_id: dbt}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {task: dbt}
    ```
    """,
)

RULES: Final = (
    OPERATOR_ARGUMENT,
    OPERATOR_ARGUMENT_TYPE,
    OURS_IN_POD,
    POD_PATCH,
    LABEL_OF_OPERATOR,
)
