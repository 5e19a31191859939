"""Where the statements of a run lie between the task that compiles and those that submit.

By default in XCom, one value a model, which goes wherever Airflow's XCom backend puts it; or as
one file a model below a folder of any storage that Airflow knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from dagwright_airflow.airflow_api import AirflowException, object_store_path

LARGEST_BYTES: Final = 1024 * 1024
"""The most that one model's statements may take in XCom: Airflow's own database may hold it."""


def keep(context: Mapping[str, Any], store: str | None, node: str, row: dict[str, Any]) -> None:
    """Keep `row` for the task of `node` in this run; in XCom under this task's id.

    What is too large for XCom becomes the fault of that task alone.
    """
    text = json.dumps(row)
    if store is not None:
        path = _path(context, store, node)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    if (size := len(text.encode())) > LARGEST_BYTES:
        fault = f"its SQL takes {size} bytes, and XCom is used for up to {LARGEST_BYTES}"
        row = {"fault": f"{fault}; write `sql_store`"}
    context["ti"].xcom_push(key=node, value=row)


def fetch(
    context: Mapping[str, Any], store: str | None, node: str, task: str
) -> Mapping[str, Any]:
    """Return what the task called `task` kept for `node` in this run.

    Raises:
        AirflowException: it kept nothing.
    """
    if store is None:
        row = context["ti"].xcom_pull(task_ids=task, key=node)
    else:
        path = _path(context, store, node)
        row = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if not isinstance(row, Mapping):
        raise AirflowException(f"{task} has no SQL of {node} for this run: clear it, too")
    return row


def _path(context: Mapping[str, Any], store: str, node: str) -> Any:
    instance = context["ti"]
    parts = (instance.dag_id, instance.run_id, f"{node}.json")
    return object_store_path(store).joinpath(*(quote(part, safe="") for part in parts))
