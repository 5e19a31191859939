"""Complaints about what a spec says: DW1xx, and about secrets in it: DW7xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

MISSING_KEY: Final = Rule(
    code="DW101",
    name="missing-key",
    severity="error",
    message="key `{key}` is missing in {where}",
    help="{hint}",
    explain="""\
    Some keys have no sensible default, and must be written (or come from a file that is extended).

    ## Example
    ```yaml
    dag:
      description: the shop
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      description: the shop
    ```
    """,
)

WRONG_TYPE: Final = Rule(
    code="DW102",
    name="wrong-type",
    severity="error",
    message="{where} is {expected}, and this is {found}",
    help="{hint}",
    explain="""\
    Values are never converted behind your back: `"2"` is text and `2` a number, in YAML as here.
    Only what a `${variable}` gave is read as the key wants it, quoted or not.

    ## Example
    ```yaml
    dag:
      id: shop
      max_active_runs: "1"
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      max_active_runs: 1
    ```
    """,
)

UNKNOWN_KEY: Final = Rule(
    code="DW103",
    name="unknown-key",
    severity="error",
    message="unknown key `{key}` in {where}",
    help="{hint}",
    explain="""\
    A key that nothing reads is most often a misspelt one. Keys that begin with `x-` are yours,
    for instance to hold anchors.

    ## Example
    ```yaml
    dag:
      id: shop
      schedul: "@daily"
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      schedule: "@daily"
    ```
    """,
)

UNKNOWN_WORD: Final = Rule(
    code="DW104",
    name="unknown-word",
    severity="error",
    message="{where} is {known}, and not {found}",
    help="{hint}",
    explain="""\
    The key takes one of a few words.

    ## Example
    ```yaml
    render:
      project_dir: shop
      tests: after_eech
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: shop
      tests: after_each
    ```
    """,
)

OUT_OF_RANGE: Final = Rule(
    code="DW105",
    name="out-of-range",
    severity="error",
    message="{where} is at least {least}, and this is {found}",
    help="to leave it to Airflow, remove the key",
    explain="""\
    Airflow takes no number below this one.

    ## Example
    ```yaml
    dag:
      id: shop
      max_active_runs: 0
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      max_active_runs: 1
    ```
    """,
)

BAD_DURATION: Final = Rule(
    code="DW106",
    name="bad-duration",
    severity="error",
    message="{where} is no duration",
    help="{hint}",
    explain="""\
    A duration is a number and a unit (`s`, `m`, `h` or `d`), or ISO 8601 such as `PT1H30M`. A bare
    number would leave its unit to be guessed.

    ## Example
    ```yaml
    dag:
      id: shop
      dagrun_timeout: 3600
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      dagrun_timeout: 1h
    ```
    """,
)

BAD_FORM: Final = Rule(
    code="DW107",
    name="bad-form",
    severity="error",
    message="{where} is not {called}",
    help="{hint}",
    explain="""\
    The text must have a certain form, because Airflow or dbt would refuse it otherwise.

    ## Example
    ```yaml
    dag:
      id: the shop
    ```

    ## Use instead
    ```yaml
    dag:
      id: the_shop
    ```
    """,
)

REFUSED_KEY: Final = Rule(
    code="DW108",
    name="retired-key",
    severity="error",
    message="`{key}` is no key here: {reason}",
    help="",
    explain="""\
    Airflow once had this word, or has it under another name. Accepting it would mean to drop
    it without a word.

    ## Example
    ```yaml
    dag:
      id: shop
      default_args: {sla: 2h}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      default_args: {execution_timeout: 2h}
    ```
    """,
)

DAG_OR_TASK_GROUP: Final = Rule(
    code="DW109",
    name="dag-or-task-group",
    severity="error",
    message="{problem}",
    help="a spec makes one DAG (`dag`) or one task group (`task_group`)",
    explain="""\
    A spec makes either a DAG of its own, or a task group for a hand-written DAG.

    ## Example
    ```yaml
    dag: {id: shop}
    task_group: {id: shop}
    ```

    ## Use instead
    ```yaml
    dag: {id: shop}
    ```
    """,
)

BAD_CRON: Final = Rule(
    code="DW110",
    name="bad-cron",
    severity="error",
    message="this is no cron expression: {why}",
    help="{hint}",
    explain="""\
    Airflow would refuse the DAG. The grammar is that of croniter, which Airflow uses: lists
    `1,2`, ranges `1-5`, steps `*/15`, names `mon-fri`, and `fri#2` and `L` for days.

    ## Example
    ```yaml
    dag:
      id: shop
      schedule: "0 25 * * *"
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      schedule: "0 23 * * *"
    ```
    """,
)

UNKNOWN_PRESET: Final = Rule(
    code="DW111",
    name="unknown-preset",
    severity="error",
    message="Airflow has no schedule {preset}",
    help="{hint}",
    explain="""\
    The schedules that Airflow knows by name are `@once`, `@continuous`, `@hourly`, `@daily`,
    `@weekly`, `@monthly`, `@quarterly` and `@yearly`.

    ## Example
    ```yaml
    dag:
      id: shop
      schedule: "@dayly"
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      schedule: "@daily"
    ```
    """,
)

UNKNOWN_TIMEZONE: Final = Rule(
    code="DW112",
    name="unknown-timezone",
    severity="error",
    message="there is no time zone {zone}",
    help="{hint}",
    explain="""\
    Time zones are named as in the IANA database: `Europe/Amsterdam`, `America/New_York`, `UTC`.

    ## Example
    ```yaml
    dag:
      id: shop
      start_date: 2026-01-01
      timezone: Europe/Amsterdm
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      start_date: 2026-01-01
      timezone: Europe/Amsterdam
    ```
    """,
)

BAD_MOMENT: Final = Rule(
    code="DW113",
    name="bad-date",
    severity="error",
    message="{where} is no date",
    help="write a date such as 2026-01-31, or a date and time such as 2026-01-31T06:00",
    explain="""\
    Dates are ISO 8601, so that they mean the same everywhere. Words such as `yesterday` would make
    a DAG that changes from day to day.

    ## Example
    ```yaml
    dag:
      id: shop
      start_date: 2026-02-30
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      start_date: 2026-02-28
    ```
    """,
)

REVERSED_DATES: Final = Rule(
    code="DW114",
    name="reversed-dates",
    severity="error",
    message="`end_date` is before `start_date`",
    help="the DAG would never run",
    explain="""\
    Nothing lies between an end and a later start.

    ## Example
    ```yaml
    dag:
      id: shop
      start_date: 2026-06-01
      end_date: 2026-01-01
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      start_date: 2026-01-01
      end_date: 2026-06-01
    ```
    """,
)

CONTINUOUS_RUNS: Final = Rule(
    code="DW115",
    name="continuous-runs",
    severity="error",
    message="`@continuous` needs `max_active_runs: 1`",
    help="Airflow refuses the DAG otherwise",
    explain="""\
    A continuous DAG starts its next run when the last one ends, so there can be only one.

    ## Example
    ```yaml
    dag:
      id: shop
      schedule: "@continuous"
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      schedule: "@continuous"
      max_active_runs: 1
    ```
    """,
)

SELECTOR_AND_SELECT: Final = Rule(
    code="DW116",
    name="selector-and-select",
    severity="error",
    message="`selector` stands beside `{other}`, which dbt would then ignore",
    help="keep one of the two",
    explain="""\
    dbt takes a selector of `selectors.yml` or `--select` and `--exclude`, and drops the latter
    without a word when it gets both.

    ## Example
    ```yaml
    render:
      project_dir: shop
      selector: nightly
      select: tag:nightly
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: shop
      selector: nightly
    ```
    """,
)

TEMPLATE_IN_RENDER: Final = Rule(
    code="DW117",
    name="template-in-render",
    severity="error",
    message="an Airflow template stands in `render`, which Airflow never sees",
    help="move it to `execute`, or use `${{NAME}}` for what the compiler should read",
    explain="""\
    `render` is read where the compiler runs, long before a DAG run exists. Templates are for
    `execute.vars` and `execute.env`.

    ## Example
    ```yaml
    render:
      project_dir: shop
      select: "tag:{{ ds }}"
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: shop
      select: "tag:daily"
    ```
    """,
)

REPEATED_PATH: Final = Rule(
    code="DW118",
    name="repeated-path",
    severity="error",
    message="`{path}` is mapped twice",
    help="keep one of the two rows",
    explain="""\
    A folder of the compiler's side lies at one place at run time. With two rows of the same
    length there would be no longest one to win.

    ## Example
    ```yaml
    execute:
      mode: local
      paths:
        - {render: ../dbt, execute: /dbt}
        - {render: ../dbt/, execute: /opt/dbt}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      paths:
        - {render: ../dbt, execute: /dbt}
    ```
    """,
)

NOT_FINITE: Final = Rule(
    code="DW119",
    name="not-finite",
    severity="error",
    message="JSON has no number `{text}`, and the artifact is JSON",
    help="quote it if it is text",
    explain="""\
    `.inf` and `.nan` are numbers to YAML alone; Airflow and dbt would get them through JSON. The
    same holds for numbers that are too large to be finite.

    ## Example
    ```yaml
    dag:
      id: shop
      params: {limit: .inf}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      params: {limit: 1000000}
    ```
    """,
)

UNSET_VARIABLE: Final = Rule(
    code="DW120",
    name="unset-variable",
    severity="error",
    message="variable `{name}` is not set",
    help="{hint} give a default: ${{{name}:-default}}",
    explain="""\
    `${NAME}` is replaced when the spec is read. `${NAME:-default}` has a default for a variable
    that is unset or empty, `${NAME:?message}` a message; `$$` is a dollar sign.

    ## Example
    ```yaml
    dag:
      id: shop
      default_args: {pool: "${SHOP_POOL}"}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      default_args: {pool: "${SHOP_POOL:-dbt}"}
    ```
    """,
)

REQUIRED_VARIABLE: Final = Rule(
    code="DW121",
    name="required-variable",
    severity="error",
    message="variable `{name}` is not set: {sentence}",
    help="set it where dagwright runs",
    explain="""\
    The spec says `${NAME:?message}`: without the variable it makes no sense.

    ## Example
    ```yaml
    dag:
      id: shop
      default_args: {owner: "${TEAM:?name the team that owns the DAG}"}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      default_args: {owner: "${TEAM:-analytics}"}
    ```
    """,
)

MALFORMED_VARIABLE: Final = Rule(
    code="DW122",
    name="malformed-variable",
    severity="error",
    message="`${{` begins no variable that can be read",
    help="write ${{NAME}}, ${{NAME:-default}} or ${{NAME:?message}}; `$${{` is the text itself",
    explain="""\
    Names are letters, digits and underscores; defaults hold no braces and no other variables.

    ## Example
    ```yaml
    dag:
      id: shop
      default_args: {pool: "${SHOP POOL}"}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      default_args: {pool: "${SHOP_POOL:-dbt}"}
    ```
    """,
)

UNKNOWN_AIRFLOW: Final = Rule(
    code="DW123",
    name="unknown-airflow",
    severity="error",
    message="no version of Airflow that dagwright knows is in this range",
    help="it knows {known}",
    explain="""\
    `requires.airflow` says which versions of Airflow will load the artifact, and what the spec
    says is checked against each of them, by a table of every version that the runtime supports.

    ## Example
    ```yaml
    requires: {airflow: "<2.4"}
    ```

    ## Use instead
    ```yaml
    requires: {airflow: ">=3.1"}
    ```
    """,
)

NOT_IN_AIRFLOW: Final = Rule(
    code="DW124",
    name="not-in-airflow",
    severity="error",
    message="{what} is not in Airflow {versions}",
    help="{hint}",
    explain="""\
    The artifact must load in every version of Airflow that `requires.airflow` lets in, `>=3.0` if
    the spec does not say. The tables are made from the signatures of the real packages.

    ## Example
    ```yaml
    requires: {airflow: ">=3.0"}
    dag:
      id: shop
      deadline: {reference: dagrun_queued_at, interval: 2h, callback: house.alerts.late}
    ```

    ## Use instead
    ```yaml
    requires: {airflow: ">=3.1"}
    dag:
      id: shop
      deadline: {reference: dagrun_queued_at, interval: 2h, callback: house.alerts.late}
    ```
    """,
)

TIMEZONE_WITHOUT_START: Final = Rule(
    code="DW125",
    name="timezone-without-start-date",
    severity="error",
    message="`timezone` needs `start_date`",
    help="write a `start_date`: it carries the time zone to Airflow",
    explain="""\
    A DAG of Airflow has the time zone of its `start_date`, and no argument of its own for it.
    Without a date, the schedule would be read as UTC.

    ## Example
    ```yaml
    dag:
      id: shop
      schedule: "0 6 * * *"
      timezone: Europe/Amsterdam
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      schedule: "0 6 * * *"
      start_date: 2026-01-01
      timezone: Europe/Amsterdam
    ```
    """,
)

FAIL_FAST_TRIGGER_RULE: Final = Rule(
    code="DW126",
    name="fail-fast-trigger-rule",
    severity="error",
    message="`trigger_rule: {rule}` cannot stand in a DAG with `fail_fast: true`",
    help="remove one of the two: Airflow refuses such a DAG",
    explain="""\
    A run that stops at its first failure leaves nothing for a task that waits for failures, or
    does not mind them. Airflow takes `all_success` alone.

    ## Example
    ```yaml
    dag:
      id: shop
      fail_fast: true
      default_args: {trigger_rule: all_done}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      fail_fast: true
    ```
    """,
)

RUN_TYPES_WITHOUT_SCHEDULE: Final = Rule(
    code="DW127",
    name="run-types-without-schedule",
    severity="error",
    message="`allowed_run_types` leaves out `{kind}`, the runs that {why}",
    help="add it: Airflow refuses such a DAG",
    explain="""\
    A DAG must be allowed the runs that its schedule starts: `scheduled` with a cron expression or
    a preset, `asset_triggered` with assets, `manual` without a schedule.

    ## Example
    ```yaml
    requires: {airflow: ">=3.2"}
    dag:
      id: shop
      schedule: "@daily"
      allowed_run_types: [backfill]
    ```

    ## Use instead
    ```yaml
    requires: {airflow: ">=3.2"}
    dag:
      id: shop
      schedule: "@daily"
      allowed_run_types: [scheduled, backfill]
    ```
    """,
)

UNKNOWN_VERSION: Final = Rule(
    code="DW128",
    name="unknown-version",
    severity="error",
    message="this dagwright knows no version {version} of the spec language",
    help="{hint}",
    explain="""\
    `version` is that of the spec language, and not of dagwright, of the DAG or of dbt. What a
    later version says may mean something else, so nothing more is said of the file.

    ## Example
    ```yaml
    version: 12
    ```

    ## Use instead
    ```yaml
    version: 1
    ```
    """,
)

OLD_VERSION: Final = Rule(
    code="DW129",
    name="old-version",
    severity="warning",
    message="this is version {version} of the spec language, and {newest} is the newest",
    help="`dagwright upgrade` writes the newest words, and leaves the rest as it is",
    explain="""\
    The file still means what it meant, but editors know the newest version alone. `dagwright
    upgrade` rewrites the words that have changed, in this file and in those that it extends, and
    only if the DAG stays the same. Comments stay where they are.

    ## Example
    A spec with `version: 1`, where 2 is the newest.

    ## Use instead
    `dagwright upgrade`, and commit what it changed.
    """,
)

UNKNOWN_ENVIRONMENT: Final = Rule(
    code="DW130",
    name="unknown-environment",
    severity="error",
    message="the spec has no environment `{name}`",
    help="{hint}",
    explain="""\
    The environment that was asked for stands nowhere under `environments`.

    ## Example
    `dagwright compile --environment production`, for a spec with the environments `dev` and
    `prod`.

    ## Use instead
    `dagwright compile --environment prod`
    """,
)

EXTENDS_CYCLE: Final = Rule(
    code="DW131",
    name="extends-cycle",
    severity="error",
    message="`extends` has no end: {chain}",
    help="a spec cannot extend itself, nor more than 16 files in a row",
    explain="""\
    Each file that is extended may extend another one, but never one that led to it.

    ## Example
    `shop.yaml` with `extends: base.yaml`, and `base.yaml` with `extends: shop.yaml`.

    ## Use instead
    `shop.yaml` with `extends: base.yaml`, and nothing in `base.yaml`.
    """,
)

CROSS_DAG_SCHEDULE: Final = Rule(
    code="DW132",
    name="cross-dag-schedule",
    severity="error",
    message="`cross_dag: assets` makes the schedule, so there can be no other",
    help="{hint}",
    explain="""\
    With `render.cross_dag: assets` a DAG runs when the tables of other DAGs that it reads have
    been updated: that is its schedule. Another one would start it at other times too, before its
    inputs are there, and a task group has no schedule at all.

    ## Example
    ```yaml
    version: 1
    dag: {id: marts, schedule: "@daily"}
    render: {project_dir: ../dbt/shop, select: ["path:models/marts"], cross_dag: assets}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: marts}
    render: {project_dir: ../dbt/shop, select: ["path:models/marts"], cross_dag: assets}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

CROSS_DAG_SENSOR: Final = Rule(
    code="DW133",
    name="cross-dag-sensor",
    severity="error",
    message="`cross_dag: sensor` is not offered: a sensor waits for a run of the very same date",
    help="use `assets`: the DAG runs when the tables that it reads have been updated",
    explain="""\
    Airflow's sensor for another DAG waits for that DAG's run with the same logical date. Two DAGs
    share one only where their schedules agree to the second; a run by hand, by an asset or after
    a changed schedule has another, and the sensor waits for what never comes. In Airflow 3 many
    runs have no logical date at all. An asset is updated by the task that writes the table,
    whatever started it.

    ## Example
    ```yaml
    version: 1
    dag: {id: marts, schedule: "@daily"}
    render: {project_dir: ../dbt/shop, select: ["path:models/marts"], cross_dag: sensor}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: marts}
    render: {project_dir: ../dbt/shop, select: ["path:models/marts"], cross_dag: assets}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

