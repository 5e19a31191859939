"""The results of a dbt call where people look for them: the log, XCom, the rendered fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dagwright_airflow.operators.results import NodeResult

_SUMMARY_NODES: Final = 200
_MESSAGE_CHARACTERS: Final = 300
_SQL_CHARACTERS: Final = 100_000
_SHOWN_NODES: Final = 3
_SHOWN_LINES: Final = 60


def summary(results: Sequence[NodeResult]) -> dict[str, Any]:
    """Return `results` as a small JSON value for XCom, cut after 200 nodes."""
    nodes = [_for_xcom(one) for one in results[:_SUMMARY_NODES]]
    whole: dict[str, Any] = {
        "nodes": nodes,
        "seconds": round(sum(one.seconds for one in results), 3),
    }
    if len(results) > len(nodes):
        whole["left_out"] = len(results) - len(nodes)
    return whole


def _for_xcom(one: NodeResult) -> dict[str, Any]:
    details = {
        "rows": one.rows,
        "failures": one.failures,
        "message": one.in_a_line(_MESSAGE_CHARACTERS),
    }
    return {
        "unique_id": one.node,
        "status": one.status,
        "seconds": one.seconds,
        **{name: value for name, value in details.items() if value not in (None, "")},
    }


def table(results: Sequence[NodeResult]) -> list[str]:
    """Return `results` as the lines of an aligned table, one a node."""
    rows = [
        (one.status, f"{one.seconds:.2f}s", _count(one), one.node)
        for one in results[:_SUMMARY_NODES]
    ]
    rows.insert(0, ("status", "time", "count", "node"))
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{state:<{wide[0]}}  {seconds:>{wide[1]}}  {count:>{wide[2]}}  {node}"
        for state, seconds, count, node in rows
    ]
    left_out = len(results) - _SUMMARY_NODES
    return [*lines, f"and {left_out} more"] if left_out > 0 else lines


def _count(result: NodeResult) -> str:
    if result.failures:
        return f"{result.failures} failing"
    return "" if result.rows is None else f"{result.rows} rows"


def compiled_sql(results: Sequence[NodeResult]) -> str:
    """Return the SQL of every node, each below its name, cut where it gets too long to show."""
    parts = [f"-- {one.node}\n{one.sql}" for one in results if one.sql and not one.is_hook]
    return "\n\n".join(parts)[:_SQL_CHARACTERS]


def failures(results: Sequence[NodeResult]) -> list[str]:
    """Return the last lines of a failed task's log: node, error and SQL of what failed first."""
    failed = [one for one in results if not one.done and one.status != "skipped"]
    lines: list[str] = []
    for one in failed[:_SHOWN_NODES]:
        lines += (f"{one.node}: {one.status}", *_indented(one.message))
        if one.sql:
            lines += ("compiled SQL, also among the task's rendered fields:", *_indented(one.sql))
    if len(failed) > _SHOWN_NODES:
        lines.append(f"and {len(failed) - _SHOWN_NODES} more that failed")
    return lines


def _indented(text: str) -> list[str]:
    lines = [f"  {line}".rstrip() for line in text.splitlines()]
    if len(lines) <= _SHOWN_LINES:
        return lines
    return [*lines[:_SHOWN_LINES], f"  and {len(lines) - _SHOWN_LINES} more lines"]
