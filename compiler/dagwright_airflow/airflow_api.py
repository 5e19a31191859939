"""The names of Airflow that this package uses, for Airflow 3 and for 2.10 and later.

Nothing else here asks which Airflow it runs in.
"""

from __future__ import annotations

import sys
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from airflow.exceptions import AirflowException, AirflowFailException
    from airflow.sdk import DAG, Asset, AssetAll, AssetAny, BaseOperator, TaskGroup
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext
else:
    try:
        from airflow.sdk import DAG, Asset, AssetAll, AssetAny, BaseOperator, TaskGroup
        from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext
        from airflow.sdk.exceptions import AirflowException, AirflowFailException
    except ImportError:  # Airflow 2
        from airflow import DAG
        from airflow.datasets import Dataset as Asset
        from airflow.datasets import DatasetAll as AssetAll
        from airflow.datasets import DatasetAny as AssetAny
        from airflow.exceptions import AirflowException, AirflowFailException
        from airflow.models.baseoperator import BaseOperator
        from airflow.models.dag import DagContext
        from airflow.utils.task_group import TaskGroup, TaskGroupContext

__all__ = [
    "DAG",
    "FAIL_FAST",
    "AirflowException",
    "AirflowFailException",
    "Asked",
    "Asset",
    "AssetAll",
    "AssetAny",
    "BaseOperator",
    "DagContext",
    "TaskGroup",
    "TaskGroupContext",
    "asked_task",
    "empty_operator",
    "group_label",
    "is_filling_a_dag_bag",
]


class Asked(NamedTuple):
    """The one task that a worker wants from a DAG file."""

    dag_id: str
    task_id: str


def asked_task() -> Asked | None:
    """Return the task that this process is about to run; None wherever all DAGs are wanted.

    Airflow says so by environment variables, which every child of the task inherits: a dbt that
    imports DAG files, a DAG bag that a test fills. So they count only inside the task runner,
    which is known by its line to its supervisor. Airflow 2 has no such line, and its workers
    build every task.
    """
    runner: ModuleType | None = sys.modules.get("airflow.sdk.execution_time.task_runner")
    if runner is None or not hasattr(runner, "SUPERVISOR_COMMS"):
        return None
    from airflow.sdk import get_parsing_context  # noqa: PLC0415 (not in Airflow 2)

    context = get_parsing_context()
    if not context.dag_id or not context.task_id:
        return None
    return Asked(context.dag_id, context.task_id)


def is_filling_a_dag_bag() -> bool:
    """Return whether Airflow itself imports the file at hand, and will look for its DAGs."""
    return getattr(DagContext, "current_autoregister_module_name", None) is not None


def group_label(label: str) -> dict[str, str]:
    """Return the arguments that make a task group show `label`; Airflow 2 shows its id."""
    return {"group_display_name": label} if _GROUPS_HAVE_LABELS else {}


FAIL_FAST: Final = (
    "fail_fast" if "fail_fast" in signature(DAG.__init__).parameters else "fail_stop"
)
"""The argument of DAG that ends a run at its first failed task."""

_GROUPS_HAVE_LABELS: Final = "group_display_name" in signature(TaskGroup.__init__).parameters


def empty_operator() -> Any:
    """Return the class EmptyOperator, imported only where an artifact has such a task."""
    try:
        from airflow.providers.standard.operators.empty import EmptyOperator  # noqa: PLC0415
    except ImportError:  # Airflow 2
        from airflow.operators.empty import EmptyOperator  # noqa: PLC0415
    return EmptyOperator
