"""A Kubernetes API server as far as KubernetesPodOperator goes, whose pods really run.

The server is ours. It refuses what `pod_faults` finds wrong, and starts a pod's container by an
engine: its environment, with the values of Secrets, its exit code and its log are those of the
command. Volumes can be Secrets, below the folder that the server was given, and folders of the
machine at their own place; other volumes, and containers beside the first, are not there.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dagwright.plan.modes.pods import INTERRUPT
from engine import Container, Engine, Started, stamp
from loopback import make_certificates
from pod_faults import SCHEMA, faults

Json = dict[str, Any]
ADDRESS = "127.0.0.1"
STORED = r"/api/v1/namespaces/([^/]+)/(pods|secrets|events)(?:/([^/]+))?(/log)?"


class RefusedError(Exception):
    """What the server answers instead: a status, a reason and a message."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.body = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": reason,
            "message": message,
            "code": code,
        }


@dataclass
class Pod:
    """A pod, and its container; `waiting` is why there is none."""

    body: Json
    started: Started | None = None
    waiting: str | None = None
    ending: bool = False
    lines: list[tuple[datetime, str]] = field(default_factory=list)

    def seen(self) -> list[tuple[datetime, str]]:
        """Return the whole lines of the log, each with when it was first seen."""
        if self.started is not None:
            over = self.started.code() is not None
            whole = self.started.running.output().splitlines(keepends=True)
            if whole and not whole[-1].endswith("\n") and not over:
                whole.pop()
            now = datetime.now(timezone.utc)
            self.lines += [(now, line.rstrip("\n")) for line in whole[len(self.lines) :]]
        return self.lines

    def view(self) -> Json:
        """Return the pod as the API tells it."""
        (container, *_) = self.body["spec"]["containers"]
        code = None if self.started is None else self.started.code()
        status = {"startTime": self.body["metadata"]["creationTimestamp"]}
        if self.started is None:
            status["phase"], state = "Pending", {"waiting": {"reason": self.waiting}}
        elif code is None:
            status["phase"] = "Running"
            state = {"running": {"startedAt": stamp(self.started.began)}}
        else:
            status["phase"] = "Failed" if code else "Succeeded"
            state = {"terminated": _ended(self.started, code)}
        told = {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": False,
            "started": self.started is not None,
            "restartCount": 0,
            "state": state,
        }
        scheduled = {"type": "PodScheduled", "status": "True"}
        status |= {"containerStatuses": [told], "conditions": [scheduled]}
        return {"apiVersion": "v1", "kind": "Pod", **self.body, "status": status}


def _ended(started: Started, code: int) -> Json:
    return {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": stamp(started.began),
        "finishedAt": stamp(started.ended),
    }