RETIRED_WORD: Final = Rule(
    code="DW134",
    name="retired-word",
    severity="error",
    message="`{old}` is an old word for `{new}`",
    help="write `{new}`; `dagwright upgrade` does it",
    explain="""\
    Airflow renamed some of its words, and its newer versions do not know the old ones.

    ## Example
    ```yaml
    dag:
      id: shop
      default_args: {trigger_rule: dummy}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      default_args: {trigger_rule: always}
    ```
    """,
)

DUPLICATE_ID: Final = Rule(
    code="DW505",
    name="duplicate-dag-id",
    severity="error",
    message="the id {id!r} is taken: {other} has it too",
    help="ids are unique over all specs that are compiled together",
    explain="""\
    Airflow knows a DAG by its id alone. Of two DAGs with one id it would load either, today one
    and tomorrow the other; and both specs would write the same artifact.

    ## Example
    Two specs that both say `dag: {id: shop}`.

    ## Use instead
    `dag: {id: shop}` in one and `dag: {id: shop_nightly}` in the other.
    """,
)

SECRET_KEY: Final = Rule(
    code="DW701",
    name="literal-secret",
    severity="error",
    message="the value of `{key}` looks like a secret, and would be written into the artifact",
    help="{hint}",
    ignorable=True,
    secret=True,
    explain="""\
    What a spec says is copied into artifacts, logs and the Airflow UI. Secrets stay where they
    are kept: say in `execute.secrets` which Airflow connection or variable has it, which is looked
    up when the task runs, or let the worker's environment have it and read it in dbt by
    `env_var()`.
    The value of `${NAME}` is copied too.

    ## Example
    ```yaml
    execute:
      mode: local
      env: {DBT_PASSWORD: hunter2}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      secrets: {DBT_PASSWORD: {connection: warehouse}}
    ```
    """,
)

