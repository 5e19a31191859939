"""Changes for people: as text, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from dagwright.drift.changes import Change

MOST: Final = 40
"""How many lines of one kind are told; a renamed folder touches every task."""

_KINDS: Final = MappingProxyType({"dag": "DAG", "task_group": "task group"})


def text(changes: Sequence[Change]) -> str:
    """Return the changes as a terminal shows them; DAGs that stay the same are only counted."""
    blocks = [
        "".join([f"{_called(one)}: {one.summary}\n", *(f"  {line}\n" for line in _lines(one))])
        for one in changes
        if one.state != "same"
    ]
    return "\n".join([*blocks, f"{_total(changes)}\n"])


def _lines(change: Change) -> Iterator[str]:
    yield from change.dag
    yield from (f"every task: {line}" for line in change.every_task)
    yield from _bounded([f"+ {line}" for line in change.added])
    yield from _bounded([f"- {line}" for line in change.removed])
    details = [(task.id, line) for task in change.changed for line in task.lines]
    yield from _bounded([f"~ {task}: {line}" for task, line in details])
    yield from _bounded([f"+ {line}" for line in change.edges_added])
    yield from _bounded([f"- {line}" for line in change.edges_removed])


def markdown(changes: Sequence[Change]) -> str:
    """Return the changes as a comment on a pull request: a heading a DAG, lists below it."""
    blocks = [f"**{_total(changes)}**\n"]
    for one in changes:
        if one.state == "same":
            continue
        parts = [f"### {_called(one, quote='`')}\n\n{one.summary}\n"]
        parts += [_section(title, lines) for title, lines in _sections(one) if lines]
        blocks.append("\n".join(parts))
    return "\n".join(blocks)


def _sections(change: Change) -> Iterator[tuple[str, list[str]]]:
    yield "Of the DAG", [_code(line) for line in change.dag]
    yield "Of every task", [_code(line) for line in change.every_task]
    yield "Tasks added", [_code(line) for line in change.added]
    yield "Tasks removed", [_code(line) for line in change.removed]
    details = [(task.id, line) for task in change.changed for line in task.lines]
    yield "Tasks changed", [f"{_code(task)}: {_code(line)}" for task, line in details]
    edges = [*change.edges_added, *change.edges_removed]
    yield "Order", [_code(line) for line in edges]


def _section(title: str, lines: Sequence[str]) -> str:
    """Return one list, folded where it is long."""
    items = "".join(f"- {line}\n" for line in _bounded(lines))
    if len(lines) <= 10:
        return f"**{title}**\n\n{items}"
    return f"<details><summary><b>{title}</b> ({len(lines)})</summary>\n\n{items}\n</details>\n"


def _code(line: str) -> str:
    """Return `line` as Markdown shows it letter by letter, whatever is in it."""
    ticks = "``" if "`" in line else "`"
    return f"{ticks} {line} {ticks}" if ticks == "``" else f"`{line}`"


def _bounded(lines: Sequence[str]) -> list[str]:
    more = [f"... and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return [*lines[:MOST], *more]


def _called(change: Change, quote: str = "") -> str:
    return f"{_KINDS.get(change.kind, change.kind)} {quote}{change.name}{quote}"


def _total(changes: Sequence[Change]) -> str:
    changed = sum(one.state != "same" for one in changes)
    files = f"{len(changes)} compiled file{'' if len(changes) == 1 else 's'}"
    if not changed:
        return f"Nothing changes in {files}"
    return f"{changed} of {files} {'changes' if changed == 1 else 'change'}"


def as_json(changes: Sequence[Change]) -> str:
    """Return the changes as JSON, those of DAGs that stay the same too."""
    return msgspec.json.format(msgspec.json.encode(list(changes)), indent=2).decode() + "\n"


TOLD: Final[Mapping[str, Callable[[Sequence[Change]], str]]] = MappingProxyType(
    {"text": text, "markdown": markdown, "json": as_json}
)
"""By `diff --format`."""
