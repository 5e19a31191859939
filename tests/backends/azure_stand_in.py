"""Azure, as far as container groups go: the sign-in, and Container Instances' REST interface.

The server is ours. What it takes is what the SDK's own models hold: a request body that does not
come back the same from them, or that they call invalid, is a bad request.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from engine import Container, Engine, Started, stamp
from loopback import Answer, Play, Request, Routes

TENANT, CLIENT, SUBSCRIPTION = (f"{n}0000000-0000-0000-0000-000000000000" for n in (1, 2, 3))
CONNECTION = {
    "conn_type": "azure_container_instance",
    "login": CLIENT,
    "password": "a-secret-of-the-service-principal",
    "extra": {"tenantId": TENANT, "subscriptionId": SUBSCRIPTION},
}
"""An Airflow connection with which the operators sign in here, the usual way."""

GROUPS = (
    r"/subscriptions/[^/]+/resource[gG]roups/([^/]+)"
    r"/providers/Microsoft\.ContainerInstance/containerGroups"
)


@dataclass
class Group:
    """One container group: as it was asked for, and what runs of it."""

    stated: dict[str, Any]
    started: Started
    looked_at: int = 0


@dataclass
class Azure:
    """The two hosts of Azure that a container group needs."""

    engine: Engine
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the groups that were asked for, in their order."""
    deleted: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> Mapping[str, Play]:
        one, logs = f"{GROUPS}/([^/]+)", f"{GROUPS}/([^/]+)/containers/([^/]+)/logs"
        management = Routes(
            {
                ("PUT", one): self.create,
                ("GET", one): self.show,
                ("DELETE", one): self.delete,
                ("GET", logs): self.logs,
            }
        )
        return {
            "login.microsoftonline.com": SIGN_IN,
            "management.azure.com": lambda request: refusal(request) or management(request),
        }

    def create(self, request: Request, resource_group: str, name: str) -> Answer:
        if reason := not_a_group(request.json):
            return failure(400, "InvalidRequestContent", reason)
        stated = request.json
        self.asked.append(stated)
        stated |= {"id": request.path, "name": name, "type": "Microsoft.ContainerInstance/..."}
        (container,) = stated["properties"]["containers"]
        wanted = container["properties"]
        environment = {
            variable["name"]: variable.get("secureValue", variable.get("value", ""))
            for variable in wanted.get("environmentVariables", ())
        }
        try:
            running = self.engine.start(
                Container(wanted["image"], wanted.get("command", ()), environment)
            )
        except LookupError:
            return failure(400, "InaccessibleImage", f"{wanted['image']} is not accessible.")
        group = Group(stated, Started(running))
        self.groups[resource_group, name] = group
        return Answer(201, shown(group))

    def show(self, request: Request, resource_group: str, name: str) -> Answer:
        if (group := self.groups.get((resource_group, name))) is None:
            return failure(404, "ResourceNotFound", f"{name} was not found.")
        return Answer(200, shown(group))

    def delete(self, request: Request, resource_group: str, name: str) -> Answer:
        if (group := self.groups.pop((resource_group, name), None)) is None:
            return Answer(204)
        self.deleted.append(name)
        last = shown(group)
        group.started.running.stop()
        return Answer(200, last)

    def logs(self, request: Request, resource_group: str, name: str, container: str) -> Answer:
        if (group := self.groups.get((resource_group, name))) is None:
            return failure(404, "ResourceNotFound", f"{name} was not found.")
        lines = group.started.running.output().splitlines(keepends=True)
        return Answer(200, {"content": "".join(lines[-int(request.query.get("tail", 1000)) :])})


def failure(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


def refusal(request: Request) -> Answer | None:
    """Return what the management host says to who has not signed in, or names no version."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return failure(401, "AuthenticationFailed", "The token is missing or is not ours.")
    if "api-version" not in request.query:
        return failure(400, "MissingApiVersionParameter", "api-version is required.")
    return None


def not_a_group(body: Any) -> str | None:
    """Return why the SDK's own models do not take `body` for a container group, if so."""
    from azure.mgmt.containerinstance.models import ContainerGroup

    group = ContainerGroup.deserialize(json.loads(json.dumps(body)))
    if lacking := sorted(missing(group)):
        return f"{', '.join(lacking)} must be given"
    if group.serialize() != body:
        return f"{body} holds what no container group has"
    (container,) = group.containers
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", container.name):
        return f"{container.name} is no name of a container"
    return None


def missing(part: Any) -> Iterator[str]:
    """Yield what the models of `part`, and of all in it, require and do not have."""
    for name, rule in getattr(part, "_validation", {}).items():
        if rule.get("required") and getattr(part, name) is None:
            yield f"{type(part).__name__}.{name}"
    for value in getattr(part, "_attribute_map", ()):
        inner = getattr(part, value)
        for one in inner if isinstance(inner, list) else [inner]:
            yield from missing(one)


def shown(group: Group) -> dict[str, Any]:
    """Return the group as the service shows it; secure values are never shown."""
    view = json.loads(json.dumps(group.stated))
    (container,) = view["properties"]["containers"]
    for variable in container["properties"].get("environmentVariables", ()):
        variable.pop("secureValue", None)
    group.looked_at += 1
    if group.looked_at == 1:  # As in a real one: there is nothing to see yet.
        view["properties"]["provisioningState"] = "Pending"
        return view
    code = group.started.code()
    state: dict[str, Any] = {"state": "Running", "startTime": stamp(group.started.began)}
    whole = "Running"
    if code is not None:
        state = {
            **state,
            "state": "Terminated",
            "exitCode": code,
            "finishTime": stamp(group.started.ended),
            "detailStatus": "Error" if code else "Completed",
        }
        whole = "Failed" if code else "Succeeded"
    container["properties"]["instanceView"] = {"restartCount": 0, "currentState": state}
    view["properties"]["provisioningState"] = "Succeeded"
    view["properties"]["instanceView"] = {"events": [], "state": whole}
    return view


def _sign_in(request: Request, tenant: str) -> Answer:
    sent = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
    if sent.get("client_id") != CLIENT or sent.get("client_secret") != CONNECTION["password"]:
        return Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215"})
    return Answer(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})


def _about_tenant(request: Request, tenant: str) -> Answer:
    base = f"https://login.microsoftonline.com/{tenant}"
    return Answer(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        },
    )


def _about_cloud(request: Request) -> Answer:
    names = ["login.microsoftonline.com", "login.windows.net"]
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": f"https://{names[0]}/{TENANT}/v2.0/.well-known/"
            "openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {"preferred_network": names[0], "preferred_cache": names[1], "aliases": names}
            ],
        },
    )


SIGN_IN = Routes(
    {
        ("POST", r"/([^/]+)/oauth2/v2\.0/token"): _sign_in,
        ("GET", r"/([^/]+)/v2\.0/\.well-known/openid-configuration"): _about_tenant,
        ("GET", r"/common/discovery/instance"): _about_cloud,
    }
)


def _token() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"tid": TENANT, "appid": CLIENT, "exp": int(time.time()) + 3600}
    return f"{part({'alg': 'none'})}.{part(claims)}."


TOKEN = _token()