@dataclass
class KubernetesStandIn:
    """The server; `knows` says who may come, by token."""

    engine: Engine
    folder: Path
    """Where certificates and the files of Secrets go."""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    knows: list[Callable[[str], bool]] = field(default_factory=list)
    url: str = ""
    pods: dict[tuple[str, str], Pod] = field(default_factory=dict)
    secrets: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    asked: list[Json] = field(default_factory=list)
    """The pods that were made, as they were sent, in their order."""
    deleted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def authority(self) -> str:
        """The certificate that clients trust."""
        return (self.folder / "authority.pem").read_text(encoding="ascii")

    def admit(self, header: str) -> None:
        """Refuse who has no token that is known."""
        word, _, token = header.partition(" ")
        known = (lambda one: one == self.token, *self.knows)
        if word != "Bearer" or not any(one(token) for one in known):
            raise RefusedError(401, "Unauthorized", "Unauthorized")

    def create_pod(self, namespace: str, body: Json, *, dry: bool) -> Json:
        if wrong := faults(body, namespace):
            self.refused.append("; ".join(wrong))
            raise RefusedError(422, "Invalid", f'Pod "{body["metadata"].get("name")}": {wrong[0]}')
        key = (namespace, body["metadata"]["name"])
        if key in self.pods:
            raise RefusedError(409, "AlreadyExists", f'pods "{key[1]}" already exists')
        self.asked.append(json.loads(json.dumps(body)))
        body["metadata"] |= {
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": stamp(datetime.now(timezone.utc)),
            "resourceVersion": "1",
        }
        pod = Pod(body)
        if not dry:
            self.pods[key] = pod
            self._start(namespace, pod)
        return pod.view()

    def _start(self, namespace: str, pod: Pod) -> None:
        (container, *_) = pod.body["spec"]["containers"]
        try:
            environment: dict[str, str] = {}
            for one in container.get("env") or ():
                environment[one["name"]] = self._value(namespace, one, environment)
            self._mount(namespace, pod.body["spec"].get("volumes") or (), container)
            words = [*(container.get("command") or ()), *(container.get("args") or ())]
            argv = [expanded(word, environment) for word in words]
            running = self.engine.start(Container(container["image"], argv, environment))
            pod.started = Started(running)
        except RefusedError as error:
            pod.waiting = error.body["reason"]
        except LookupError:
            pod.waiting = "ErrImagePull"

    def _value(self, namespace: str, variable: Json, before: dict[str, str]) -> str:
        """Return what a variable has; only a plain one may name those that come before it."""
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference is None:
            return expanded(variable.get("value") or "", before)
        secret = self.secrets.get((namespace, reference["name"]), {})
        if reference["key"] not in secret:
            raise RefusedError(422, "CreateContainerConfigError", f"no secret {reference}")
        return secret[reference["key"]]

    def _mount(self, namespace: str, volumes: list[Json], container: Json) -> None:
        known = {one["name"]: one for one in volumes}
        for mount in container.get("volumeMounts") or ():
            volume, path = known[mount["name"]], Path(mount["mountPath"])
            if (volume.get("hostPath") or {}).get("path") == str(path):
                continue
            secret = self.secrets.get((namespace, (volume.get("secret") or {}).get("secretName")))
            if secret is None or not path.is_relative_to(self.folder):
                word = f"this stand-in cannot mount {volume}"
                raise RefusedError(422, "CreateContainerError", word)
            path.mkdir(parents=True, exist_ok=True)
            for name, text in secret.items():
                (path / name).write_text(text, encoding="utf-8")

    def pod(self, namespace: str, name: str) -> Pod:
        if (found := self.pods.get((namespace, name))) is None:
            raise RefusedError(404, "NotFound", f'pods "{name}" not found')
        return found

    def delete_pod(self, namespace: str, name: str) -> Json:
        """Delete a pod: one that runs is gone after its hook, or after its time."""
        pod = self.pod(namespace, name)
        if pod.started is None or pod.started.code() is not None:
            self._remove(namespace, name)
        elif not pod.ending:
            pod.ending = True
            threading.Thread(target=self._end, args=(namespace, name), daemon=True).start()
        return pod.view()

    def _end(self, namespace: str, name: str) -> None:
        pod = self.pods[namespace, name]
        assert pod.started is not None
        (container, *_) = pod.body["spec"]["containers"]
        hook = ((container.get("lifecycle") or {}).get("preStop") or {}).get("exec") or {}
        if hook.get("command") == [*INTERRUPT]:
            pod.started.running.interrupt()
        # The signal that follows is not heard by the first process of a container.
        until = time.monotonic() + pod.body["spec"].get("terminationGracePeriodSeconds", 30)
        while pod.started.code() is None and time.monotonic() < until:
            time.sleep(0.1)
        self._remove(namespace, name)

    def _remove(self, namespace: str, name: str) -> None:
        pod = self.pods.get((namespace, name))
        if pod is not None and pod.started is not None:
            pod.started.running.stop()
        self.pods.pop((namespace, name), None)
        self.deleted.append(name)

    def patch_pod(self, namespace: str, name: str, body: Json) -> Json:
        metadata = self.pod(namespace, name).body["metadata"]
        labels = (body.get("metadata") or {}).get("labels") or {}
        metadata["labels"] = {**metadata.get("labels", {}), **labels}
        return self.pod(namespace, name).view()

    def list_pods(self, namespace: str, selector: str) -> Json:
        found = [
            pod.view()
            for (where, _), pod in list(self.pods.items())
            if where == namespace and selected(pod.body["metadata"].get("labels") or {}, selector)
        ]
        return listed("Pod", found)

    def create_secret(self, namespace: str, body: Json) -> Json:
        data = {k: base64.b64decode(v).decode() for k, v in (body.get("data") or {}).items()}
        data |= body.get("stringData") or {}
        self.secrets[namespace, body["metadata"]["name"]] = data
        return {"kind": "Secret", "apiVersion": "v1", "metadata": body["metadata"]}

    def delete_secret(self, namespace: str, name: str) -> Json:
        if self.secrets.pop((namespace, name), None) is None:
            raise RefusedError(404, "NotFound", f'secrets "{name}" not found')
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def stop(self) -> None:
        for pod in self.pods.values():
            if pod.started is not None:
                pod.started.running.stop()


def listed(kind: str, items: list[Json]) -> Json:
    metadata = {"resourceVersion": "1"}
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items}


