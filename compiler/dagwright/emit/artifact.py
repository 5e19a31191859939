"""Emit a plan as the JSON artifact that the shim reads.

The artifact is the contract with every deployed shim, so its keys are written out here by hand
and checked against schemas/artifact-1.json; renaming a field of `Plan` cannot change them. The
text is laid out in lines: each key of the head on its own, then one task a line, which starts
with the task's id. A reader of a diff sees a task a line, and a worker finds its one task without
decoding the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from dagwright.plan import Group, Plan, Step

FORMAT: Final = 1
"""Raise when a shim that reads the old form would misread the new one."""

GENERATOR: Final = "dagwright 0.1"
"""Without the patch number, so that a patch release rewrites no artifact."""

SUFFIXES: Final = MappingProxyType({"dag": ".dag.json", "task_group": ".group.json"})
"""By kind: what an artifact's file is called after the id."""


def file_name(kind: Literal["dag", "task_group"], name: str) -> str:
    """Return what the artifact of the DAG or task group called `name` is called."""
    return f"{name}{SUFFIXES[kind]}"


def artifact(plan: Plan) -> str:
    """Return `plan` as JSON text; equal plans give equal bytes, so no change is an empty diff.

    Its last line holds the digest of all text before it, which tells an edit by hand.
    """
    head = {
        "format": FORMAT,
        "generator": GENERATOR,
        "kind": plan.kind,
        "environment": plan.environment,
        "variables": plan.variables,
        "dag": plan.dag,
        "digests": {
            "spec": plan.digests.spec,
            "manifest": plan.digests.manifest,
            "shape": plan.digests.shape,
        },
        "defaults": plan.defaults,
        "groups": [_group(group) for group in plan.groups],
    }
    lines = [f'"{key}": {_json(value)},\n' for key, value in head.items()]
    tasks = ",\n".join(_json(_task(step)) for step in plan.steps)
    text = "".join(("{\n", *lines, '"tasks": [\n', tasks, "\n],\n"))
    return f'{text}"content": "{content_digest(text)}"\n}}\n'


def content_digest(text: str) -> str:
    """Return the digest of an artifact's text up to its last key."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _group(group: Group) -> Mapping[str, Any]:
    return {"id": group.id, "label": group.label, "parent": group.parent}


def _task(step: Step) -> Mapping[str, Any]:
    """Return the keys of a task; those that would be empty are left out."""
    line: dict[str, Any] = {
        "id": step.id,
        "kind": step.kind,
        "label": step.label,
        "nodes": step.nodes,
        "after": step.after,
    }
    if step.group is not None:
        line["group"] = step.group
    if step.helper:
        line["helper"] = True
    if step.note:
        line["note"] = step.note
    line.update(step.arguments)
    if step.airflow:
        line["airflow"] = step.airflow
    return line
