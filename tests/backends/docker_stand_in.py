"""A Docker daemon's API with no containers behind it: a test says what becomes of each.

It knows what DockerOperator and a wait for a container ask of it, by TCP on loopback.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class StandIn:
    """What the daemon has, and what was asked of it."""

    url: str = ""
    daemon: str = "one"
    mute: int = 0
    """How many questions from now on get no answer."""
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)
    created: list[Any] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """What was done to which container, in order."""

    def add(
        self,
        name: str,
        *,
        status: str = "running",
        code: int = 0,
        log: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> None:
        about = {"status": status, "code": code, "log": log, "labels": dict(labels or {})}
        self.containers[name] = about

    def labelled(self, labels: Collection[str]) -> list[dict[str, Any]]:
        """Return the containers that have all of `labels`, each as `name=value`."""
        return [
            {"Id": name, "Names": [f"/{name}"]}
            for name, about in self.containers.items()
            if {*labels} <= {f"{key}={value}" for key, value in about["labels"].items()}
        ]

    def end(self, name: str, *, code: int = 0, log: str = "") -> None:
        self.add(name, status="exited", code=code, log=log)


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep silent."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = urlsplit(self.path)
        path = asked.path.strip("/").split("/")
        if path[0].startswith("v1."):
            path = path[1:]
        if self.stand_in.mute:
            self.stand_in.mute -= 1
            return self._send(503, {"message": "not now"})
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        return self._send(*self._about(method, path, query, body))

    def _about(
        self, method: str, path: list[str], query: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        one = self.stand_in
        plain = {
            "version": {"ApiVersion": "1.44"},
            "_ping": "OK",
            "info": {"ID": one.daemon},
            "images/json": [{"Id": "image"}],
        }
        if (answer := plain.get("/".join(path))) is not None:
            return 200, answer
        if method != "GET":
            one.changes.append(" ".join([*path[1:], *([method] * (method == "DELETE"))]))
        match method, path:
            case "GET", ["containers", "json"]:
                return 200, one.labelled(json.loads(query["filters"])["label"])
            case "POST", ["containers", "create"]:
                one.created.append(json.loads(body))
                one.add("made", status="created")
                return 201, {"Id": "made"}
            case _, ["containers", name, *_] if name not in one.containers:
                return 404, {"message": f"No such container: {name}"}
            case "DELETE", _:
                del one.containers[path[1]]
                return 204, None
        return self._about_container(method, path[1], path[2], query)

    def _about_container(
        self, method: str, name: str, word: str, query: dict[str, str]
    ) -> tuple[int, Any]:
        one, container = self.stand_in, self.stand_in.containers[name]
        match method, word:
            case "POST", "start":
                container["status"] = "running"
                return 204, None
            case "POST", "kill":
                one.signals.append(query["signal"])
                container.update(status="exited", code=130)
                return 204, None
            case "POST", "wait":
                return 200, {"StatusCode": container["code"]}
            case "GET", "logs":
                text = container["log"].encode()
                return 200, b"\x01\0\0\0" + len(text).to_bytes(4, "big") + text
            case "GET", "json":
                status = container["status"]
                state = {"Status": status, "Running": status == "running"}
                return 200, {"Id": name, "State": state, "Config": {"Tty": False}}
        return 404, {"message": f"no {word}"}  # No file is in any container.

    def _send(self, status: int, answer: Any) -> None:
        data = b"" if answer is None else answer if isinstance(answer, bytes) else _bytes(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _bytes(answer: Any) -> bytes:
    return (answer if isinstance(answer, str) else json.dumps(answer)).encode()


@contextmanager
def docker_stand_in() -> Iterator[StandIn]:
    """Serve a daemon of its own until the end of the block."""
    stand_in = StandIn()
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        stand_in.url = f"tcp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
