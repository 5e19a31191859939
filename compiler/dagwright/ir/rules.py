"""Complaints raised while a selection becomes a graph: DW4xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

CROSS_DAG_TEST: Final = Rule(
    code="DW401",
    name="cross-dag-test",
    severity="error",
    message="{test} reads {outside}, which this DAG does not build",
    help="select that too, or exclude the test; `last` runs such tests, `skip` leaves them out",
    explain="""\
    The selection takes part in a test that also reads a table which is not selected: another DAG
    builds it, at a time of its own, or none does. `render.cross_dag_tests` says what to do:

    - `last`, the default: the test runs as in `dbt build`, after the last of its parents that this
      DAG has. What it reads of the others is taken as it is then. It holds back only what is built
      from all that it reads.
    - `skip`: the test is left out. A test whose parents are split over two DAGs runs in neither;
      `dagwright ls --coverage` lists it.
    - `error`: this finding, for each such test.

    A source is built by no DAG, so a test that reads one is none of these. An ephemeral model is
    no table: a test of it reads what the model reads. Each spec is judged by itself, also where
    several are compiled together.

    ## Example
    ```yaml
    version: 1
    dag: {id: orders}
    render:
      project_dir: ../dbt/shop
      select: [orders]
      cross_dag_tests: error
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: orders}
    render:
      project_dir: ../dbt/shop
      select: [orders]
      exclude: [orders_match_invoices]
      cross_dag_tests: error
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

ONLY_CROSS_DAG_TESTS: Final = Rule(
    code="DW402",
    name="only-cross-dag-tests",
    severity="error",
    message="nothing is left to run: all that is selected are {count} tests of other DAGs' tables",
    help="use `cross_dag_tests: last` where a DAG is there for its tests",
    explain="""\
    `render.cross_dag_tests: skip` leaves out the tests that read what this DAG does not build, and
    the spec selects nothing else. A DAG without tasks would be green for ever.

    ## Example
    ```yaml
    version: 1
    dag: {id: audits}
    render:
      project_dir: ../dbt/shop
      select: ["test_type:singular"]
      cross_dag_tests: skip
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: audits}
    render:
      project_dir: ../dbt/shop
      select: ["test_type:singular"]
      cross_dag_tests: last
    execute: {mode: local, project_dir: /opt/dbt/shop}
    ```
    """,
)

SELECTION_DIFFERS: Final = Rule(
    code="DW403",
    name="selection-differs",
    severity="error",
    message="{executable} selects something else than this compile",
    help="only dbt: {dbt}; only dagwright: {ours}; is the manifest that of the project as it is?",
    explain="""\
    `compile --verify-selection` asks the dbt of `render.dbt` for the same selection, by `dbt ls`.
    dbt reads the project as it is now, so the commonest reason is a manifest that is older, or
    was parsed with other variables or another target. If it is fresh, one of the two is wrong,
    and we would like to know.

    ## Example
    A model that was added since the last `dbt parse`, with `render: {load: manifest}`.

    ## Use instead
    `dbt parse`, or `render: {load: dbt}`.
    """,
)

NOTHING_RUNS: Final = Rule(
    code="DW404",
    name="nothing-runs",
    severity="error",
    message="no task of this spec would run dbt",
    help="the selection is not empty, but `render` leaves no task for any of it",
    explain="""\
    Something is selected, and yet nothing of it runs: only exposures, say, or only tests where
    `tests: none`, only seeds where `seeds: none`, only ephemeral models, or unit tests without
    their models. The DAG would be green for ever.

    ## Example
    `render: {project_dir: ../dbt/shop, select: "test_type:unit"}`: `dbt build` runs unit tests
    only together with their models, which are not selected.

    ## Use instead
    `render: {project_dir: ../dbt/shop, select: "orders"}`, which brings its unit tests along.
    """,
)

NO_SUCH_GROUPS: Final = Rule(
    code="DW405",
    name="no-such-groups",
    severity="warning",
    message="no node that runs here has a tag that begins with `{prefix}`, so nothing is grouped",
    help="{hint}",
    explain="""\
    `render: {group_by: "tag:PREFIX"}` puts a node into the task group that the rest of its tag
    names. Where no tag begins so, every task stands outside of any group, as with `none`.

    ## Example
    `render: {group_by: "tag:taem:"}` in a project whose models have tags such as `team:finance`.

    ## Use instead
    `render: {group_by: "tag:team:"}`.
    """,
)

RULES: Final = (
    CROSS_DAG_TEST,
    ONLY_CROSS_DAG_TESTS,
    SELECTION_DIFFERS,
    NOTHING_RUNS,
    NO_SUCH_GROUPS,
)
