"""Write artifacts of format 1 for tests of the runtime, which need no compiler.

The layout is the emitter's: header keys on lines of their own, one task a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

Task = Mapping[str, Any]


def artifact_text(
    tasks: Iterable[Task],
    *,
    dag: Mapping[str, Any] | None = None,
    group: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    groups: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return an artifact of `tasks`: of a DAG, or of a task group if `group` is given."""
    digest = "sha256:" + "0" * 64
    header = {
        "format": 1,
        "generator": "dagwright 0.1",
        "kind": "dag" if group is None else "task_group",
        "environment": None,
        "dag": group or dag or {"id": "shop"},
        "digests": {"spec": digest, "manifest": digest, "shape": digest},
        "defaults": defaults or {},
        "groups": list(groups),
    }
    lines = ["{", *(f"{_json(key)}: {_json(value)}," for key, value in header.items())]
    lines.append('"tasks": [')
    lines.append(",\n".join(_json(task) for task in tasks))
    lines.append("],")
    text = "\n".join(lines) + "\n"
    return f'{text}"content": "sha256:{sha256(text.encode()).hexdigest()}"\n}}\n'


def dbt_task(task_id: str, command: Sequence[str], nodes: Sequence[str], **more: Any) -> Task:
    """Return the line of a task that runs dbt; `after` may be given."""
    return {
        "id": task_id,
        "kind": "dbt",
        "label": task_id,
        "nodes": list(nodes),
        "after": [],
        "command": list(command),
        **more,
    }


def write_artifact(folder: Path, dag_id: str, tasks: Iterable[Task], **header: Any) -> Path:
    """Return the file `DAG_ID.dag.json` in `folder`, made of `tasks`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dag_id}.dag.json"
    dag = {"id": dag_id, "schedule": None, **header.pop("dag", {})}
    path.write_text(artifact_text(tasks, dag=dag, **header), encoding="utf-8")
    return path


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
