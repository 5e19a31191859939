"""Runs of whole DAGs in an Airflow of their own, by `dag.test()`, triggers included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_home import AirflowHome

SCRIPT = """
import json, os, sys
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

folder, *names = sys.argv[1:]
manager = DagBundlesManager()
manager.sync_bundles_to_db()
bag = DagBag(folder)
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", None)
states = {}
for name in names:
    run = bag.dags[name].test()
    states[name] = {one.task_id: str(one.state) for one in run.get_task_instances()}
print("STATES" + json.dumps(states))
"""


@dataclass(frozen=True, slots=True)
class DagRun:
    """How each task ended, and all that was printed, the tasks' logs among it."""

    states: Mapping[str, str]
    output: str


def run_dag(home: AirflowHome, dag_id: str, **environment: str) -> DagRun:
    """Return the run of a DAG of `home`, which tells of its failures but never fails itself."""
    return run_dags(home, (dag_id,), **environment)[dag_id]


def run_dags(home: AirflowHome, dag_ids: Sequence[str], **environment: str) -> dict[str, DagRun]:
    """Return the runs of several DAGs, one after the other; their output is that of all."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home.dags), *dag_ids],
        env={**home.environment, **environment},
        cwd=home.root,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    output = done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("STATES")]
    assert told, output
    states = json.loads(told[-1].removeprefix("STATES"))
    return {dag_id: DagRun(states[dag_id], output) for dag_id in dag_ids}


def connections(**known: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that make Airflow know the connections."""
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(one) for name, one in known.items()}
