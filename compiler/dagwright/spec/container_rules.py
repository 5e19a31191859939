"""Complaints about what a spec says of containers, pods and secrets: DW140 to DW153."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

FEATURE_OF_OTHER_MODE: Final = Rule(
    code="DW140",
    name="feature-of-other-mode",
    severity="error",
    message="mode `{mode}` has no `{feature}`",
    help="modes that have it: {modes}",
    explain="""\
    Nothing that a spec asks for is dropped in silence. What a runtime cannot give is an error,
    which names the modes that can: Docker's operator limits memory and weighs CPU, but cannot
    reserve memory; a Secret of Kubernetes reaches pods alone; and a password from a connection
    would stand in the pod's manifest for all to read. The table of modes and features in the
    documents is made from what this rule reads.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets:
        DBT_PASSWORD: {kubernetes_secret: warehouse, key: password}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets:
        DBT_PASSWORD: {connection: warehouse, field: password}
    ```
    """,
)

ONE_SOURCE: Final = Rule(
    code="DW141",
    name="one-source",
    severity="error",
    message="exactly one of {known} is written here, and this has {found}",
    help="say where it comes from, once",
    explain="""\
    A secret lies in one place, and a volume comes from one place. With two, one of them would
    count for nothing.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      volumes:
        - {mount: /dbt, host: /srv/dbt, volume: dbt}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      volumes:
        - {mount: /dbt, host: /srv/dbt}
    ```
    """,
)

DETAIL_WITHOUT_SOURCE: Final = Rule(
    code="DW142",
    name="detail-without-source",
    severity="error",
    message="`{key}` means nothing without `{other}`",
    help="write `{other}` beside it, or leave it out",
    explain="""\
    `field` is a field of a connection and `key` a key of a Secret of Kubernetes; an Airflow
    variable has neither.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets:
        DBT_PASSWORD: {variable: warehouse, field: password}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets:
        DBT_PASSWORD: {connection: warehouse, field: password}
    ```
    """,
)

LIMIT_BELOW_REQUEST: Final = Rule(
    code="DW143",
    name="limit-below-request",
    severity="error",
    message="at most {most} of {name} is less than the {least} that `resources` gives",
    help="`resources` is what a task gets at least, `limits` what it may take at most",
    explain="""\
    No machine can give a task more than it may take; Kubernetes refuses such a pod.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      resources: {memory: 2Gi}
      limits: {memory: 1Gi}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      resources: {memory: 1Gi}
      limits: {memory: 2Gi}
    ```
    """,
)

SECRET_AND_ENV: Final = Rule(
    code="DW144",
    name="secret-and-env",
    severity="error",
    message="`{name}` is a secret here, and a plain variable in `env`",
    help="leave one of them out",
    explain="""\
    An environment variable has one value. Which of two a command sees would depend on the runtime.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      env: {DBT_USER: shop}
      secrets: {DBT_USER: {connection: warehouse, field: login}}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets: {DBT_USER: {connection: warehouse, field: login}}
    ```
    """,
)

ILLEGAL_LABEL: Final = Rule(
    code="DW145",
    name="illegal-label",
    severity="error",
    message="{text!r} is not the {what} of a label that Kubernetes takes",
    help="up to 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends",
    explain="""\
    Kubernetes refuses a pod with such a label, and the operator might change it unseen. A key may
    have a prefix before it, a domain and a slash. What is no label can be an annotation.

    ## Example
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {team: "finance & stock"}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: kubernetes
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      labels: {team: finance-stock}
    ```
    """,
)

SECRET_OF_DEFINITION: Final = Rule(
    code="DW146",
    name="secret-of-definition",
    severity="error",
    message="in mode `{mode}` a secret belongs to {definition}, not to a run of it",
    help="{hint}; modes that take it from a spec: {modes}",
    explain="""\
    A run of a task of ECS, or of a job of Cloud Run, can change plain variables alone: a secret
    that was sent along would be stored with the run, for everybody to read who may look at it. The
    definition can name a secret of AWS Secrets Manager, of the Parameter Store or of Google's
    Secret Manager, and dbt sees it as an environment variable all the same.

    ## Example
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      secrets:
        DBT_PASSWORD: {connection: warehouse}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt  # its container has `secrets: [{name: DBT_PASSWORD, valueFrom: ...}]`
      container: dbt
      project_dir: /dbt/shop
    ```
    """,
)

ECS_RUNS_ON: Final = Rule(
    code="DW147",
    name="ecs-runs-on",
    severity="error",
    message="{problem}",
    help="{hint}",
    explain="""\
    ECS takes a launch type or a capacity provider strategy, and the operator drops the first of
    them where it has both. A task on Fargate has a network interface of its own, so it must be
    told its subnets. What stands beside `subnets` means nothing without them.

    ## Example
    ```yaml
    execute:
      mode: aws_ecs
      cluster: dbt
      task_definition: dbt
      container: dbt
      project_dir: /dbt/shop
      launch_type: FARGATE
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
    ```
    """,
)

ENTRYPOINT_ENDS_IN_DBT: Final = Rule(
    code="DW148",
    name="entrypoint-ends-in-dbt",
    severity="error",
    message="`{word}` would be called with the whole command, which starts with `dbt` again",
    help="write `entrypoint: dbt`, or in the list only what goes before `dbt`",
    explain="""\
    An entrypoint that is a list gets the whole command, `dbt run ...`, and runs it: `tini --`, or
    a script of the image that sets things up. A dbt that is called so refuses `dbt` as a command.
    Where dbt is on no PATH, `[env, "PATH=/venv/bin:/usr/bin:/bin"]` puts it there.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      entrypoint: [tini, --, /venv/bin/dbt]
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      entrypoint: [tini, --]
    ```
    """,
)

MOUNTED_TWICE: Final = Rule(
    code="DW149",
    name="mounted-twice",
    severity="error",
    message="another volume is mounted at {mount} already",
    help="mount one of them elsewhere",
    explain="""\
    A folder of a container comes from one place. Docker and Kubernetes refuse a container with two
    volumes there; written as `/dbt` and `/dbt/` they may pass, and one hides the other.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      volumes:
        - {mount: /dbt, host: /srv/dbt}
        - {mount: /dbt/, volume: dbt}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      volumes:
        - {mount: /dbt, host: /srv/dbt}
        - {mount: /dbt/target, volume: dbt}
    ```
    """,
)

LIMIT_TOO_LOW: Final = Rule(
    code="DW153",
    name="limit-too-low",
    severity="error",
    message="no container runs with at most {most} of {name}",
    help="{hint}",
    explain="""\
    Docker and Kubernetes take a limit of nothing for no limit at all, and Docker refuses to limit
    memory to less than 6 MiB. A size without a unit counts bytes.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      limits: {memory: 512}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      limits: {memory: 512Mi}
    ```
    """,
)

RULES: Final = (
    LIMIT_TOO_LOW,
    MOUNTED_TWICE,
    SECRET_OF_DEFINITION,
    ECS_RUNS_ON,
    FEATURE_OF_OTHER_MODE,
    ONE_SOURCE,
    DETAIL_WITHOUT_SOURCE,
    LIMIT_BELOW_REQUEST,
    SECRET_AND_ENV,
    ILLEGAL_LABEL,
    ENTRYPOINT_ENDS_IN_DBT,
)
