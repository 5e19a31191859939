"""The watched shop as a DAG of a live Airflow, in mode `local` or `watcher`."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dagwright_airflow import leash
from live.server import BIN, LiveAirflow
from live.watched_shop import WatchedShop
from processes import running_titled, running_with

LOADER = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"
GROUP_LOADER = """# airflow dag
from airflow.sdk import DAG
from dagwright_airflow import load_task_group
with DAG("{dag}", schedule=None):
    load_task_group("compiled/{dag}.group.json", folder=__file__.rpartition("/")[0])
"""
PRODUCER = "dagwright_producer"

GATED_DBT = """#!/bin/sh
# dbt, held up before it starts and after it ended as long as a file says so.
case "$*" in *json*) while [ -e {folder}/before ]; do sleep 0.1; done ;; esac
{dbt} "$@"
status=$?
touch {folder}/ended
case "$*" in *json*) while [ -e {folder}/after ]; do sleep 0.1; done ;; esac
exit $status
"""

SPEC = """\
version: 1
{head}: {{id: {dag}, {schedule}default_args: {{retries: {retries}, retry_delay: 1s}}}}
render: {{project_dir: {project}, tests: {tests}, sources: {sources}{select}}}
execute:
  {mode}
  project_dir: {project}
  profile: {{profiles_dir: {project}}}
  vars: {{day: "{{{{ (dag_run.conf or {{}}).get('day', 'none') }}}}"}}
  full_refresh: "{{{{ (dag_run.conf or {{}}).get('full', false) }}}}"
  policy: {{test: {{retries: 0}}}}
"""
LOCAL = "mode: local\n  dbt_executable: {dbt}"
WATCHER = (
    "mode: watcher\n"
    "  producer: {{mode: local, dbt_executable: {dbt}, task: {{retries: {producer_retries}}}}}"
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """One DAG of the shop in an Airflow."""

    airflow: LiveAirflow
    shop: WatchedShop
    dag: str
    gates: Path

    def run(self, **conf: object) -> str:
        return self.airflow.trigger(self.dag, **conf)

    def wait(self, run: str) -> str:
        return self.airflow.wait(self.dag, run)

    def states(self, run: str) -> dict[str, str | None]:
        """Return the states of the tasks that are no helpers."""
        states = self.airflow.states(self.dag, run)
        return {
            name.removeprefix("watched."): state
            for name, state in states.items()
            if not name.startswith("dagwright_")
        }

    def clear(self, run: str, *tasks: str, **how: object) -> None:
        body = {"dag_run_id": run, "dry_run": False, "only_failed": False, **how}
        if tasks:
            body["task_ids"] = list(tasks)
        self.airflow.call("POST", f"dags/{self.dag}/clearTaskInstances", body)

    def mark(self, run: str, state: str, task: str = "") -> None:
        """Give a run, or a task of it, the state that somebody at the screen gives it."""
        path = f"dags/{self.dag}/dagRuns/{run}"
        path += f"/taskInstances/{task}" if task else ""
        self.airflow.call("PATCH", path, {"state" if not task else "new_state": state})

    def pause(self, *, paused: bool) -> None:
        self.airflow.call("PATCH", f"dags/{self.dag}", {"is_paused": paused})

    def kill_producer(self) -> None:
        """Kill the process that runs the producer, at once, while its dbt is there."""
        leashed = self.airflow.until(self._leashes, "the producer runs dbt")
        status = Path(f"/proc/{leashed.pop()}/stat").read_text(encoding="utf-8")
        os.kill(int(status.rpartition(")")[2].split()[1]), signal.SIGKILL)

    def kill_process_of(self, run: str, task: str) -> None:
        """Kill the process that runs a task, at once; its container goes on."""
        told = self.airflow.tasks(self.dag, run)[task]
        (process,) = running_titled(f"airflow worker -- {told['id']}")
        os.kill(process, signal.SIGKILL)

    def _leashes(self) -> set[int]:
        """Return the leashes of dbt calls that write a structured log: those of producers."""
        mark = self.airflow.mark
        return {*running_with(mark, leash.__file__)} & {*running_with(mark, "json")}


def deploy(
    airflow: LiveAirflow,
    shop: WatchedShop,
    dag: str,
    *,
    mode: str = WATCHER,
    retries: int = 0,
    producer_retries: int = 1,
    tests: str = "after_each",
    sources: str = "none",
    select: str = "",
    group: bool = False,
) -> Deployed:
    """Compile a spec of the shop, and put it where Airflow finds it."""
    folder = airflow.dags / dag
    folder.mkdir(exist_ok=True)
    dbt = folder / "dbt.sh"
    dbt.write_text(GATED_DBT.format(folder=folder, dbt=BIN / "dbt"), encoding="utf-8")
    dbt.chmod(0o755)
    block = mode.format(dbt=dbt, producer_retries=producer_retries)
    spec = folder / f"{dag}.dagwright.yaml"
    text = SPEC.format(
        head="task_group" if group else "dag",
        schedule="" if group else "schedule: null, ",
        dag=dag,
        retries=retries,
        project=shop.folder,
        mode=block,
        tests=tests,
        sources=sources,
        select=f", select: [{select}]" if select else "",
    )
    spec.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(BIN / "dagwright"), "compile", str(spec), "--output", str(folder / "compiled")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loader = GROUP_LOADER if group else LOADER
    (folder / "loader.py").write_text(loader.format(dag=dag), encoding="utf-8")
    return Deployed(airflow, shop, dag, folder)
