"""Complaints of official models, and of those that are not there: DW540 to DW544."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

REFUSED_BY_MODEL: Final = Rule(
    code="DW540",
    name="refused-by-model",
    severity="error",
    message="`{field}` {problem}",
    help="{hint}",
    explain="""\
    Where `dagwright[kubernetes]`, `[amazon]`, `[azure]` or `[google]` is installed, what will be
    sent is checked against the official model, without asking anybody: manifests against the
    schema of Kubernetes, calls of ECS against the service model of botocore, container groups and
    executions of jobs against the request models of Azure's and Google's SDKs. What they refuse
    would fail when a task runs, or be dropped without a word by an older cluster.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      pod: {spec: {terminationGracePeriod: 60}}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      pod: {spec: {terminationGracePeriodSeconds: 60}}
    ```
    """,
)

MODEL_MISSING: Final = Rule(
    code="DW541",
    name="model-missing",
    severity="error",
    message="the official model for mode `{mode}` is not installed, and the spec asks for it",
    help='pip install "dagwright[{extra}]"',
    explain="""\
    `requires.schemas: true` says that what is sent must have been checked against the official
    models, and `kubernetes_version` by which of them. Without the extra of the mode nothing was
    checked, and an artifact that looks checked would be worse than none.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      kubernetes_version: "1.31"  # where kubernetes-validate is not installed
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
    ```
    """,
)

UNKNOWN_KUBERNETES: Final = Rule(
    code="DW542",
    name="unknown-kubernetes",
    severity="error",
    message="there is no schema of Kubernetes {version}",
    help="there are schemas of {known}",
    explain="""\
    The schemas of Kubernetes come with the package kubernetes-validate, which has those of about
    a dozen versions.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      kubernetes_version: "1.2"
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      kubernetes_version: "1.31"
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
    ```
    """,
)

REFUSED_BY_SERVER: Final = Rule(
    code="DW543",
    name="refused-by-api-server",
    severity="error",
    message="`{field}` {problem}",
    help="{hint}",
    explain="""\
    An API server of Kubernetes checks more of a pod than its schema says: how names and labels
    are written, that no request is above its limit, that what is mounted is there, and mounted at
    one place. Such a pod is refused, and its task fails before dbt has started. What only an
    Airflow template decides is not known here.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      service_account: dbt_runner
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      service_account: dbt-runner
    ```
    """,
)

TEMPLATE_IN_LABEL: Final = Rule(
    code="DW544",
    name="template-in-label",
    severity="warning",
    message="`{field}` {problem}: Kubernetes takes no label with `:` and `+`",
    help="every pod has the labels `dag_id`, `run_id`, `task_id` and `try_number` anyway, made "
    "legal; any other text can be an annotation, and `{{{{ ts_nodash }}}}` a label",
    explain="""\
    A label holds up to 63 letters, digits, `-`, `_` and `.`. The id of a run that nobody named,
    and a moment with its zone, have other characters: the pod would be refused when its task runs.
    Airflow's operator gives every pod the labels `dag_id`, `run_id`, `task_id` and `try_number`,
    made legal; an annotation may be any text. Of a template with a filter, such as
    `{{ run_id | replace(":", "") }}`, nothing is said.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {run: "{{ run_id }}"}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {day: "{{ ds }}"}
      annotations: {run: "{{ run_id }}"}
    ```
    """,
)

RULES: Final = (
    REFUSED_BY_MODEL,
    MODEL_MISSING,
    UNKNOWN_KUBERNETES,
    REFUSED_BY_SERVER,
    TEMPLATE_IN_LABEL,
)
