"""What a change does to a DAG: from two artifacts to what was added, removed and changed.

tasks   one that is in one artifact alone, with its edges
edges   between tasks that both artifacts have
values  of the DAG, of all tasks, and of one task, as `NAME: OLD -> NEW`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

import msgspec

Artifact = Mapping[str, Any]
State = Literal["new", "gone", "changed", "same"]

_LONGEST: Final = 120
_OF_EDGES: Final = frozenset({"id", "after"})
_PICKS: Final = ("fqn:", "file:", "unit_test:")
"""How the words of a command begin that follow from the nodes of the task."""


@dataclass(frozen=True, slots=True)
class TaskChange:
    """One task that both artifacts have, and what changed of it, a line each."""

    id: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How one DAG, or one task group, differs from what it was; lines are in a fixed order."""

    name: str
    kind: str
    state: State
    dag: tuple[str, ...] = ()
    every_task: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[TaskChange, ...] = ()
    edges_added: tuple[str, ...] = ()
    edges_removed: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What changed, counted."""
        match self.state:
            case "new":
                return f"new, {_count(len(self.added), 'task')}"
            case "gone":
                return f"removed, {_count(len(self.removed), 'task')}"
            case "same":
                return "nothing changes"
            case _:
                return self._counted() or "only the digests change"

    def _counted(self) -> str:
        parts = (
            (len(self.added), "task", "added"),
            (len(self.removed), "task", "removed"),
            (len(self.changed), "task", "changed"),
            (len(self.edges_added), "edge", "added"),
            (len(self.edges_removed), "edge", "removed"),
        )
        said = [f"{_count(number, what)} {how}" for number, what, how in parts if number]
        said += ["the settings of every task"] if self.every_task else []
        said += ["the DAG's own settings"] if self.dag else []
        return ", ".join(said)


def change_of(name: str, old: Artifact | None, new: Artifact | None) -> Change:
    """Return how the artifact called `name` changed from `old` to `new`; None is no artifact."""
    kind = str((new or old or {}).get("kind", "dag"))
    before, after = _tasks(old), _tasks(new)
    added = tuple(_task_line(task) for name, task in after.items() if name not in before)
    removed = tuple(_task_line(task) for name, task in before.items() if name not in after)
    if old is None or new is None:
        state: State = "new" if old is None else "gone"
        return Change(name, kind, state, added=added, removed=removed)
    both = [task for task in after if task in before]
    details = ((task, tuple(_task(before[task], after[task]))) for task in both)
    return Change(
        name,
        kind,
        "same" if old == new else "changed",
        dag=tuple(_values("", old.get("dag"), new.get("dag"))),
        every_task=tuple(_values("", old.get("defaults"), new.get("defaults"))),
        added=added,
        removed=removed,
        changed=tuple(TaskChange(task, lines) for task, lines in details if lines),
        edges_added=tuple(_edges(both, after, before, "waits for")),
        edges_removed=tuple(_edges(both, before, after, "no longer waits for")),
    )


def _tasks(artifact: Artifact | None) -> dict[str, Artifact]:
    tasks = () if artifact is None else artifact.get("tasks", ())
    return {str(task.get("id")): task for task in tasks}


def _task_line(task: Artifact) -> str:
    after = ", ".join(task.get("after", ()))
    return f"{task['id']}{f' after {after}' if after else ''}"


def _edges(
    both: Sequence[str], these: Mapping[str, Artifact], those: Mapping[str, Artifact], word: str
) -> Iterator[str]:
    """Yield the edges among the tasks `both` that only `these` have."""
    known = set(both)
    for task in both:
        gone = set(those[task].get("after", ()))
        for up in these[task].get("after", ()):
            if up in known and up not in gone:
                yield f"{task} {word} {up}"


def _task(old: Artifact, new: Artifact) -> Iterator[str]:
    """Yield how a task changed, but for its edges."""
    runs, ran = set(new.get("nodes", ())), set(old.get("nodes", ()))
    yield from (f"also runs {node}" for node in sorted(runs - ran))
    yield from (f"no longer runs {node}" for node in sorted(ran - runs))
    for key in sorted({*old, *new} - _OF_EDGES - {"nodes"}):
        one, other = old.get(key), new.get(key)
        if key == "command" and isinstance(one, list) and isinstance(other, list):
            yield from _command(one, other, picks=runs == ran)
        else:
            yield from _values("" if key == "airflow" else key, one, other)


def _command(old: Sequence[str], new: Sequence[str], *, picks: bool) -> Iterator[str]:
    """Yield the words that a command lost and got; what it selects only if `picks`."""

    def said(words: Sequence[str]) -> str:
        kept = [word for word in words if picks or not word.startswith(_PICKS)]
        return _short(" ".join(kept)) if kept else ""

    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lost, got = said(old[i:j]), said(new[k:m])
        if how != "equal" and (lost or got):
            yield f"command: {lost or 'nothing'} -> {got or 'nothing'}"


def _values(where: str, old: Any, new: Any) -> Iterator[str]:
    """Yield the values that differ; mappings key by key, and lists of words item by item."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _values(f"{where}.{key}".lstrip("."), old.get(key), new.get(key))
    elif isinstance(old, dict | None) and isinstance(new, dict | None) and (old or new):
        yield from _values(where, old or {}, new or {})
    elif old != new:
        yield f"{where}: {_said(old)} -> {_said(new)}"


def _said(value: Any) -> str:
    return "none" if value is None else _short(msgspec.json.encode(value).decode())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
