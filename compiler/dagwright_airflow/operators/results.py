"""What a dbt call did, read from the results file that it wrote, and whether that is enough.

dbt exits with 0 when it found nothing to do, and a selection that matches less than it did when
the DAG was compiled looks like success. So the results are compared with the nodes that the task
was compiled for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_DONE: Final = frozenset({"success", "pass", "warn"})
_RUNNABLE: Final = ("model.", "seed.", "snapshot.", "test.", "unit_test.", "function.")
_SUMMARY_NODES: Final = 200
_MESSAGE_CHARACTERS: Final = 300
_NAMED: Final = 20
_NOTHING_SELECTED: Final = ("does not match any enabled nodes", "Nothing to do")
"""What dbt prints where a selector finds nothing."""

_HINT: Final = (
    "If it was renamed, removed or disabled since, run `dagwright compile` and deploy the result."
)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What became of one node; `rows` and `failures` where dbt tells them."""

    node: str
    status: str
    seconds: float
    message: str = ""
    rows: int | None = None
    failures: int | None = None

    @property
    def done(self) -> bool:
        """Whether the node did what it is for; a node that is only listed may do nothing."""
        return self.status in _DONE or (
            self.status == "no-op" and not self.node.startswith(_RUNNABLE)
        )


def read_results(target: Path) -> tuple[NodeResult, ...] | None:
    """Return the results in dbt's target folder, in dbt's order; None if dbt wrote none.

    Source freshness has a file of its own.
    """
    sources = _read_rows(target / "sources.json")
    return _read_rows(target / "run_results.json") if sources is None else sources


def _read_rows(path: Path) -> tuple[NodeResult, ...] | None:
    """Return the rows of a results file; None if it is not there, or not dbt's."""
    try:
        return tuple(_result(row) for row in json.loads(path.read_bytes())["results"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _result(row: Mapping[str, Any]) -> NodeResult:
    message = row.get("message") or row.get("error") or ""
    rows = (row.get("adapter_response") or {}).get("rows_affected")
    return NodeResult(
        node=row["unique_id"],
        status=row["status"],
        seconds=round(float(row.get("execution_time") or 0), 3),
        message=" ".join(str(message).split())[:_MESSAGE_CHARACTERS],
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        failures=row.get("failures"),
    )


def way_out(output: Iterable[str]) -> str:
    """Return what to do about a dbt that ran nothing: by its output, since it left no results."""
    if any(sign in line for line in output for sign in _NOTHING_SELECTED):
        return _HINT
    return "It gave up before it ran a node."


def complaint(results: Sequence[NodeResult] | None, expected: Collection[str]) -> str | None:
    """Return why `results` are not the success of exactly the `expected` nodes; None if they are.

    Hooks of the project (`operation.` nodes) may be among the results; they must have passed.
    """
    if not results:
        return f"dbt ran nothing. Expected: {_names(expected)}."
    faults: list[str] = []
    failed = [result for result in results if not result.done]
    if failed:
        lines = [f"  {one.node}: {one.status}. {one.message}".rstrip() for one in failed]
        faults.append("\n".join((f"{len(failed)} of {len(results)} failed:", *_few(lines))))
    ran = {result.node for result in results if not result.node.startswith("operation.")}
    if missing := set(expected) - ran:
        faults.append(f"dbt did not run {_names(missing)}. {_HINT}")
    if unexpected := ran - set(expected):
        faults.append(
            f"dbt also ran {_names(unexpected)}, which this task was not compiled for. "
            "Run `dagwright compile` and deploy the result."
        )
    return "\n".join(faults) or None


def summary(results: Sequence[NodeResult]) -> dict[str, Any]:
    """Return `results` as a small JSON value for XCom, cut after 200 nodes."""
    nodes = [
        {
            "unique_id": one.node,
            "status": one.status,
            "seconds": one.seconds,
            **{
                name: value
                for name in ("rows", "failures", "message")
                if (value := getattr(one, name)) not in (None, "")
            },
        }
        for one in results[:_SUMMARY_NODES]
    ]
    whole: dict[str, Any] = {
        "nodes": nodes,
        "seconds": round(sum(one.seconds for one in results), 3),
    }
    if len(results) > len(nodes):
        whole["left_out"] = len(results) - len(nodes)
    return whole


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


def _names(nodes: Collection[str]) -> str:
    return ", ".join(_few(sorted(nodes))) or "no node"


def _few(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _NAMED:
        return list(lines)
    return [*lines[:_NAMED], f"and {len(lines) - _NAMED} more"]
