"""What differs between two artifacts, in words: DAG arguments, shared arguments, tasks, edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

MOST: Final = 20
"""How many differences are told; a rename of a folder touches every task."""

_BLOCKS: Final = ("format", "kind", "environment", "variables", "dag", "defaults", "groups")


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what changed from artifact `old` to artifact `new`, one change a line, bounded."""
    lines = list(_differences(old, new)) or ["only the layout or the digests differ"]
    more = [f"... and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return "\n".join(lines[:MOST] + more)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for block in _BLOCKS:
        yield from _values(block, old.get(block), new.get(block))
    before, after = _tasks(old), _tasks(new)
    for name in sorted(before.keys() - after.keys()):
        yield f"- task {name}"
    for name in sorted(after.keys() - before.keys()):
        waits = ", ".join(after[name].get("after", ())) or "nothing"
        yield f"+ task {name} (after {waits})"
    for name in sorted(before.keys() & after.keys()):
        yield from _task(name, before[name], after[name])


def _tasks(artifact: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(task.get("id")): task for task in artifact.get("tasks", ())}


def _task(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield how one task changed: its edges one by one, its other keys by name and value."""
    for key in sorted({*old, *new}):
        if key in ("after", "nodes"):
            gone = sorted(set(old.get(key, ())) - set(new.get(key, ())))
            came = sorted(set(new.get(key, ())) - set(old.get(key, ())))
            word = "after" if key == "after" else "runs"
            yield from (f"- task {name}: {word} {one}" for one in gone)
            yield from (f"+ task {name}: {word} {one}" for one in came)
        else:
            yield from _values(f"task {name}: {key}", old.get(key), new.get(key))


def _values(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _values(f"{where}.{key}", old.get(key), new.get(key))
    elif old != new:
        yield f"{where}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = "none" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
