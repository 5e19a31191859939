"""Read dbt's structured log: how nodes ended, and the lines that people read.

The log is one JSON object a line (`--log-format json`), the same from a subprocess, from
dbtRunner and from a container. Its debug level is needed: only there does every kind of node say
that it finished, unit tests too, with its message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagwright_airflow.watcher.verdicts import NodeEnd

FLAGS: Final = ("--log-format", "json", "--log-level", "debug")
"""What makes dbt write this log to its standard output; after all other flags."""

LONGEST_LINE_BYTES: Final = 1_048_576
"""A line holds a query at most, at the debug level. What is cut is no JSON, and is passed over."""

_SHOWN: Final = frozenset({"info", "warn", "error"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: what people should see of it, and the node that it ends."""

    text: str | None
    end: NodeEnd | None = None


def read_line(line: str) -> Line:
    """Return what `line` says; a line that is no event of dbt is passed on as it is."""
    start = line.find("{")
    if start < 0:
        return Line(line)
    try:
        event = json.loads(line[start:])
        info, data = event["info"], event["data"]
        level, text = info["level"], info["msg"]
    except (ValueError, TypeError, KeyError):
        return Line(line[:_CUT])
    return Line(text if level in _SHOWN else None, _end(info.get("name"), data))


_CUT: Final = 8_192


def _end(name: object, data: Mapping[str, Any]) -> NodeEnd | None:
    """Return how a node ended, where the event says so.

    A node that is skipped may say only that; some versions of dbt never say that it finished. An
    ephemeral model says that it finished, and runs nothing.
    """
    about = data.get("node_info")
    if not isinstance(about, dict) or not about.get("unique_id"):
        return None
    if about.get("materialized") == "ephemeral":
        return None
    if name == "NodeFinished":
        result = data.get("run_result") or {}
        status = str(result.get("status") or about.get("node_status"))
        return NodeEnd(about["unique_id"], status, str(result.get("message") or ""))
    if about.get("node_status") == "skipped":
        return NodeEnd(about["unique_id"], "skipped")
    return None
