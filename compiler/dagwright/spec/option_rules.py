"""Complaints about dbt's options in a spec: DW150-DW152."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

OPTION_NEEDS_ANOTHER: Final = Rule(
    code="DW150",
    name="option-needs-another",
    severity="error",
    message="`{key}` needs `{other}` beside it",
    help="{why}",
    explain="""\
    Some options of dbt mean nothing alone: it refuses them, or does as if they were not there.

    ## Example
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      defer: true
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      defer: true
      state: /opt/dbt/artifacts/prod
    ```
    """,
)

EVENT_TIME_TWICE: Final = Rule(
    code="DW151",
    name="event-time-twice",
    severity="error",
    message="`{key}` stands beside `event_time`, which gives the times already",
    help="keep one of the two",
    explain="""\
    `event_time: data_interval` is short for a start and an end that are those of the run's data
    interval.

    ## Example
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      event_time: data_interval
      event_time_start: "{{ params.start }}"
      event_time_end: "{{ params.end }}"
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      event_time_start: "{{ params.start }}"
      event_time_end: "{{ params.end }}"
    ```
    """,
)

EXECUTABLE_COUNTS_FOR_NOTHING: Final = Rule(
    code="DW152",
    name="executable-counts-for-nothing",
    severity="error",
    message="`dbt_executable` counts for nothing where `invocation` is `dbt_runner`",
    help="leave one of the two out",
    explain="""\
    `dbt_runner` calls the Python API of the dbt in Airflow's own environment, and starts no
    program. With `auto`, which is the default, the API is called where the program is that one's.

    ## Example
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      invocation: dbt_runner
      dbt_executable: /opt/venvs/dbt/bin/dbt
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      project_dir: /opt/dbt/shop
      dbt_executable: /opt/venvs/dbt/bin/dbt
    ```
    """,
)

RULES: Final = (OPTION_NEEDS_ANOTHER, EVENT_TIME_TWICE, EXECUTABLE_COUNTS_FOR_NOTHING)
