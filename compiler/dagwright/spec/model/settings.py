"""The settings of a task that Airflow itself acts on, wherever a spec gives them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from dagwright.spec.model.words import (
    Count,
    Data,
    Duration,
    ImportPaths,
    Meaning,
    Positive,
    Shown,
    SpecPart,
    Strings,
)

TriggerRule = Annotated[
    Literal[
        "all_success",
        "all_failed",
        "all_done",
        "all_done_min_one_success",
        "all_done_setup_success",
        "one_success",
        "one_failed",
        "one_done",
        "none_failed",
        "none_failed_min_one_success",
        "none_skipped",
        "all_skipped",
        "always",
    ],
    Meaning(
        {
            "all_success": "all tasks that it waits for succeeded (Airflow's default)",
            "all_failed": "all of them failed",
            "all_done": "all of them are done, in whatever state",
            "all_done_min_one_success": "all of them are done, and at least one succeeded",
            "all_done_setup_success": "all of them are done, and the set-up tasks succeeded",
            "one_success": "at least one succeeded; it does not wait for the rest",
            "one_failed": "at least one failed; it does not wait for the rest",
            "one_done": "at least one succeeded or failed",
            "none_failed": "none failed: each succeeded or was skipped",
            "none_failed_min_one_success": "none failed, and at least one succeeded",
            "none_skipped": "none was skipped",
            "all_skipped": "all of them were skipped",
            "always": "it waits for nothing",
        }
    ),
]

WeightRule = Annotated[
    Literal["downstream", "upstream", "absolute"],
    Meaning(
        {
            "downstream": "its own weight and those of all tasks below it (Airflow's default)",
            "upstream": "its own weight and those of all tasks above it",
            "absolute": "its own weight alone",
        }
    ),
]


def _backoff(value: object) -> bool | float:
    if isinstance(value, bool) or (isinstance(value, (int, float)) and value >= 0):
        return value
    raise PydanticCustomError("backoff", "true, false or a factor")


Backoff = Annotated[
    float,
    PlainValidator(_backoff),
    Shown({"anyOf": [{"type": "boolean"}, {"type": "number", "minimum": 0}]}),
]


class TaskSettings(SpecPart):
    """Settings of a task, in Airflow's own words; what is not given is Airflow's to decide."""

    owner: str | None = None
    """Who is responsible: shown in the Airflow UI."""
    email: Strings | None = None
    """Where mail about failures and retries goes: one address, or a list."""
    email_on_failure: bool | None = None
    """Whether to send mail when the task fails."""
    email_on_retry: bool | None = None
    """Whether to send mail when the task is tried again."""
    retries: Count | None = None
    """How often to try again before the task counts as failed."""
    retry_delay: Duration | None = None
    """How long to wait before trying again, such as `5m`."""
    retry_exponential_backoff: Backoff | None = None
    """Whether the wait grows with every retry; a number is the factor (Airflow 3.2 and later)."""
    max_retry_delay: Duration | None = None
    """The longest wait between two tries, such as `1h`."""
    execution_timeout: Duration | None = None
    """How long one try may run before it is killed, such as `2h`."""
    depends_on_past: bool | None = None
    """Whether the same task of the run before must have succeeded."""
    ignore_first_depends_on_past: bool | None = None
    """Whether the first run goes ahead though there is no run before it."""
    wait_for_downstream: bool | None = None
    """Whether to wait for the tasks that directly follow this one in the run before."""
    wait_for_past_depends_before_skipping: bool | None = None
    """Whether a task to be skipped waits for the run before all the same."""
    trigger_rule: TriggerRule | None = None
    """Which states of the tasks it waits for let this task start."""
    pool: str | None = None
    """The Airflow pool whose slots the task takes."""
    pool_slots: Positive | None = None
    """How many slots of the pool the task takes."""
    queue: str | None = None
    """The queue that a worker must listen to; for executors that have queues."""
    priority_weight: int | None = None
    """The task's weight when more tasks could start than slots are free; higher goes first."""
    weight_rule: WeightRule | None = None
    """What a task's effective weight is made of."""
    executor: str | None = None
    """The executor to use, where Airflow has several."""
    executor_config: Data | None = None
    """What that executor takes, as data."""
    run_as_user: str | None = None
    """The Unix user to run the task as."""
    max_active_tis_per_dag: Positive | None = None
    """How many instances of the task may run at once, over all runs."""
    max_active_tis_per_dagrun: Positive | None = None
    """How many instances of the task may run at once in one run."""
    do_xcom_push: bool | None = None
    """Whether the task's result is pushed to XCom."""
    render_template_as_native_obj: bool | None = None
    """Whether Jinja gives Python objects instead of strings (Airflow 3.2 and later)."""
    doc_md: str | None = None
    """Documentation of the task in Markdown, shown in the Airflow UI."""
    logger_name: str | None = None
    """The name of the task's logger, below `airflow.task.operators`."""
    on_execute_callback: ImportPaths | None = None
    """Import paths of functions to call just before the task runs."""
    on_success_callback: ImportPaths | None = None
    """Import paths of functions to call when the task succeeds."""
    on_failure_callback: ImportPaths | None = None
    """Import paths of functions to call when the task fails."""
    on_retry_callback: ImportPaths | None = None
    """Import paths of functions to call when the task is tried again."""
    on_skipped_callback: ImportPaths | None = None
    """Import paths of functions to call when the task is skipped."""

    def given(self) -> dict[str, Any]:
        """Return the settings that have a value, in the order of the reference."""
        return {
            name: value
            for name in TaskSettings.model_fields
            if (value := getattr(self, name)) is not None
        }


