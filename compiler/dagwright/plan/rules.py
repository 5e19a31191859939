"""Complaints raised while a graph becomes a plan: DW5xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

UNMAPPED_PATH: Final = Rule(
    code="DW501",
    name="unmapped-path",
    severity="error",
    message="the path {path!r} is needed at run time, but nothing says where it lies there{where}",
    help="{hint}",
    explain="""\
    `render:` paths are read where the compiler runs, `execute:` paths where dbt runs. They are
    rarely the same, so no render path is ever used at run time as it stands: a command gets the
    path that `execute` gives, or the one that the longest matching row of `execute.paths` makes
    of the render path.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../dbt/shop
    execute:
      mode: local
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../dbt/shop
    execute:
      mode: local
      project_dir: /opt/dbt/shop
    ```
    """,
)

OVERRIDE_MATCHES_NOTHING: Final = Rule(
    code="DW502",
    name="override-matches-nothing",
    severity="error",
    message="this override matches no node that a task runs",
    help="{hint}",
    explain="""\
    An entry of `render.overrides` gives Airflow settings to the tasks that run the nodes that its
    `select` names. One that matches nothing is most often misspelt, and its settings would be
    lost without a word. It selects nodes alone, without the tests that hang on them: name tests
    by `tag:heavy,resource_type:test` or the like. Nodes that the spec does not select, and
    ephemeral models, have no task.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../dbt/shop
      overrides:
        - {select: "tag:haevy", pool: heavy}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render:
      project_dir: ../dbt/shop
      overrides:
        - {select: "tag:heavy", pool: heavy}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

COMMAND_TOO_LONG: Final = Rule(
    code="DW503",
    name="command-too-long",
    severity="error",
    message="the command of {task!r} would be {size:,} bytes long, and {limit:,} are allowed",
    help="use `tests: after_each`, select fewer nodes, or give them shorter names",
    explain="""\
    Systems refuse to start a program whose arguments are too long, and services that start it
    elsewhere refuse them earlier. dbt takes a long selection in no other way: it reads selectors
    from `selectors.yml` at the root of the project alone. So the tests of one task are dealt out
    over as many tasks as it takes, `all.tests` and `all.tests.2`. What is left to this error is
    what cannot be dealt out: a `build` runs a node and its unit tests together, and a node has
    one name, however long.

    ## Example
    `render: {tests: build}`, where one model has a thousand unit tests.

    ## Use instead
    `render: {tests: after_each}`, which gives the unit tests tasks of their own.
    """,
)

SHAPE_DIFFERS: Final = Rule(
    code="DW504",
    name="environment-changes-shape",
    severity="error",
    message="the environment {name!r} would change which tests run",
    help="set `test_indirect_selection` in the base `execute:` block, for all environments",
    explain="""\
    An environment says how and where tasks run, never which: what was tested in one environment
    must be what runs in another. `test_indirect_selection` decides which tests take part, so it
    belongs in the base `execute:` block alone.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    environments:
      prod: {execute: {test_indirect_selection: cautious}}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop, test_indirect_selection: cautious}
    environments:
      prod: {execute: {invocation: dbt_runner}}
    ```
    """,
)

NO_SUCH_TASK: Final = Rule(
    code="DW506",
    name="no-such-task",
    severity="error",
    message="this spec has no task {task!r}",
    help="{hint}",
    explain="""\
    `dagwright explain SPEC TASK` was asked about a task that the spec does not compile to.

    ## Example
    `dagwright explain shop.dagwright.yaml orders`

    ## Use instead
    `dagwright explain shop.dagwright.yaml shop.orders.run`
    """,
)

CROSS_DAG_EDGE: Final = Rule(
    code="DW507",
    name="cross-dag-edge",
    severity="error",
    message="{reader} reads {table}, which this DAG does not build",
    help="select that too, or use `cross_dag: assets` or `ignore`",
    explain="""\
    With `render.cross_dag: error` a DAG is whole: whatever its nodes read, sources apart, it also
    builds. Ephemeral models are no tables: what reads one reads what that reads. With
    `seeds: none`, seeds count as sources.

    ## Example
    ```yaml
    version: 1
    dag: {id: marts}
    render: {project_dir: ../dbt/shop, select: ["path:models/marts"], cross_dag: error}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: marts}
    render: {project_dir: ../dbt/shop, select: ["+path:models/marts"], cross_dag: error}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

NOTHING_TO_WAIT_FOR: Final = Rule(
    code="DW508",
    name="nothing-to-wait-for",
    severity="error",
    message="this DAG builds all that it reads, so `cross_dag: assets` gives it no schedule",
    help="leave out `cross_dag`, and give `dag.schedule`",
    explain="""\
    With `render.cross_dag: assets` a DAG runs when the tables of other DAGs that it reads have
    been updated. This one reads none: it would never run.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop, cross_dag: assets}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop, schedule: "@daily"}
    render: {project_dir: ../dbt/shop}
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

ASSET_OF_NOBODY: Final = Rule(
    code="DW509",
    name="asset-of-nobody",
    severity="warning",
    message="{id} waits for {uri}, which no spec compiled with it writes",
    help="{hint}",
    explain="""\
    A DAG that is scheduled by assets runs once each of them has been updated. One that nobody
    updates keeps it from ever running. It may be written by a spec that was not compiled with
    this one, or in another repository: then this warning has nothing to say, and a comment
    `# dagwright: ignore[DW509]` beside the schedule hides it.

    ## Example
    `schedule: {assets: ["dbt://duckdb/shop/finance/fct_ordres"]}`

    ## Use instead
    `schedule: {assets: ["dbt://duckdb/shop/finance/fct_orders"]}`
    """,
)

DAG_CYCLE: Final = Rule(
    code="DW510",
    name="dag-cycle",
    severity="error",
    message="these DAGs wait for each other: {cycle}",
    help="move the nodes that lie between them into one DAG, or give one of them a schedule",
    explain="""\
    Each of the DAGs is scheduled by a table that the next one writes, so none of them ever runs.
    The dbt project has no cycle; the selections cut it so that a path leads out of a DAG and
    back in.

    ## Example
    Two DAGs with `cross_dag: assets`: one selects `orders` and `report`, the other `revenue`,
    which reads `orders` and is read by `report`.

    ## Use instead
    `report` with `revenue`: paths then lead out of the first DAG only.
    """,
)

SEEDS_UNKNOWN_TO_MODE: Final = Rule(
    code="DW511",
    name="seeds-unknown-to-mode",
    severity="error",
    message="`seeds: on_change` works where a worker runs dbt, and the mode {mode!r} does not",
    help="use `seeds: always`, or one of the modes {modes}",
    explain="""\
    Whether a seed changed is known to a worker that can see its file and remember what it loaded
    last. Where dbt runs elsewhere, its file is elsewhere too.

    ## Example
    `render: {seeds: on_change}`, and an environment whose mode starts a container.

    ## Use instead
    `render: {seeds: always}`
    """,
)

META_SETTING: Final = Rule(
    code="DW512",
    name="meta-setting",
    severity="error",
    message="`meta.{key}` of {node} ({file}): {what}",
    help="{hint}",
    explain="""\
    A node of the dbt project can have settings for its task under `meta.dagwright` in its config,
    by the words of `render.overrides`. A key that is none of them would be lost without a word.
    `execute.policy` is the weakest, then `meta`, then `render.overrides`, each key by itself. The
    finding stands at the manifest, where it was read.

    ## Example
    In the dbt project: `config: {meta: {dagwright: {retry: 2}}}`

    ## Use instead
    In the dbt project: `config: {meta: {dagwright: {retries: 2}}}`
    """,
)

BAD_EXECUTE_PATH: Final = Rule(
    code="DW513",
    name="bad-execute-path",
    severity="error",
    message="{path!r} cannot be found where dbt runs: {why}",
    help="{hint}",
    explain="""\
    A path under `execute` is one of the machine or the container in which dbt runs, and the
    compiler writes it into commands as it stands. In worker modes a relative one starts at the
    folder of the loader file, so that versioned bundles of DAGs work. In a container there is no
    such folder, no home that `~` stands for, and no drive of the machine that compiled: a path
    that needs one has leaked out of it.

    ## Example
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: docker, image: dbt, project_dir: ../dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: ../dbt/shop}
    execute: {mode: docker, image: dbt, project_dir: /dbt/shop}
    ```
    """,
)

RULES: Final = (
    UNMAPPED_PATH,
    OVERRIDE_MATCHES_NOTHING,
    COMMAND_TOO_LONG,
    SHAPE_DIFFERS,
    NO_SUCH_TASK,
    CROSS_DAG_EDGE,
    NOTHING_TO_WAIT_FOR,
    ASSET_OF_NOBODY,
    DAG_CYCLE,
    SEEDS_UNKNOWN_TO_MODE,
    META_SETTING,
    BAD_EXECUTE_PATH,
)
