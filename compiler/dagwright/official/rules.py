"""Complaints of official models, and of those that are not there: DW540 to DW542."""

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

RULES: Final = (REFUSED_BY_MODEL, MODEL_MISSING, UNKNOWN_KUBERNETES)
