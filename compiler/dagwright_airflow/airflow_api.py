"""The names of Airflow that this package uses, for Airflow 3 and for 2.10 and later.

Nothing else here asks which Airflow it runs in.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Mapping
from datetime import timedelta
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowTaskTimeout
    from airflow.sdk import DAG, Asset, AssetAll, AssetAny, BaseOperator, TaskGroup
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext
else:
    try:
        from airflow.sdk import DAG, Asset, AssetAll, AssetAny, BaseOperator, TaskGroup
        from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext
    except ImportError:  # Airflow 2
        from airflow import DAG
        from airflow.datasets import Dataset as Asset
        from airflow.datasets import DatasetAll as AssetAll
        from airflow.datasets import DatasetAny as AssetAny
        from airflow.models.baseoperator import BaseOperator
        from airflow.models.dag import DagContext
        from airflow.utils.task_group import TaskGroup, TaskGroupContext
    try:
        from airflow.sdk.exceptions import (
            AirflowException,
            AirflowFailException,
            AirflowTaskTimeout,
        )
    except ImportError:  # Before Airflow 3.2
        from airflow.exceptions import AirflowException, AirflowFailException, AirflowTaskTimeout

__all__ = [
    "DAG",
    "FAIL_FAST",
    "AirflowException",
    "AirflowFailException",
    "AirflowTaskTimeout",
    "Asked",
    "Asset",
    "AssetAll",
    "AssetAny",
    "BaseOperator",
    "DagContext",
    "TaskGroup",
    "TaskGroupContext",
    "asked_task",
    "dags_folder",
    "deadline_alert",
    "defers_unasked",
    "empty_operator",
    "get_connection",
    "get_variable",
    "group_label",
    "has_lost_its_supervisor",
    "is_filling_a_dag_bag",
    "mask_secret",
    "object_store_path",
    "running_task",
    "set_variable",
    "state_of",
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


def has_lost_its_supervisor() -> bool:
    """Return whether the process that supervises this task is gone.

    Then nobody hears what the task does, nor that it is alive, and Airflow runs it again while
    this one goes on: a supervisor that was killed takes its task with it in no version.
    """
    runner: ModuleType | None = sys.modules.get("airflow.sdk.execution_time.task_runner")
    line = getattr(getattr(runner, "SUPERVISOR_COMMS", None), "socket", None)
    if line is None:  # No task runner, one in the process of its supervisor, or Airflow 2.
        return False
    poll = select.poll()
    poll.register(line, 0)  # A hang-up is told without being asked for.
    return any(event & select.POLLHUP for _, event in poll.poll(0))


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


def deadline_alert(stated: Mapping[str, Any]) -> Any:
    """Return a DeadlineAlert, imported only where an artifact has one; fixed dates are dates.

    Raises:
        ImportError: this Airflow is older than 3.1.
        AttributeError: it has no such reference, or the callback cannot be awaited.
        TypeError: it has no names for deadlines.
        ValueError: it cannot call back in an executor.
    """
    from airflow.sdk.definitions import deadline as sdk  # noqa: PLC0415 (from Airflow 3.1 on)

    match stated["reference"]:
        case {"fixed_datetime": moment}:
            reference = sdk.DeadlineReference.FIXED_DATETIME(moment)
        case {"average_runtime": runs}:
            reference = sdk.DeadlineReference.AVERAGE_RUNTIME(**runs)
        case word:
            reference = getattr(sdk.DeadlineReference, word.upper())
    in_executor = stated.get("runs_in") == "executor"
    callback = sdk.SyncCallback if in_executor else sdk.AsyncCallback
    name = {"name": stated["name"]} if "name" in stated else {}
    return sdk.DeadlineAlert(
        reference=reference,
        interval=timedelta(seconds=stated["interval"]),
        callback=callback(stated["callback"], kwargs=dict(stated.get("arguments", {}))),
        **name,
    )


def dags_folder() -> str:
    """Return the folder of DAG files that Airflow is configured with."""
    from airflow.configuration import conf  # noqa: PLC0415 (only a worker asks)

    return str(conf.get("core", "dags_folder"))


def defers_unasked() -> bool:
    """Return whether Airflow is configured to defer what can be, where nobody says so."""
    from airflow.configuration import conf  # noqa: PLC0415 (only where an operator can)

    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def state_of(instance: Any) -> str | None:
    """Return the state that the task of a trigger has now. For a thread of the triggerer."""
    try:
        from airflow.sdk.execution_time.task_runner import (  # noqa: PLC0415
            RuntimeTaskInstance,
        )
    except ImportError:  # Airflow 2
        return instance.current_state()  # type: ignore[no-any-return]
    one, index = instance.task_id, instance.map_index
    found = RuntimeTaskInstance.get_task_states(
        dag_id=instance.dag_id, task_ids=[one], run_ids=[instance.run_id], map_index=index
    )
    states: Mapping[str, str | None] = found.get(instance.run_id, {})
    return states.get(one if index < 0 else f"{one}_{index}")


def running_task() -> Any:
    """Return the task instance that this process runs. For workers alone."""
    try:
        from airflow.sdk import get_current_context  # noqa: PLC0415
    except ImportError:  # Airflow 2
        from airflow.operators.python import get_current_context  # noqa: PLC0415
    return get_current_context()["ti"]


def object_store_path(path: str) -> Any:
    """Return `path` by Airflow's fsspec: `s3://CONNECTION@bucket/x`, or a folder. For workers."""
    try:
        from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 (it imports fsspec)
    except ImportError:  # Airflow 2
        from airflow.io.path import ObjectStoragePath  # noqa: PLC0415
    return ObjectStoragePath(path if "://" in path else f"file://{path}")


def get_variable(name: str) -> str | None:
    """Return the value of an Airflow Variable; None if there is none. For workers alone."""
    try:
        from airflow.sdk import Variable  # noqa: PLC0415 (a DAG processor must not import it)
    except ImportError:  # Airflow 2
        from airflow.models import Variable as Stored  # noqa: PLC0415

        return Stored.get(name, default_var=None)  # type: ignore[no-any-return]
    return Variable.get(name, default=None)  # type: ignore[no-any-return]


def set_variable(name: str, value: str) -> None:
    """Keep `value` in an Airflow Variable. For workers alone."""
    try:
        from airflow.sdk import Variable  # noqa: PLC0415
    except ImportError:  # Airflow 2
        from airflow.models import Variable  # noqa: PLC0415
    Variable.set(name, value)


def get_connection(name: str) -> Any:
    """Return the Airflow connection `name`. For workers alone.

    Raises:
        Exception: whatever Airflow raises where there is none.
    """
    try:
        from airflow.sdk import Connection  # noqa: PLC0415 (a DAG processor must not import it)
    except ImportError:  # Airflow 2
        from airflow.hooks.base import BaseHook  # noqa: PLC0415

        return BaseHook.get_connection(name)
    return Connection.get(name)


def mask_secret(value: str) -> None:
    """Make Airflow write stars for `value` in the log of the task. For workers alone."""
    try:
        from airflow.sdk.log import mask_secret as mask  # noqa: PLC0415 (not in Airflow 2)
    except ImportError:
        from airflow.utils.log.secrets_masker import mask_secret as mask  # noqa: PLC0415
    mask(value)
