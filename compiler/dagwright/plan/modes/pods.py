"""Modes `kubernetes`, `aws_eks` and `gcp_gke`: each dbt command in a pod of its own.

The manifest is made here, whole; the operator adds its arguments, its name and its labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil
from typing import Any, Final

from dagwright.plan.modes.cloud_rules import ROUNDED
from dagwright.plan.modes.container_rules import LABEL_OF_OPERATOR, OURS_IN_POD, POD_PATCH
from dagwright.plan.modes.containers import (
    ByNode,
    changed,
    command,
    entrypoint,
    environment,
    folder,
    given_only,
)
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.operator_args import checked_operator_args
from dagwright.plan.modes.rounding import tell_rounded_bytes
from dagwright.plan.pod_merge import patch_faults, strategic_merge
from dagwright.spec.model import AwsEks, GcpGke, Kubernetes
from dagwright.spec.model.execute import PodKeys
from dagwright.spec.model.execute.container import Limits, Resources, Toleration, Volume
from dagwright.text.route import Route

CONTAINER: Final = "dbt"
"""The name of the container that runs dbt."""

LONGEST_NAME: Final = 54
"""63 characters are allowed, and the operator adds a dash and eight to tell tries apart."""

INTERRUPT: Final = ("/bin/sh", "-c", "kill -INT 1; while kill -0 1 && sleep 1; do :; done")
"""What runs in a container before it is ended: dbt cancels its queries on an interrupt alone.

As the first process of its container, dbt does not even hear of the signal that ends others. The
loop ends with the container, and keeps that signal from an entrypoint that would hand it on.
"""

LEEWAY_SECONDS: Final = 60
"""How much longer a pod may run than its task, so that Airflow, if it is there, is the first."""

MOST_SECONDS: Final = 2**31 - 1
"""The latest deadline that Kubernetes takes."""

Json = dict[str, Any]


def kubernetes(execute: Kubernetes, given: Given) -> Mode:
    """Return the mode that runs dbt in pods of a cluster."""
    place = {"kubernetes_conn_id": execute.connection}
    return _pod_mode("kubernetes", execute, given, place)


def aws_eks(execute: AwsEks, given: Given) -> Mode:
    """Return the mode that runs dbt in pods of a cluster of Amazon EKS."""
    place = {
        "cluster_name": execute.cluster,
        "region": execute.region,
        "aws_conn_id": execute.connection,
    }
    return _pod_mode("aws_eks", execute, given, place, name="pod_name")


def gcp_gke(execute: GcpGke, given: Given) -> Mode:
    """Return the mode that runs dbt in pods of a cluster of Google Kubernetes Engine."""
    place = {
        "cluster_name": execute.cluster,
        "location": execute.region,
        "project_id": execute.project,
        "gcp_conn_id": execute.connection,
    }
    return _pod_mode("gcp_gke", execute, given, place)


def _pod_mode(
    kind: str, execute: Any, given: Given, place: Mapping[str, Any], *, name: str = "name"
) -> Mode:
    """Return a mode with pods; `place` says where the cluster is, in the operator's words."""
    by_node: ByNode[Any] = ByNode(execute, given)
    _check_pods(by_node, given)
    tell_rounded_bytes(by_node.each(), given)
    shared = {
        **given_only(place.items()),
        **pod_arguments(execute, given),
        **checked_operator_args(kind, execute, given),
    }

    def own(call: Call) -> Arguments:
        keys = by_node.of(call)
        words = {
            name: pod_name(call.task),
            "arguments": [*map(literal, command(call, keys, given))],
        }
        return {**words, **deadline(call, keys), **changed(pod_arguments(keys, given), shared)}

    return Mode(kind=kind, shared=shared, own=own, finish=by_node.complain)


def pod_arguments(keys: Any, given: Given) -> Json:
    """Return the operator's arguments of any mode with pods, but for place, name and command."""
    made = {
        "base_container_name": CONTAINER,
        "namespace": keys.namespace,
        "on_finish_action": keys.on_finish,
        "startup_timeout_seconds": ceil(keys.startup_timeout),
        "pod_template_dict": manifest(keys, given),
    }
    return made if keys.deferrable is None else {**made, "deferrable": keys.deferrable}


