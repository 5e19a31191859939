"""A spec that says all that one can say to an Airflow, and a module for its callbacks.

The tests of the Airflow at hand use it, and `make airflow-tables` loads it into every version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from dagwright.spec.airflow_tables import FEATURES, TASK_ARGUMENTS
from dagwright.spec.airflow_versions import dag_argument_versions

ALERTS: Final = """\
async def late(context, channel):
    pass
def slow(context):
    pass
def notify(context):
    pass
def fiscal_year(day):
    return day[:4]
"""

DAG: Final[Mapping[str, Any]] = {
    "id": "shop",
    "description": "All of it",
    "schedule": "0 6 * * *",
    "start_date": "2026-01-01",
    "end_date": "2027-01-01",
    "timezone": "Europe/Amsterdam",
    "catchup": True,
    "max_active_runs": 2,
    "max_active_tasks": 3,
    "max_consecutive_failed_dag_runs": 4,
    "dagrun_timeout": "6h",
    "deadline": [
        {
            "reference": {"average_runtime": {"max_runs": 20}},
            "interval": "30m",
            "callback": "shop_alerts.slow",
            "runs_in": "executor",
            "name": "slow",
        },
        {
            "reference": "dagrun_queued_at",
            "interval": "2h",
            "callback": "shop_alerts.late",
            "arguments": {"channel": "#dbt"},
        },
        {
            "reference": {"fixed_datetime": "2026-06-30T18:00"},
            "interval": "0s",
            "callback": "shop_alerts.late",
        },
    ],
    "allowed_run_types": ["scheduled", "manual"],
    "tags": ["dbt"],
    "params": {"day": "today"},
    "doc_md": "About it",
    "owner_links": {"analytics": "https://example.org/analytics"},
    "render_template_as_native_obj": True,
    "fail_fast": True,
    "is_paused_upon_creation": False,
    "disable_bundle_versioning": True,
    "rerun_with_latest_version": True,
    "access_control": {
        "analyst": ["can_read"],
        "owner": {"DAGs": ["can_edit"], "DAG Runs": ["can_create"]},
    },
    "user_defined_macros": {"fiscal_year": "shop_alerts.fiscal_year"},
    "user_defined_filters": {"year": "shop_alerts.fiscal_year"},
    "display_name": "The shop",
    "on_success_callback": "shop_alerts.notify",
    "on_failure_callback": "shop_alerts.notify",
}

TASK: Final[Mapping[str, Any]] = {
    "owner": "analytics",
    "email": ["a@example.org"],
    "email_on_failure": False,
    "email_on_retry": False,
    "retries": 2,
    "retry_delay": "5m",
    "retry_exponential_backoff": 1.5,
    "max_retry_delay": "1h",
    "execution_timeout": "2h",
    "depends_on_past": True,
    "ignore_first_depends_on_past": True,
    "wait_for_downstream": True,
    "wait_for_past_depends_before_skipping": True,
    "trigger_rule": "all_success",
    "pool": "heavy",
    "pool_slots": 2,
    "queue": "big",
    "priority_weight": 5,
    "weight_rule": "absolute",
    "executor": "LocalExecutor",
    "executor_config": {"memory": {"limit": "1Gi"}},
    "run_as_user": "dbt",
    "max_active_tis_per_dag": 6,
    "max_active_tis_per_dagrun": 7,
    "do_xcom_push": False,
    "render_template_as_native_obj": False,
    "doc_md": "See the wiki",
    "logger_name": "shop",
    "on_execute_callback": "shop_alerts.notify",
    "on_success_callback": ["shop_alerts.notify"],
    "on_failure_callback": "shop_alerts.notify",
    "on_retry_callback": "shop_alerts.notify",
    "on_skipped_callback": "shop_alerts.notify",
}


def spec_text(version: str) -> str:
    """Return the spec with everything that the tables say `version` takes, as JSON."""
    task = {key: value for key, value in TASK.items() if version in TASK_ARGUMENTS[key].split()}
    if version not in FEATURES["backoff_factor"].split():
        task["retry_exponential_backoff"] = True
    dag = {
        key: value for key, value in DAG.items() if version in dag_argument_versions(key).split()
    }
    if "deadline" in dag:
        dag["deadline"] = [one for one in map(_without(version), dag["deadline"]) if one]
    return json.dumps(
        {
            "version": 1,
            "requires": {"airflow": f"=={version}.*"},
            "dag": {**dag, "default_args": task},
            "render": {"project_dir": "shop", "assets": False},
            "execute": {"mode": "local", "project_dir": "/srv/shop"},
        },
        indent=2,
    )


def _without(version: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return what leaves out of a deadline what `version` has not; all of it, if need be."""

    def known(feature: str) -> bool:
        return version in FEATURES[feature].split()

    def without(deadline: Mapping[str, Any]) -> Mapping[str, Any]:
        if "runs_in" in deadline and not known("deadline_in_executor"):
            return {}
        named = known("deadline_name")
        return {key: value for key, value in deadline.items() if named or key != "name"}

    return without