def expanded(word: str, environment: dict[str, str]) -> str:
    """Return a word of a command as Kubernetes has it: `$(NAME)` of what is known, `$$` is `$`.

    >>> expanded("$(A) $(B) $$(A) $A", {"A": "1"})
    '1 $(B) $(A) $A'
    """

    def replaced(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else environment.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replaced, word)


def selected(labels: dict[str, str], selector: str) -> bool:
    """Return whether labels match a selector of the forms that the operator writes."""
    return all(_holds(labels, term.strip()) for term in selector.split(",") if term)


def _holds(labels: dict[str, str], term: str) -> bool:
    if "!=" in term:
        key, _, value = term.partition("!=")
        return labels.get(key) != value
    if "=" in term:
        key, _, value = term.partition("=")
        return labels.get(key) == value.lstrip("=")
    return term[1:] not in labels if term.startswith("!") else term in labels


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about what is stored: of which namespace, and of which name, if of one."""

    namespace: str
    name: str
    query: dict[str, str]
    body: Json


def _version(_api: KubernetesStandIn, _asked: Asked) -> Json:
    major, minor = SCHEMA.split(".")
    return {"major": major, "minor": minor, "gitVersion": f"v{SCHEMA}.0"}


ROUTES: dict[tuple[str, str], Callable[[KubernetesStandIn, Asked], Json]] = {
    ("GET", "/version"): _version,
    ("POST", "/api/v1/namespaces"): lambda _, one: one.body,  # Any name is one.
    ("POST", "pods"): lambda api, one: api.create_pod(
        one.namespace, one.body, dry="dryRun" in one.query
    ),
    ("GET", "pods"): lambda api, one: api.list_pods(
        one.namespace, one.query.get("labelSelector", "")
    ),
    ("GET", "pods/NAME"): lambda api, one: api.pod(one.namespace, one.name).view(),
    ("PATCH", "pods/NAME"): lambda api, one: api.patch_pod(one.namespace, one.name, one.body),
    ("DELETE", "pods/NAME"): lambda api, one: api.delete_pod(one.namespace, one.name),
    ("POST", "secrets"): lambda api, one: api.create_secret(one.namespace, one.body),
    ("DELETE", "secrets/NAME"): lambda api, one: api.delete_secret(one.namespace, one.name),
    ("GET", "events"): lambda _, __: listed("Event", []),
}
"""By method and what it is about: what answers; logs are sent as they are written."""

LOGS = ("GET", "pods/NAME/log")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        try:
            self.answer(body)
        except RefusedError as error:
            self.send(error.body["code"], error.body)

    do_POST = do_PATCH = do_DELETE = do_GET

    def answer(self, body: Json) -> None:
        api, url = self.server.api, urlsplit(self.path)
        api.admit(self.headers.get("Authorization", ""))
        namespace, about, name = "", url.path, ""
        if match := re.fullmatch(STORED, url.path):
            namespace, about, name, log = (group or "" for group in match.groups())
            about += ("/NAME" if name else "") + log
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        if (self.command, about) == LOGS:
            self.follow(api.pod(namespace, name), query)
            return
        if (route := ROUTES.get((self.command, about))) is None:
            raise RefusedError(404, "NotFound", f"{self.command} {url.path} is not played here")
        made = route(api, Asked(namespace, name, query, body))
        self.send(201 if self.command == "POST" else 200, made)

    def follow(self, pod: Pod, query: dict[str, str]) -> None:
        """Send the log in chunks, to the end of the container if that is asked."""
        if pod.started is None:
            raise RefusedError(400, "BadRequest", f"container is waiting: {pod.waiting}")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        age = timedelta(seconds=float(query.get("sinceSeconds", 1e6)))
        since = datetime.now(timezone.utc) - age
        times, sent = query.get("timestamps", "").lower() == "true", 0
        while True:
            over = pod.started.code() is not None
            lines = pod.seen()
            for moment, line in lines[sent:]:
                if moment >= since:
                    self.chunk(f"{moment.isoformat()} {line}\n" if times else f"{line}\n")
            sent = len(lines)
            if over or query.get("follow", "").lower() != "true":
                break
            time.sleep(0.1)
        self.chunk("")

    def chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def send(self, code: int, body: Json) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Leave the terminal alone."""


class _Server(ThreadingHTTPServer):
    def __init__(self, api: KubernetesStandIn) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away while it followed a log."""


@contextmanager
def kubernetes_stand_in(engine: Engine, folder: Path) -> Iterator[KubernetesStandIn]:
    """Serve the API until the end of the block; certificates and Secrets go to `folder`."""
    make_certificates([ADDRESS, "localhost"], folder)
    api = KubernetesStandIn(engine, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hosts.pem", folder / "hosts.key")
    server = _Server(api)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    api.url = f"https://{ADDRESS}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        api.stop()
