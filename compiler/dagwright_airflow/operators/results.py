"""What became of each node of a dbt call, read from the results file that dbt wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

_DONE: Final = frozenset({"success", "pass", "warn"})
_RUNNABLE: Final = ("model.", "seed.", "snapshot.", "test.", "unit_test.", "function.")
_MESSAGE_CHARACTERS: Final = 4_000


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What became of one node; `rows` and `failures` where dbt tells them.

    `message` is what dbt says, in its own lines, and `sql` what it sent, templates filled in.
    """

    node: str
    status: str
    seconds: float
    message: str = ""
    rows: int | None = None
    failures: int | None = None
    sql: str = ""

    @property
    def done(self) -> bool:
        """Whether the node did what it is for; a node that is only listed may do nothing."""
        return self.status in _DONE or (
            self.status == "no-op" and not self.node.startswith(_RUNNABLE)
        )

    @property
    def is_hook(self) -> bool:
        """Whether it is an on-run-start or on-run-end hook of the project."""
        return self.node.startswith("operation.")

    def in_a_line(self, characters: int) -> str:
        """Return the start of the message, its lines joined."""
        return " ".join(self.message.split())[:characters]


def read_results(target: Path, blank: Callable[[str], str] = str) -> tuple[NodeResult, ...] | None:
    """Return the results in dbt's target folder, in dbt's order; None if dbt wrote none.

    Source freshness has a file of its own. `blank` takes the secrets out of what dbt says.
    """
    found = _read_rows(target / "sources.json")
    if found is None:
        found = _read_rows(target / "run_results.json")
    if found is None or blank is str:
        return found
    return tuple(replace(one, message=blank(one.message), sql=blank(one.sql)) for one in found)


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
        message=str(message).strip()[:_MESSAGE_CHARACTERS],
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        failures=row.get("failures"),
        sql=str(row.get("compiled_code") or "").strip(),
    )