_MADE: Final = "the compiler decides it"
_CODE: Final = "it is a Python object, and a spec is data"
_OTHER_DOC: Final = "write it as `doc_md`"

REFUSED: Final = MappingProxyType(
    {
        "sla": "Airflow 3 no longer acts on it; use `execution_timeout` for a task, "
        "`dagrun_timeout` for a run",
        "sla_miss_callback": "Airflow 3 no longer calls it; use `on_failure_callback`, "
        "or `deadline` from Airflow 3.1 on",
        "schedule_interval": "it is called `schedule` since Airflow 2.4",
        "timetable": "a timetable is a Python object; `schedule` takes cron, presets and assets",
        "concurrency": "it is called `max_active_tasks` since Airflow 2.2",
        "task_concurrency": "it is called `max_active_tis_per_dag` since Airflow 2.2",
        "fail_stop": "it is `fail_fast` here, which Airflow 2 gets under its old name",
        "dag_id": "it is `id` here",
        "group_id": "it is `id` here",
        "datasets": "they are called `assets` since Airflow 3.0",
        "dag_display_name": "it is `display_name` here",
        "auto_register": "`load_dags` registers every DAG that it makes",
        "default_view": "Airflow 3 has no views to choose from",
        "orientation": "Airflow 3 lets each person choose it",
        "full_filepath": "Airflow itself knows the file since Airflow 2.0",
        "template_searchpath": "templates in a spec are values of `vars` and `env`, never files",
        "template_undefined": _CODE,
        "jinja_environment_kwargs": "its `extensions` are code that no loader file has allowed",
        "task_id": "tasks are named after the dbt nodes that they run",
        "task_display_name": "tasks are shown by the names of the dbt nodes that they run",
        "map_index_template": "no task here is a mapped one",
        "multiple_outputs": "the result of a task is one summary",
        "allow_nested_operators": "a dbt task runs no operator inside",
        "inlets": f"{_MADE}: from the dbt project, if `render.assets` is true",
        "outlets": f"{_MADE}: from the dbt project, if `render.assets` is true",
        "resources": "no executor acts on it; some modes have `execute.resources`",
        "pre_execute": "use `on_execute_callback`",
        "post_execute": "use `on_success_callback`",
        "retry_policy": f"{_CODE}; use `retries`, `retry_delay` and `retry_exponential_backoff`",
        "doc": _OTHER_DOC,
        "doc_json": _OTHER_DOC,
        "doc_rst": _OTHER_DOC,
        "doc_yaml": _OTHER_DOC,
        "start_date": "it belongs to `dag`: all tasks of a DAG start with it",
        "end_date": "it belongs to `dag`: all tasks of a DAG end with it",
        "params": "it belongs to `dag`: parameters are those of a run",
        "default_args": "it belongs to `dag`: here, write the settings themselves",
        "task_group": "groups are made by `render.group_by`",
        "dag": "it is a block of its own, at the top of the spec",
    }
)
"""Words of Airflow that a spec may not use, and what to do instead."""

RENAMED: Final = MappingProxyType(
    {
        "schedule_interval": "schedule",
        "concurrency": "max_active_tasks",
        "task_concurrency": "max_active_tis_per_dag",
        "dag_id": "id",
        "group_id": "id",
        "datasets": "assets",
        "dag_display_name": "display_name",
        "fail_stop": "fail_fast",
    }
)
"""Those of them that only have another name here, and mean the same."""

OLD_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "trigger_rule": {
            "dummy": "always",
            "none_failed_or_skipped": "none_failed_min_one_success",
        },
        "allowed_run_types": {"dataset_triggered": "asset_triggered"},
        "schedule": {"@midnight": "@daily", "@annually": "@yearly", "None": "null"},
    }
)
"""By key, values of Airflow's that are called otherwise here, and mean the same."""

IN_SECONDS: Final = frozenset({"retry_delay", "max_retry_delay"})
"""The durations that Airflow takes as a bare number, of seconds."""