def deadline(call: Call, keys: Any) -> Json:
    """Return when Kubernetes itself ends a pod: of a task with a timeout, whatever became of it.

    A pod outlives its task where nobody is there to delete it: a worker or a triggerer that dies,
    a trigger that cannot. `pod` may say another time, or null for none.
    """
    spec = keys.pod.get("spec")
    if call.timeout is None or (isinstance(spec, Mapping) and _DEADLINE in spec):
        return {}
    return {"active_deadline_seconds": min(ceil(call.timeout) + LEEWAY_SECONDS, MOST_SECONDS)}


_DEADLINE: Final = "activeDeadlineSeconds"


def manifest(keys: Any, given: Given) -> Json:
    """Return the manifest of the pods, all but the arguments of dbt and the pod's name."""
    container = given_only(
        (
            ("name", CONTAINER),
            ("image", keys.image),
            ("imagePullPolicy", keys.image_pull_policy),
            ("command", [*map(literal, entrypoint(keys) or ())]),
            ("workingDir", folder(keys, given)),
            ("env", [*_environment(keys, given)]),
            ("resources", _resources(keys.resources, keys.limits, keys.gpu_resource)),
            ("volumeMounts", [_mount(*one) for one in enumerate(keys.volumes)]),
            ("lifecycle", _lifecycle(keys.pod)),
        )
    )
    spec = given_only(
        (
            ("restartPolicy", "Never"),
            ("serviceAccountName", keys.service_account),
            ("automountServiceAccountToken", keys.automount_token),
            ("imagePullSecrets", [{"name": name} for name in keys.image_pull_secrets]),
            ("nodeSelector", dict(keys.node_selector)),
            ("tolerations", [_toleration(one) for one in keys.tolerations]),
            ("containers", [container]),
            ("volumes", [_volume(*one) for one in enumerate(keys.volumes)]),
        )
    )
    metadata = given_only(
        (
            ("namespace", keys.namespace),
            ("labels", dict(keys.labels)),
            ("annotations", dict(keys.annotations)),
        )
    )
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return strategic_merge(made, keys.pod)


def pod_name(task: str) -> str:
    """Return a legal name for the pods of `task`; the operator makes it unique.

    Example:
        >>> pod_name("shop.stg_orders.run")
        'shop-stg-orders-run'
    """
    legal = re.sub(r"[^a-z0-9]+", "-", task.lower())
    return legal[:LONGEST_NAME].strip("-") or CONTAINER


def literal(text: str) -> str:
    """Return what Kubernetes must be given so that a container gets `text`, as in other modes.

    In arguments and variables it puts a value for `$(NAME)`, and makes `$$` a `$`.

    Example:
        >>> literal("$(date) costs $5"), literal("costs $5")
        ('$$(date) costs $$5', 'costs $5')
    """
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def _lifecycle(pod: Mapping[str, Any]) -> Json:
    """Return what ends dbt; nothing where its container has not the first process for its own."""
    spec = pod.get("spec")
    if isinstance(spec, Mapping) and (spec.get("hostPID") or spec.get("shareProcessNamespace")):
        return {}
    return {"preStop": {"exec": {"command": [*INTERRUPT]}}}


def _environment(keys: Any, given: Given) -> Iterable[Json]:
    for name, value in environment(keys, given).items():
        yield {"name": name, "value": literal(value)}
    for name, secret in keys.secrets.items():
        source = {"name": secret.kubernetes_secret, "key": secret.key}
        yield {"name": name, "valueFrom": {"secretKeyRef": source}}


def _resources(resources: Resources, limits: Limits, gpu: str) -> Json:
    gpus = str(resources.gpu) if resources.gpu else None
    least, most = (
        given_only(
            (
                ("cpu", part.cpu),
                ("memory", part.memory),
                ("ephemeral-storage", part.storage),
                (gpu, gpus),
            )
        )
        for part in (resources, limits)
    )
    return given_only((("requests", least), ("limits", most)))


def _toleration(one: Toleration) -> Json:
    return given_only(
        (
            ("key", one.key),
            ("operator", one.operator),
            ("value", one.value),
            ("effect", one.effect),
            ("tolerationSeconds", one.toleration_seconds),
        )
    )


def _volume_name(number: int) -> str:
    return f"volume-{number + 1}"


def _mount(number: int, volume: Volume) -> Json:
    return given_only(
        (
            ("name", _volume_name(number)),
            ("mountPath", volume.mount),
            ("subPath", volume.sub_path),
            ("readOnly", volume.read_only or None),
        )
    )