SECRET_SHAPE: Final = Rule(
    code="DW702",
    name="secret-shape",
    severity="error",
    message="this looks like {kind}",
    help="refer to a connection instead: `{{{{ conn.NAME.password }}}}`; and revoke this one",
    ignorable=True,
    secret=True,
    explain="""\
    Keys and tokens of well-known services have a shape that hardly anything else has. One that
    stood in a file counts as leaked: have a new one made.

    ## Example
    ```yaml
    execute:
      mode: local
      env: {BUCKET_OWNER: AKIAIOSFODNN7EXAMPLE}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      env: {BUCKET_OWNER: "{{ conn.bucket.login }}"}
    ```
    """,
)

SECRET_URL: Final = Rule(
    code="DW703",
    name="password-in-url",
    severity="error",
    message="this URL holds a password",
    help="keep it in an Airflow connection: `{{{{ conn.NAME.get_uri() }}}}`",
    ignorable=True,
    secret=True,
    explain="""\
    URLs end up in logs, more readily than anything else.

    ## Example
    ```yaml
    execute:
      mode: local
      env: {WAREHOUSE: "postgresql://shop:hunter2@db/shop"}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      env: {WAREHOUSE: "{{ conn.warehouse.get_uri() }}"}
    ```
    """,
)

SECRET_IN_PLAIN_SIGHT: Final = Rule(
    code="DW704",
    name="secret-in-plain-sight",
    severity="warning",
    message="what `{key}` is filled in with can be read in the settings of the container",
    help="say in `execute.secrets` where it lies: that is shown to nobody",
    ignorable=True,
    explain="""\
    A template is filled in by Airflow, and its value becomes part of what is asked of the runtime:
    of a pod's manifest, of a container's settings, of a run of a task. Whoever may look at these
    reads the secret. A Secret of Kubernetes reaches a pod as a reference, a connection or variable
    of Airflow reaches Docker beside all that is shown, and the definitions of ECS and Cloud Run
    name secrets of their own.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      env: {DBT_PASSWORD: "{{ conn.warehouse.password }}"}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: registry.example/dbt:1.11
      project_dir: /dbt/shop
      secrets: {DBT_PASSWORD: {connection: warehouse}}
    ```
    """,
)

