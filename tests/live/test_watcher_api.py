"""Watcher mode where Airflow's API answers a third of the requests about results with an error."""

# ruff: noqa: N815 (the names that http.server calls)
from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from live.deployed import deploy
from live.postgres import Postgres
from live.server import running_airflow
from live.watched_shop import NODES, watched_shop

PASSED_ON = ("Authorization", "Content-Type", "Airflow-API-Version", "Accept")


class Flaky(ThreadingHTTPServer):
    """Passes requests on to `target`, and fails every third one of those that matter here."""

    daemon_threads = True
    target = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = count(1)
        self.failed = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fails(self, path: str) -> bool:
        """Return whether this request is to fail; half of those are lost on the way back."""
        if not any(part in path for part in ("/xcoms/", "/states")):
            return False
        return next(self.requests) % 3 == 0


class _Handler(BaseHTTPRequestHandler):
    server: Flaky
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        failing = self.server.fails(self.path)
        status, headers, answer = 502, {}, b"{}"
        if not failing or self.server.failed % 2:
            status, headers, answer = self._asked(body)
        if failing:
            self.server.failed += 1
            status, answer = 502, b"{}"
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() in ("content-type", "content-range", "refreshed-api-token"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _pass_on

    def _asked(self, body: bytes):
        request = urllib.request.Request(  # noqa: S310 (http on loopback)
            self.server.target + self.path, data=body or None, method=self.command
        )
        for name in PASSED_ON:
            if value := self.headers.get(name):
                request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def flaky() -> Iterator[Flaky]:
    server = Flaky()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_errors_of_the_api_delay_a_run_and_change_nothing(postgres: Postgres, tmp_path) -> None:
    shop = watched_shop(postgres, tmp_path / "shop", "flaky")
    with flaky() as server:
        settings = {
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{server.url}/execution/",
            "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "2",
            "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": "0.1",
        }
        with running_airflow(postgres, tmp_path / "airflow", settings) as airflow:
            server.target = airflow.url
            watched = deploy(airflow, shop, "flaky", retries=2, producer_retries=3)
            run = watched.run()
            assert watched.wait(run) == "success"
            assert set(watched.states(run).values()) == {"success"}
            runs = shop.runs()
    assert server.failed
    assert shop.doubled() == 0
    assert set(runs) == set(NODES)
    assert all(runs.values())