VOLUMES: Final[Mapping[str, Callable[[str], Json]]] = {
    "host": lambda path: {"hostPath": {"path": path}},
    "claim": lambda name: {"persistentVolumeClaim": {"claimName": name}},
    "config_map": lambda name: {"configMap": {"name": name}},
    "kubernetes_secret": lambda name: {"secret": {"secretName": name}},
    "empty": lambda size: {"emptyDir": {"sizeLimit": size}},
}
"""By the key that says where a volume comes from: what a manifest says instead."""


def _volume(number: int, volume: Volume) -> Json:
    sources = ((make, getattr(volume, key)) for key, make in VOLUMES.items())
    made = next((make(value) for make, value in sources if value is not None), {})
    return {"name": _volume_name(number), **made}


def _check_pods(by_node: ByNode[Any], given: Given) -> None:
    """Report what `pod` may not decide, in the block and in its overrides."""
    keys: PodKeys = by_node.keys
    whole = ceil(keys.startup_timeout)
    if whole != keys.startup_timeout:
        at = given.loaded.places.value((*by_node.route, "startup_timeout"))
        given.report.add(ROUNDED.at(at, quantity=f"{keys.startup_timeout}s", made=f"{whole}s"))
    for route, part in by_node.parts():
        _check_labels(part.labels or {}, (*route, "labels"), given)
        _check_pod(part.pod or {}, (*route, "pod"), given)


def _check_labels(labels: object, route: Route, given: Given) -> None:
    for label in labels if isinstance(labels, Mapping) else ():
        if label in OPERATOR_LABELS:
            at = given.loaded.places.key((*route, label))
            given.report.add(LABEL_OF_OPERATOR.at(at, label=label))


def _check_pod(pod: Mapping[str, Any], route: Route, given: Given) -> None:
    for below, fault in patch_faults(pod):
        given.report.add(POD_PATCH.at(given.loaded.places.key((*route, *below)), fault=fault))
    if not _has_dbt(strategic_merge({"spec": {"containers": [{"name": CONTAINER}]}}, pod)):
        at, hint = given.loaded.places.key(route), "without this container there is no dbt"
        gone = f"that there is no container `{CONTAINER}`"
        given.report.add(OURS_IN_POD.at(at, part=gone, hint=hint))
    for kind, below, part in _parts(pod):
        for name in part:
            if name in OURS[kind]:
                _complain(given, (*route, *below, name), name)
        if kind == "metadata":
            _check_labels(part.get("labels"), (*route, *below, "labels"), given)


def _parts(pod: Mapping[str, Any]) -> Iterator[tuple[str, Route, Mapping[str, Any]]]:
    """Yield the parts of a patch that `OURS` is about: its row, where it is, and the part."""
    yield "pod", (), pod
    for name in ("metadata", "spec"):
        if isinstance(pod.get(name), Mapping):
            yield name, (name,), pod[name]
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    for number, one in enumerate(containers if isinstance(containers, (list, tuple)) else ()):
        if isinstance(one, Mapping) and one.get("name") == CONTAINER:
            yield "container", ("spec", "containers", number), one


def _has_dbt(pod: Mapping[str, Any]) -> bool:
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    named = containers if isinstance(containers, list) else []
    return any(isinstance(one, Mapping) and one.get("name") == CONTAINER for one in named)


def _complain(given: Given, route: Route, name: str) -> None:
    at = given.loaded.places.key(route)
    hint = next(names[name] for names in OURS.values() if name in names)
    given.report.add(OURS_IN_POD.at(at, part=f"`{name}`", hint=hint))


OURS: Final[Mapping[str, Mapping[str, str]]] = {
    "pod": {
        "apiVersion": "it is a pod of version v1",
        "kind": "it is a pod: Kubernetes itself tries jobs again, and Airflow would not know",
        "status": "Kubernetes tells it",
    },
    "metadata": {
        "name": "pods are named after their tasks, so that they can be found",
        "namespace": "write it as `execute.namespace`",
    },
    "spec": {"restartPolicy": "a task that fails is tried again by Airflow: see `retries`"},
    "container": {
        "args": "the compiler decides them",
        "command": "write it as `execute.entrypoint`",
        "image": "write it as `execute.image`",
    },
}
"""By part of a pod: what `pod` may not decide, and what does."""

OPERATOR_LABELS: Final = frozenset(
    {
        *("dag_id", "task_id", "run_id", "map_index", "try_number", "parent_dag_id"),
        *("kubernetes_pod_operator", "airflow_kpo_in_cluster", "airflow_version"),
        "already_checked",
    }
)
"""The labels that Airflow's operator gives pods, and finds them by."""
