"""The complaint of an upgrade that would not be one: DW651."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

CHANGED_MEANING: Final = Rule(
    code="DW651",
    name="upgrade-changes-spec",
    severity="error",
    message="{spec} would not mean the same after an upgrade: {what}",
    help="nothing is changed; write the newer words by hand, or give each place a text of its own",
    explain="""\
    `dagwright upgrade` changes words and never what a spec compiles to. Here both go together,
    because one text counts at several places: through an anchor, or because several specs extend
    the file. What is an old word at one of them means something else at another.

    ## Example
    ```yaml
    x-limits: &limits {task_concurrency: 2}
    dag:
      default_args: *limits
    execute:
      vars: *limits   # here it is the name of a variable of dbt
    ```

    ## Use instead
    ```yaml
    dag:
      default_args: {max_active_tis_per_dag: 2}
    execute:
      vars: {task_concurrency: 2}
    ```
    """,
)

RULES: Final = (CHANGED_MEANING,)
