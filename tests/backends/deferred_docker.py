"""One task of mode `docker` that waits in the triggerer, driven half by half in this process."""

from __future__ import annotations

import asyncio
import json
import re
from importlib import import_module
from types import SimpleNamespace
from typing import Any

CONTEXT = {
    "ti": SimpleNamespace(
        dag_id="shop", run_id="one", task_id="orders.run", map_index=-1, try_number=1
    ),
    "dag_run": SimpleNamespace(start_date="2026-01-01 06:00:00.1"),
}


def operator(url: str, **more: Any) -> Any:
    """Return the operator of a task that is deferrable."""
    from dagwright_airflow.operators.docker import DbtDockerOperator

    known = {
        "task_id": "orders.run",
        "image": "dbt",
        "command": ["run"],
        "docker_url": url,
        "auto_remove": "force",
        "mount_tmp_dir": False,
        "deferrable": True,
    }
    return DbtDockerOperator(**{**known, **more})


def deferred(task: Any) -> Any:
    """Return what Airflow is told when the task lets go of its worker."""
    from airflow.sdk.exceptions import TaskDeferred

    try:
        task.execute(CONTEXT)
    except TaskDeferred as told:
        return told
    raise AssertionError("the task was not deferred")


def stored(trigger: Any) -> Any:
    """Return the trigger that another triggerer makes of what Airflow keeps of this one."""
    path, kwargs = trigger.serialize()
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(**json.loads(json.dumps(kwargs)))


def event_of(trigger: Any) -> Any:
    """Return what a trigger fires with; no scheduler has to hear of anything before."""
    trigger.earliest = 0

    async def first() -> Any:
        async for event in trigger.run():
            return event.payload
        raise AssertionError("the trigger ended without an event")

    return asyncio.run(first())


def seen(saw: str, why: str = "", container: str = "made") -> dict[str, str]:
    """Return an event as a trigger fires it."""
    return {"container": container, "daemon": "one", "saw": saw, "why": why}


def resumed(told: Any, task: Any, event: Any) -> Any:
    """Return what a worker that goes on returns."""
    return task.resume_execution(told.method_name, {"event": event}, CONTEXT)


def logged(printed: str) -> list[str]:
    """Return the messages of the log of tasks that ran in this process."""
    return [text.rstrip() for text in re.findall(r"\[info +\] (.*?) \[airflow", printed)]
