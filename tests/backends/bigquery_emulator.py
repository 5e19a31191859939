"""BigQuery's REST API on this machine: an emulator on DuckDB, and a proxy that makes jobs last.

The emulator answers when a job is done. A real warehouse says RUNNING first, and only then is
there something to defer for; so the proxy says it once to the client and once to the trigger.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from live.postgres import free_port

BIGQUERY = Path(sys.prefix).with_name(".venv-bigquery") / "bin"
"""The programs of dbt for BigQuery and of the emulator, as `make test-backends` installs them."""

_JOB = re.compile(r"/projects/[^/]+/jobs(?:/(?P<id>[^/?]+))?$")
NOT_FOUND = 404
_RUNNING_ANSWERS = 3
"""To the request that makes a job, to the operator's question and to the trigger's first."""


@dataclass
class BigQuery:
    """The emulator at `url`, and the proxy before it at `slow_url`."""

    url: str
    slow_url: str
    jobs: dict[str, str] = field(default_factory=dict)
    """By job id: the SQL that came through the proxy."""
    said_running: Counter[str] = field(default_factory=Counter)
    least_seconds: float = 0
    """How long the proxy says RUNNING of a job at least, however often it is asked."""
    _let_go: threading.Event = field(default_factory=threading.Event)
    _began: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._let_go.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have every job run for as long as the context lasts."""
        self._let_go.clear()
        try:
            yield
        finally:
            self._let_go.set()

    def still_runs(self, job: str) -> bool:
        """Return whether the proxy is to say RUNNING of a job, be it done or not."""
        began = self._began.setdefault(job, time.monotonic())
        told_enough = self.said_running[job] >= _RUNNING_ANSWERS
        old_enough = time.monotonic() - began >= self.least_seconds
        return not (told_enough and old_enough and self._let_go.is_set())

    def query(self, sql: str) -> list[list[Any]]:
        """Return the rows of a query, by the emulator itself."""
        body = {"query": sql, "useLegacySql": False}
        answer = _ask(f"{self.url}/bigquery/v2/projects/p1/queries", body)
        return [[cell["v"] for cell in row["f"]] for row in answer.get("rows", [])]

    def make(self, dataset: str) -> None:
        """Make a dataset, by the emulator itself; its `create schema` does not."""
        reference = {"projectId": "p1", "datasetId": dataset}
        _ask(f"{self.url}/bigquery/v2/projects/p1/datasets", {"datasetReference": reference})

    def tables(self, dataset: str) -> dict[str, str]:
        """Return what is in a dataset, if there is such a one: TABLE or VIEW by name."""
        try:
            answer = _ask(f"{self.url}/bigquery/v2/projects/p1/datasets/{dataset}/tables")
        except urllib.error.HTTPError as error:
            if error.code != NOT_FOUND:
                raise
            return {}
        rows = answer.get("tables", [])
        return {row["tableReference"]["tableId"]: row["type"] for row in rows}

    def contents(self, dataset: str) -> dict[str, tuple[str, list[str]]]:
        """Return the type and the rows of everything in a dataset and its marts."""
        found = {}
        for name in (dataset, f"{dataset}_marts"):
            for table, kind in self.tables(name).items():
                rows = self.query(f"select * from `p1.{name}.{table}`")  # noqa: S608
                found[table] = (kind, sorted(map(str, rows)))
        return found


def _ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 (loopback)
        return json.load(answer)


@contextmanager
def bigquery(log: Path) -> Iterator[BigQuery]:
    """Yield a running emulator, behind its proxy."""
    port = free_port()
    argv = ["serve", "--dialect", "bigquery", "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("w") as out,
        subprocess.Popen(
            [str(BIGQUERY / "crucible"), *argv],
            stdout=out,
            stderr=out,
        ) as emulator,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/bigquery/v2/projects/p1/datasets", emulator, log)
            served = BigQuery(url, "")
            with ThreadingHTTPServer(("127.0.0.1", 0), _handler(served)) as proxy:
                served.slow_url = f"http://127.0.0.1:{proxy.server_address[1]}"
                threading.Thread(target=proxy.serve_forever, daemon=True).start()
                yield served
                proxy.shutdown()
        finally:
            emulator.terminate()


def _wait(url: str, emulator: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while not _answers(url):
        assert emulator.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        _ask(url)
    except OSError:
        return False
    return True


def _handler(served: BigQuery) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(size) if size else None
            kept = ("content-type", "accept", "accept-encoding", "content-encoding")
            headers = {k: v for k, v in self.headers.items() if k.lower() in kept}
            headers.pop("Accept-Encoding", None)
            asked = urllib.request.Request(  # noqa: S310 (loopback)
                served.url + self.path, data, headers, method=self.command
            )
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, body = error.code, error.read()
            if status < 300 and _JOB.search(urlsplit(self.path).path):
                body = _slowed(served, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _slowed(served: BigQuery, body: bytes) -> bytes:
    """Return a job as it was a moment ago: running, and with no errors yet."""
    job = json.loads(body)
    if "jobReference" not in job:
        return body
    name = job["jobReference"]["jobId"]
    served.jobs.setdefault(name, job["configuration"]["query"]["query"])
    if not served.still_runs(name):
        return body
    served.said_running[name] += 1
    status = {key: value for key, value in job["status"].items() if "rror" not in key}
    job["status"] = {**status, "state": "RUNNING"}
    return json.dumps(job).encode()
