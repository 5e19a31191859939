"""A real Airflow on loopback ports: its four programs, and a client of its REST API.

    with running_airflow(postgres, tmp_path, {"AIRFLOW_CONN_SHOP": ...}) as airflow:
        airflow.add_connection("shop_db", conn_type="postgres", host=..., password=...)
        folder = airflow.dags / "mine"       # a loader and its compiled/, as a user deploys them
        run = airflow.trigger("my_dag")      # waits for the DAG to be there, and unpauses it
        assert airflow.wait("my_dag", run) == "success"
        airflow.states("my_dag", run)        # {task id: state}
        airflow.log("my_dag", run, "task")   # as people see it, through the API

The metadata database is PostgreSQL, the executor is LocalExecutor. Every program is on a leash,
so nothing outlives the tests, and each can be stopped and started alone: `airflow.stop`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from dagwright_airflow import leash
from live.postgres import Postgres, free_port
from processes import running_with

BIN: Final = Path(sys.executable).parent
PROGRAMS: Final = ("api-server", "scheduler", "dag-processor", "triggerer")
ENDED: Final = frozenset({"success", "failed"})
_PATIENCE_SECONDS: Final = 600
"""How long anything may take before a test fails; machines that run tests are busy."""

_HEALTHY: Final = ("metadatabase", "scheduler", "dag_processor", "triggerer")


@dataclass(slots=True)
class LiveAirflow:
    """An Airflow that runs; see the module for how it is used."""

    root: Path
    environment: Mapping[str, str]
    url: str
    mark: str
    """`NAME=value` in the environment of every process of this Airflow and of its tasks."""
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _token: str = ""

    @property
    def dags(self) -> Path:
        """The dags folder; new files are found within seconds."""
        return self.root / "dags"

    def scratch(self) -> list[str]:
        """Return the temporary folders of ours that are left, by their names."""
        return sorted(path.name for path in (self.root / "tmp").glob("dagwright-task-*"))

    def start(self, program: str) -> None:
        """Start one of `PROGRAMS`; its output is in `logs/PROGRAM.log` below `root`."""
        log = self.root / "logs" / f"{program}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as output:
            self._running[program] = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", leash.__file__, leash.RUN),
                    *(str(BIN / "airflow"), program),
                ],
                env=dict(self.environment),
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )

    def stop(self, program: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to all processes of a program, and return when the program is gone.

        A task that runs has a process group of its own, and does not get the signal.
        """
        process = self._running.pop(program)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.communicate()  # Closes the leash as well: what hangs is killed.

    def stop_all(self) -> None:
        """Stop every program, and kill whatever carries the mark."""
        for process in self._running.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._running.values():
            process.wait()
        self._running.clear()
        while left := running_with(self.mark):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """Return the JSON that the API answers to `METHOD /api/v2/PATH`.

        Raises:
            urllib.error.HTTPError: it refused; the error's text has its reason.
        """
        address = f"{self.url}/api/v2/{urllib.parse.quote(path)}"
        if query:
            address += f"?{urllib.parse.urlencode(query)}"
        return self._fetch(method, address, body)

    def _fetch(self, method: str, address: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 (http on loopback)
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            error.msg = f"{method} {address}: {error.msg} {error.read().decode()}"
            raise
        return json.loads(text) if text else None

    def await_health(self) -> None:
        """Return when the API answers, and every program has told that it is well."""

        def healthy() -> bool:
            try:
                found = self._fetch("GET", f"{self.url}/api/v2/monitor/health")
            except OSError:
                return False
            return all(found[name]["status"] == "healthy" for name in _HEALTHY)

        self.until(healthy, "Airflow is healthy")
        self._token = self._fetch("GET", f"{self.url}/auth/token")["access_token"]

    def until(self, done: Callable[[], Any], what: str) -> Any:
        """Return the first true answer of `done`; fail with all logs if a program ended."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (answer := done()):
            ended = [name for name, process in self._running.items() if process.poll() is not None]
            late = time.monotonic() > until
            assert not ended, f"{ended} ended before {what}\n{self.program_logs()}"
            assert not late, f"waited in vain: {what}\n{self.program_logs()}"
            time.sleep(0.25)
        return answer

    def program_logs(self) -> str:
        """Return the last lines of what each program printed."""
        logs = sorted((self.root / "logs").glob("*.log"))
        return "\n".join(
            f"== {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            for log in logs
        )

    def add_connection(self, name: str, **fields: object) -> None:
        """Keep a connection in Airflow's database, over any of the same name.

        `fields` are the API's: conn_type, host, port, login, password, schema, extra (JSON text).
        """
        with suppress(urllib.error.HTTPError):
            self.call("DELETE", f"connections/{name}")
        self.call("POST", "connections", {"connection_id": name, **fields})

    def await_dag(self, dag_id: str) -> None:
        """Return when Airflow knows the DAG; fail with the reason if its file has an error."""

        def known() -> bool:
            errors = self.call("GET", "importErrors")["import_errors"]
            assert not errors, errors
            try:
                return bool(self.call("GET", f"dags/{dag_id}"))
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                return False

        self.until(known, f"DAG {dag_id} is found")

    def trigger(self, dag_id: str, **conf: object) -> str:
        """Return the id of a new run of the DAG, with `conf`."""
        self.await_dag(dag_id)
        self.call("PATCH", f"dags/{dag_id}", {"is_paused": False})
        body = {"logical_date": None, "conf": conf}
        return str(self.call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def wait(self, dag_id: str, run: str) -> str:
        """Return the state in which the run ended."""
        path = f"dags/{dag_id}/dagRuns/{run}"

        def ended() -> str | None:
            state = str(self.call("GET", path)["state"])
            return state if state in ENDED else None

        return str(self.until(ended, f"{dag_id} {run} ends"))

    def tasks(self, dag_id: str, run: str) -> dict[str, Any]:
        """Return what the API says of each task of a run, by task id."""
        path = f"dags/{dag_id}/dagRuns/{run}/taskInstances"
        found: list[Any] = []
        while True:
            page = self.call("GET", path, limit="100", offset=str(len(found)))
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return {one["task_id"]: one for one in found}

    def states(self, dag_id: str, run: str) -> dict[str, str | None]:
        """Return the state of each task of a run, by task id."""
        return {name: task["state"] for name, task in self.tasks(dag_id, run).items()}

    def await_state(self, dag_id: str, run: str, task: str, *states: str) -> str:
        """Return the state of a task when it is one of `states`."""

        def reached() -> str | None:
            state = self.states(dag_id, run).get(task)
            return state if state in states else None

        return str(self.until(reached, f"{task} of {dag_id} is {' or '.join(states)}"))

    def log(self, dag_id: str, run: str, task: str, attempt: int = 1) -> str:
        """Return the log of one attempt as the API gives it: one JSON value a line."""
        path = f"dags/{dag_id}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}"
        return "\n".join(json.dumps(event) for event in self.call("GET", path)["content"])

    def xcom(self, dag_id: str, run: str, task: str, key: str = "return_value") -> Any:
        """Return a value that a task pushed."""
        path = f"dags/{dag_id}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}"
        return self.call("GET", path, deserialize="true")["value"]


@contextmanager
def running_airflow(
    postgres: Postgres, root: Path, environment: Mapping[str, str] | None = None
) -> Iterator[LiveAirflow]:
    """Yield an Airflow with its home in `root`, and `environment` over the test's own.

    `environment` is how a connection is given without the database: `AIRFLOW_CONN_NAME`.
    """
    for name in ("dags", "tmp"):
        (root / name).mkdir(parents=True)
    airflow = _prepared(postgres, root, environment or {})
    migrate = [str(BIN / "airflow"), "db", "migrate"]
    done = subprocess.run(
        migrate, env=dict(airflow.environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        for program in PROGRAMS:
            airflow.start(program)
        airflow.await_health()
        yield airflow
    finally:
        airflow.stop_all()


def _prepared(postgres: Postgres, root: Path, environment: Mapping[str, str]) -> LiveAirflow:
    port = free_port()
    mark = f"DAGWRIGHT_LIVE={uuid4().hex}"
    url = f"http://127.0.0.1:{port}"
    database = postgres.create_database(f"airflow_{uuid4().hex[:8]}")
    settings = {
        "CORE__DAGS_FOLDER": str(root / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": postgres.url(database),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        "API__SECRET_KEY": uuid4().hex,
        "API_AUTH__JWT_SECRET": uuid4().hex * 2,
        "DAG_PROCESSOR__REFRESH_INTERVAL": "3",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    name, _, value = mark.partition("=")
    whole = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "AIRFLOW_HOME": str(root),
        "TMPDIR": str(root / "tmp"),
        **{f"AIRFLOW__{key}": text for key, text in settings.items()},
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        name: value,
        **environment,
    }
    return LiveAirflow(root, whole, url, mark)