RULES: Final = (
    MISSING_KEY,
    WRONG_TYPE,
    UNKNOWN_KEY,
    UNKNOWN_WORD,
    OUT_OF_RANGE,
    BAD_DURATION,
    BAD_FORM,
    REFUSED_KEY,
    DAG_OR_TASK_GROUP,
    BAD_CRON,
    UNKNOWN_PRESET,
    UNKNOWN_TIMEZONE,
    BAD_MOMENT,
    REVERSED_DATES,
    CONTINUOUS_RUNS,
    SELECTOR_AND_SELECT,
    TEMPLATE_IN_RENDER,
    REPEATED_PATH,
    NOT_FINITE,
    UNSET_VARIABLE,
    REQUIRED_VARIABLE,
    MALFORMED_VARIABLE,
    UNKNOWN_AIRFLOW,
    NOT_IN_AIRFLOW,
    TIMEZONE_WITHOUT_START,
    FAIL_FAST_TRIGGER_RULE,
    RUN_TYPES_WITHOUT_SCHEDULE,
    UNKNOWN_VERSION,
    OLD_VERSION,
    UNKNOWN_ENVIRONMENT,
    EXTENDS_CYCLE,
    CROSS_DAG_SCHEDULE,
    CROSS_DAG_SENSOR,
    RETIRED_WORD,
    DUPLICATE_ID,
    SECRET_KEY,
    SECRET_SHAPE,
    SECRET_URL,
    SECRET_IN_PLAIN_SIGHT,
)
