"""Google Cloud, as far as jobs of Cloud Run go: their REST interface, version 2.

The server is ours. Requests are read into, and answers written from, the SDK's own protocol
buffers, which refuse a field that they do not have.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from engine import Container, Engine, Started, stamp
from loopback import Answer, Play, Request, Routes

PROJECT = "a-project"
LOCATION = r"/v2/(projects/[^/]+/locations/[^/]+)"


TOKEN = "a-token"  # noqa: S105 (the one that everybody gets)


def grant(_request: Request) -> Answer:
    """Return the token that an account gets for its key."""
    return Answer(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})


def connection() -> dict[str, Any]:
    """Return an Airflow connection by a key of a service account, made now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": text,
        "client_email": f"airflow@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return {"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": account}}


@dataclass
class Execution:
    """One execution of a job."""

    job: str
    started: Started


@dataclass
class CloudRun:
    """Jobs of Cloud Run, and what ran of them; `jobs` are as `Job` of the SDK, in JSON.

    `secrets` are those of Secret Manager that a job may refer to, by name.
    """

    engine: Engine
    secrets: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    """By name of an operation: the execution that it is about."""
    cancelled: list[str] = field(default_factory=list)
    answer_seconds: float = 0
    """How long it takes to say which execution was started."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The requests to run a job, in their order."""

    @property
    def hosts(self) -> Mapping[str, Play]:
        jobs = Routes(
            {
                ("GET", rf"{LOCATION}/jobs/([^/:]+)"): self.job,
                ("POST", rf"{LOCATION}/jobs/([^/:]+):run"): self.run,
                ("POST", rf"{LOCATION}/(jobs/[^/:]+/executions/[^/:]+):cancel"): self.cancel,
                ("GET", rf"{LOCATION}/operations/(.+)"): self.operation,
                ("POST", rf"{LOCATION}/operations/(.+):wait"): self.operation,
            }
        )
        return {
            "oauth2.googleapis.com": grant,
            "run.googleapis.com": lambda request: refusal(request) or jobs(request),
        }

    def job(self, request: Request, location: str, name: str) -> Answer:
        found = self.jobs.get(f"{location}/jobs/{name}")
        return Answer(200, found) if found else failure(404, "NOT_FOUND", f"no job {name}")

    def run(self, request: Request, location: str, name: str) -> Answer:
        from google.cloud.run_v2 import RunJobRequest
        from google.protobuf import json_format

        full = f"{location}/jobs/{name}"
        if (job := self.jobs.get(full)) is None:
            return failure(404, "NOT_FOUND", f"no job {name}")
        message = RunJobRequest.pb(RunJobRequest(name=full))
        try:
            json_format.ParseDict(request.json, message)
        except json_format.ParseError as error:
            return failure(400, "INVALID_ARGUMENT", str(error))
        self.asked.append(json_format.MessageToDict(message))
        try:
            running = self.engine.start(container(job, message.overrides, self.secrets))
        except LookupError as error:
            return failure(400, "INVALID_ARGUMENT", f"no image or container {error}")
        execution = f"{full}/executions/{name}-{uuid.uuid4().hex[:5]}"
        self.executions[execution] = Execution(name, Started(running))
        operation = f"{location}/operations/{uuid.uuid4()}"
        self.operations[operation] = execution
        time.sleep(self.answer_seconds)
        return Answer(200, self.written(operation))

    def cancel(self, request: Request, location: str, name: str) -> Answer:
        """End an execution; what it comes to is told by the operation that started it."""
        full = f"{location}/{name}"
        if (found := self.executions.get(full)) is None:
            return failure(404, "NOT_FOUND", f"no execution {name}")
        if found.started.code() is not None:
            return failure(400, "FAILED_PRECONDITION", f"{name} is over")
        self.cancelled.append(full)
        found.started.running.stop()
        (operation,) = (one for one, about in self.operations.items() if about == full)
        return Answer(200, self.written(operation))

    def operation(self, request: Request, location: str, name: str) -> Answer:
        full = f"{location}/operations/{name}"
        if full not in self.operations:
            return failure(404, "NOT_FOUND", f"no operation {name}")
        return Answer(200, self.written(full))

    def output(self) -> str:
        """Return what the last execution printed, which Google's own log would have."""
        *_, last = self.executions.values()
        return last.started.running.output()

    def written(self, operation: str) -> dict[str, Any]:
        """Return the JSON of an operation, made by the SDK's own messages."""
        from google.cloud import run_v2
        from google.longrunning import operations_pb2
        from google.protobuf import json_format

        name = self.operations[operation]
        code = self.executions[name].started.code()
        pb = run_v2.Execution.pb(run_v2.Execution())
        json_format.ParseDict(execution(name, self.executions[name], code), pb)
        made = operations_pb2.Operation(name=operation, done=code is not None)
        made.metadata.Pack(pb)
        if code == 0:
            made.response.Pack(pb)
        elif code is not None:
            made.error.code = 2
            made.error.message = f"The container exited with an error ({code})."
        return json_format.MessageToDict(made)


def execution(name: str, one: Execution, code: int | None) -> dict[str, Any]:
    """Return an execution of one task as the service tells it."""
    states = {None: "CONDITION_RECONCILING", 0: "CONDITION_SUCCEEDED"}
    told = {
        "name": name,
        "job": one.job,
        "taskCount": 1,
        "runningCount": int(code is None),
        "succeededCount": int(code == 0),
        "failedCount": int(code not in (None, 0)),
        "startTime": stamp(one.started.began),
        "logUri": f"https://console.cloud.google.com/logs/{one.job}",
        "conditions": [{"type": "Completed", "state": states.get(code, "CONDITION_FAILED")}],
    }
    return told if code is None else {**told, "completionTime": stamp(one.started.ended)}


def container(job: Mapping[str, Any], overrides: Any, secrets: Mapping[str, str]) -> Container:
    """Return what runs: the container of the job, with what the request puts over it."""
    (stated,) = job["template"]["template"]["containers"]
    name = stated.get("name", "")
    args = list(stated.get("args", ()))
    environment = {one["name"]: _value(one, secrets) for one in stated.get("env", ())}
    for override in overrides.container_overrides:
        if override.name not in ("", name):
            raise LookupError(override.name)
        args = list(override.args) or ([] if override.clear_args else args)
        environment |= {one.name: one.value for one in override.env}
    return Container(stated["image"], [*stated.get("command", ()), *args], environment)


def _value(variable: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the value of one variable of a job, which may be one of Secret Manager."""
    if "valueSource" not in variable:
        return str(variable.get("value", ""))
    return secrets[variable["valueSource"]["secretKeyRef"]["secret"]]


def failure(status: int, word: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": status, "status": word, "message": message}})


def refusal(request: Request) -> Answer | None:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return failure(401, "UNAUTHENTICATED", "no token")
    return None
