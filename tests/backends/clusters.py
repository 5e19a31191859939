"""Kubernetes as the tests of pods see it: a real cluster, or the stand-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import client, config

from engine import IMAGE
from kubernetes_stand_in import KubernetesStandIn

LABELS = {"pool": "dbt"}
"""The labels of the one node."""
TAINT = {"key": "dedicated", "value": "dbt", "effect": "NoSchedule"}
"""The taint of the one node."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """An API, the image that has dbt, and where a pod may see what."""

    url: str
    authority: str
    token: str
    kubeconfig: Path
    image: str
    secrets: Path
    """The folder for Secrets as volumes: where the stand-in can make them, or anywhere."""
    inside: Path | None = None
    """The folder in which pods see folders of this machine; None if they see them in place."""

    @property
    def connection(self) -> Mapping[str, Any]:
        """An Airflow connection to it."""
        extra = {"kube_config_path": str(self.kubeconfig)}
        return {"conn_type": "kubernetes", "extra": extra}

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(config.new_client_from_config(str(self.kubeconfig)))

    def sees(self, folder: Path) -> str:
        """Return where a pod sees a folder of this machine."""
        return str(folder if self.inside is None else self.inside / folder.name)

    def keep_secret(self, name: str, **values: str) -> None:
        """Keep a Secret, also where there is one of that name."""
        secret = {"metadata": {"name": name}, "stringData": values}
        try:
            self.core.delete_namespaced_secret(name, "default")
        except client.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        self.core.create_namespaced_secret("default", secret)

    def pods(self, dag_id: str) -> list[client.V1Pod]:
        """Return the pods of a DAG that are there, the oldest first."""
        found = self.core.list_namespaced_pod("default", label_selector=f"dag_id={dag_id}").items
        return sorted(found, key=lambda pod: pod.metadata.creation_timestamp)


def write_kubeconfig(path: Path, url: str, authority: Path, user: Mapping[str, str]) -> None:
    """Write what `kubectl` and every client know a cluster by."""
    text = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "c", "cluster": {"server": url, "certificate-authority": str(authority)}}
        ],
        "users": [{"name": "u", "user": dict(user)}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(text), encoding="utf-8")
    path.chmod(0o600)


def stand_in_cluster(api: KubernetesStandIn) -> Cluster:
    """Return the cluster that the stand-in plays."""
    kubeconfig = api.folder / "kubeconfig"
    write_kubeconfig(kubeconfig, api.url, api.folder / "authority.pem", {"token": api.token})
    places = api.folder / "secrets"
    return Cluster(api.url, api.authority, api.token, kubeconfig, IMAGE, places)
