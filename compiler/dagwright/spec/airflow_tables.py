"""What each version of Airflow accepts, by its own account: word to versions.

Made by `make airflow-tables` from the real packages, and not to be edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VERSIONS: Final = ("2.10", "2.11", "3.0", "3.1", "3.2", "3.3")
"""The versions that were asked, the oldest first."""

DAG_ARGUMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access_control": "2.10 2.11 3.0 3.1 3.2 3.3",
        "allowed_run_types": "3.2 3.3",
        "auto_register": "2.10 2.11 3.0 3.1 3.2 3.3",
        "catchup": "2.10 2.11 3.0 3.1 3.2 3.3",
        "concurrency": "2.10 2.11",
        "dag_display_name": "2.10 2.11 3.0 3.1 3.2 3.3",
        "dag_id": "2.10 2.11 3.0 3.1 3.2 3.3",
        "dagrun_timeout": "2.10 2.11 3.0 3.1 3.2 3.3",
        "deadline": "3.1 3.2 3.3",
        "default_args": "2.10 2.11 3.0 3.1 3.2 3.3",
        "default_view": "2.10 2.11",
        "description": "2.10 2.11 3.0 3.1 3.2 3.3",
        "disable_bundle_versioning": "3.0 3.1 3.2 3.3",
        "doc_md": "2.10 2.11 3.0 3.1 3.2 3.3",
        "end_date": "2.10 2.11 3.0 3.1 3.2 3.3",
        "fail_fast": "3.0 3.1 3.2 3.3",
        "fail_stop": "2.10 2.11",
        "full_filepath": "2.10 2.11",
        "is_paused_upon_creation": "2.10 2.11 3.0 3.1 3.2 3.3",
        "jinja_environment_kwargs": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_active_runs": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_active_tasks": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_consecutive_failed_dag_runs": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_failure_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_success_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "orientation": "2.10 2.11",
        "owner_links": "2.10 2.11 3.0 3.1 3.2 3.3",
        "params": "2.10 2.11 3.0 3.1 3.2 3.3",
        "render_template_as_native_obj": "2.10 2.11 3.0 3.1 3.2 3.3",
        "rerun_with_latest_version": "3.3",
        "schedule": "2.10 2.11 3.0 3.1 3.2 3.3",
        "schedule_interval": "2.10 2.11",
        "sla_miss_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "start_date": "2.10 2.11 3.0 3.1 3.2 3.3",
        "tags": "2.10 2.11 3.0 3.1 3.2 3.3",
        "task_group": "3.0 3.1 3.2 3.3",
        "template_searchpath": "2.10 2.11 3.0 3.1 3.2 3.3",
        "template_undefined": "2.10 2.11 3.0 3.1 3.2 3.3",
        "timetable": "2.10 2.11",
        "user_defined_filters": "2.10 2.11 3.0 3.1 3.2 3.3",
        "user_defined_macros": "2.10 2.11 3.0 3.1 3.2 3.3",
    }
)
"""The arguments of DAG."""

TASK_ARGUMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "allow_nested_operators": "2.10 2.11 3.0 3.1 3.2 3.3",
        "dag": "2.10 2.11 3.0 3.1 3.2 3.3",
        "default_args": "2.10 2.11 3.0 3.1 3.2 3.3",
        "depends_on_past": "2.10 2.11 3.0 3.1 3.2 3.3",
        "do_xcom_push": "2.10 2.11 3.0 3.1 3.2 3.3",
        "doc": "2.10 2.11 3.0 3.1 3.2 3.3",
        "doc_json": "2.10 2.11 3.0 3.1 3.2 3.3",
        "doc_md": "2.10 2.11 3.0 3.1 3.2 3.3",
        "doc_rst": "2.10 2.11 3.0 3.1 3.2 3.3",
        "doc_yaml": "2.10 2.11 3.0 3.1 3.2 3.3",
        "email": "2.10 2.11 3.0 3.1 3.2 3.3",
        "email_on_failure": "2.10 2.11 3.0 3.1 3.2 3.3",
        "email_on_retry": "2.10 2.11 3.0 3.1 3.2 3.3",
        "end_date": "2.10 2.11 3.0 3.1 3.2 3.3",
        "execution_timeout": "2.10 2.11 3.0 3.1 3.2 3.3",
        "executor": "2.10 2.11 3.0 3.1 3.2 3.3",
        "executor_config": "2.10 2.11 3.0 3.1 3.2 3.3",
        "ignore_first_depends_on_past": "2.10 2.11 3.0 3.1 3.2 3.3",
        "inlets": "2.10 2.11 3.0 3.1 3.2 3.3",
        "logger_name": "2.10 2.11 3.0 3.1 3.2 3.3",
        "map_index_template": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_active_tis_per_dag": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_active_tis_per_dagrun": "2.10 2.11 3.0 3.1 3.2 3.3",
        "max_retry_delay": "2.10 2.11 3.0 3.1 3.2 3.3",
        "multiple_outputs": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_execute_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_failure_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_retry_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_skipped_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "on_success_callback": "2.10 2.11 3.0 3.1 3.2 3.3",
        "outlets": "2.10 2.11 3.0 3.1 3.2 3.3",
        "owner": "2.10 2.11 3.0 3.1 3.2 3.3",
        "params": "2.10 2.11 3.0 3.1 3.2 3.3",
        "pool": "2.10 2.11 3.0 3.1 3.2 3.3",
        "pool_slots": "2.10 2.11 3.0 3.1 3.2 3.3",
        "post_execute": "2.10 2.11 3.0 3.1 3.2 3.3",
        "pre_execute": "2.10 2.11 3.0 3.1 3.2 3.3",
        "priority_weight": "2.10 2.11 3.0 3.1 3.2 3.3",
        "queue": "2.10 2.11 3.0 3.1 3.2 3.3",
        "render_template_as_native_obj": "3.2 3.3",
        "resources": "2.10 2.11 3.0 3.1 3.2 3.3",
        "retries": "2.10 2.11 3.0 3.1 3.2 3.3",
        "retry_delay": "2.10 2.11 3.0 3.1 3.2 3.3",
        "retry_exponential_backoff": "2.10 2.11 3.0 3.1 3.2 3.3",
        "retry_policy": "3.3",
        "run_as_user": "2.10 2.11 3.0 3.1 3.2 3.3",
        "sla": "2.10 2.11 3.0 3.1 3.2 3.3",
        "start_date": "2.10 2.11 3.0 3.1 3.2 3.3",
        "task_concurrency": "2.10 2.11",
        "task_display_name": "2.10 2.11 3.0 3.1 3.2 3.3",
        "task_group": "2.10 2.11 3.0 3.1 3.2 3.3",
        "task_id": "2.10 2.11 3.0 3.1 3.2 3.3",
        "trigger_rule": "2.10 2.11 3.0 3.1 3.2 3.3",
        "wait_for_downstream": "2.10 2.11 3.0 3.1 3.2 3.3",
        "wait_for_past_depends_before_skipping": "2.10 2.11 3.0 3.1 3.2 3.3",
        "weight_rule": "2.10 2.11 3.0 3.1 3.2 3.3",
    }
)
"""The arguments of BaseOperator."""

TRIGGER_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "all_done": "2.10 2.11 3.0 3.1 3.2 3.3",
        "all_done_min_one_success": "3.1 3.2 3.3",
        "all_done_setup_success": "2.10 2.11 3.0 3.1 3.2 3.3",
        "all_failed": "2.10 2.11 3.0 3.1 3.2 3.3",
        "all_skipped": "2.10 2.11 3.0 3.1 3.2 3.3",
        "all_success": "2.10 2.11 3.0 3.1 3.2 3.3",
        "always": "2.10 2.11 3.0 3.1 3.2 3.3",
        "dummy": "2.10 2.11",
        "none_failed": "2.10 2.11 3.0 3.1 3.2 3.3",
        "none_failed_min_one_success": "2.10 2.11 3.0 3.1 3.2 3.3",
        "none_failed_or_skipped": "2.10 2.11",
        "none_skipped": "2.10 2.11 3.0 3.1 3.2 3.3",
        "one_done": "2.10 2.11 3.0 3.1 3.2 3.3",
        "one_failed": "2.10 2.11 3.0 3.1 3.2 3.3",
        "one_success": "2.10 2.11 3.0 3.1 3.2 3.3",
    }
)
"""The words of `trigger_rule`."""

WEIGHT_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "absolute": "2.10 2.11 3.0 3.1 3.2 3.3",
        "downstream": "2.10 2.11 3.0 3.1 3.2 3.3",
        "upstream": "2.10 2.11 3.0 3.1 3.2 3.3",
    }
)
"""The words of `weight_rule`."""

PRESETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "@continuous": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@daily": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@hourly": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@monthly": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@once": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@quarterly": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@weekly": "2.10 2.11 3.0 3.1 3.2 3.3",
        "@yearly": "2.10 2.11 3.0 3.1 3.2 3.3",
    }
)
"""The schedules that have a name."""

RUN_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asset_materialization": "3.2 3.3",
        "asset_triggered": "3.2 3.3",
        "backfill": "3.2 3.3",
        "manual": "3.2 3.3",
        "operator_triggered": "3.3",
        "scheduled": "3.2 3.3",
    }
)
"""The words of `allowed_run_types`."""

FEATURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asset_conditions": "2.10 2.11 3.0 3.1 3.2 3.3",
        "backoff_factor": "3.2 3.3",
        "deadline_average_runtime": "3.2 3.3",
        "deadline_in_executor": "3.2 3.3",
        "deadline_name": "3.3",
        "schedule_without_start": "3.0 3.1 3.2 3.3",
    }
)
"""What else is there, by names of ours: tests/airflow_tables/probe.py says how."""
