"""What the OpenLineage provider tells of a task that runs: its events, from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow_home import AirflowHome
from tiny import runner


def told(
    home: AirflowHome, task: str, transport: Path, dag: str = "tiny"
) -> tuple[str, list[Any]]:
    """Return the output of a task that is run with a listener, and the events of its end."""
    stated = {"type": "file", "log_file_path": str(transport), "append": True}
    variables = {
        **home.environment,
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(stated),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "shop",
    }
    with runner(AirflowHome(home.root, variables), task, dag) as process:
        output, _ = process.communicate()
    assert transport.exists(), output
    events = [json.loads(line) for line in transport.read_text().splitlines()]
    return output, [event for event in events if event["eventType"] not in ("START", "RUNNING")]


def by_table(datasets: list[Any]) -> dict[str, Any]:
    """Return datasets by their names."""
    return {one["name"]: one for one in datasets}
