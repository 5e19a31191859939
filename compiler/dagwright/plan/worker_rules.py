"""Complaints about dbt in a worker: what makes it slow, and what it cannot do. DW554-DW559."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

VARS_DEFEAT_PARSE: Final = Rule(
    code="DW554",
    name="vars-defeat-partial-parse",
    severity="warning",
    message="with another value of `{name}` dbt parses the whole project anew, in every task",
    help="give it to dbt by `execute.env`, and read it by `env_var('{name}')`",
    ignorable=True,
    explain="""\
    dbt keeps what it parsed, and takes it only if its `--vars` are those that it was parsed with,
    to the letter. A variable that a template fills in differs from run to run, so every task
    parses the whole project: seconds for hundreds of models, a minute for thousands. dbt looks at
    environment variables more closely: it parses only the files that read a changed one.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, vars: {day: "{{ ds }}"}}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, env: {DAY: "{{ ds }}"}}
    ```
    """,
)

NOTHING_TO_BAKE: Final = Rule(
    code="DW555",
    name="nothing-to-bake",
    severity="error",
    message="no partial parse can be baked for this spec: {why}",
    help="{hint}",
    explain="""\
    `dagwright bake` lets dbt parse a project as the tasks of a spec will, and keeps the outcome
    for them. Variables that a template fills in are known only when a task runs, and dbt 2 keeps
    no such file. A profile that tasks make of an Airflow connection is part of what dbt compares,
    so Airflow has to make it, or a file of the same values be named.

    ## Example
    `dagwright bake` of a spec with `execute: {vars: {day: "{{ ds }}"}}`.

    ## Use instead
    `execute: {env: {DAY: "{{ ds }}"}}`, and `env_var('DAY')` in the models that read it.
    """,
)

BAKE_REFUSED: Final = Rule(
    code="DW556",
    name="bake-refused",
    severity="error",
    message="dbt does not take the partial parse that it has just made: {reason}",
    help="make what it names the same at every parse",
    explain="""\
    After `dagwright bake` has let dbt parse a project, it lets dbt parse once more with the
    outcome at hand. If dbt does not take it then, no task will.

    ## Example
    A profile or a `dbt_project.yml` that holds the time of day or a random number.

    ## Use instead
    Values that are the same from one parse to the next.
    """,
)

HOOKS_PER_TASK: Final = Rule(
    code="DW557",
    name="hooks-run-per-task",
    severity="warning",
    message="{count} hooks of the project run in every task: {names}",
    help="if they may, write `hooks: per_task`; `dagwright explain DW557` says what else to do",
    ignorable=True,
    explain="""\
    `on-run-start` and `on-run-end` hooks are part of every dbt command, and dbt has no switch for
    them. A DAG with a task a model runs them as often as it has tasks: grants are given again and
    again, and a table that a hook fills gets a row a task. Where that is wrong, put the statements
    into a model that others depend on, or guard each hook by a variable of the environment:
    `on-run-end: "{{ grant_all() if env_var('RUN_HOOKS', 'yes') == 'yes' }}"`.

    ## Example
    `execute: {mode: local}` for a project with `on-run-start: ["create schema if not exists x"]`.

    ## Use instead
    `execute: {mode: local, hooks: per_task}`, where it does no harm to run it in every task.
    """,
)

HOOKS_NOT_SO: Final = Rule(
    code="DW558",
    name="hooks-not-so",
    severity="error",
    message="dbt runs the hooks of the project {nature} in this mode: {names}",
    help="{hint}",
    explain="""\
    Hooks are part of every dbt command. In most modes a task is a command, so they run in every
    task; in `watcher` mode one command runs all, so they run once. dbt has no switch to leave them
    out.

    ## Example
    `execute: {mode: local, hooks: off}` for a project with `on-run-end: ["{{ grant_all() }}"]`.

    ## Use instead
    `execute: {mode: local, hooks: per_task, env: {RUN_HOOKS: "no"}}`, and in the project
    `on-run-end: ["{{ grant_all() if env_var('RUN_HOOKS', 'yes') == 'yes' }}"]`.
    """,
)

RULES: Final = (
    VARS_DEFEAT_PARSE,
    NOTHING_TO_BAKE,
    BAKE_REFUSED,
    HOOKS_PER_TASK,
    HOOKS_NOT_SO,
)
