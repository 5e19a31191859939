"""The matrix of modes and features, cell by cell.

Where a mode has a feature, its value stands in the arguments of the operator; where it has not,
asking for it is an error that names the modes that have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from dagwright.diagnostics import Report
from dagwright.pipeline import compile_spec
from dagwright.spec.abilities import ACI, CLOUD_RUN, DOCKER, ECS, FEATURES, PODS, WORKERS, Pattern
from dagwright.spec.abilities import modes_with as modes_with_feature
from dagwright.spec.keys import modes_with as modes_with_key
from dagwright.spec.model import MODES
from dagwright.spec.model.execute import COMMON_KEYS
from golden_plans import ARGV, tasks
from test_pipeline import BLOCKS, PLAIN, SPEC, compiled, files

POD = "pod_template_dict"
SPEC_OF_POD = f"{POD}.spec"
IN_POD = f"{SPEC_OF_POD}.containers.0"
IN_ECS = "overrides.containerOverrides.0"
IN_RUN = "overrides.container_overrides.0"
GIB = 1 << 30

Modes = frozenset[str]
Seen = tuple[str, Any]
"""A place in the arguments of the operator, `argv` for the command, and what stands there."""
Cell = tuple[str, Mapping[Modes, Seen]]
"""Keys of `execute`, and what each mode makes of them."""

EKS, GKE, WATCHER = frozenset({"aws_eks"}), frozenset({"gcp_gke"}), frozenset({"watcher"})
KUBERNETES = frozenset({"kubernetes"})
CONTAINERS = DOCKER | PODS | ECS | ACI | CLOUD_RUN


def volume(source: str, word: str, made: Any, key: str = "hostPath") -> Cell:
    return f"volumes: [{{mount: /data, {source}: {word}}}]", {
        PODS: (f"{SPEC_OF_POD}.volumes.0.{key}", made)
    }


SHELL = ["/bin/sh", "-lc", 'exec "$0" "$@"']
SHARE = "volumes: [{mount: /data, file_share: f1, storage_account: a1, connection: c1}]"
SHARED = {ACI: ("volumes.0", ["c1", "a1", "f1", "/data", False])}
TEAM = {"team": "x1"}

PARTS: Mapping[Pattern, Cell] = {
    ("secrets", "*", "connection"): (
        "secrets: {TOKEN: {connection: c1, field: login}}",
        {DOCKER | WORKERS | ACI: ("secrets.TOKEN", {"connection": "c1", "field": "login"})},
    ),
    ("secrets", "*", "variable"): (
        "secrets: {TOKEN: {variable: v1}}",
        {DOCKER | WORKERS | ACI: ("secrets.TOKEN", {"variable": "v1"})},
    ),
    ("secrets", "*", "kubernetes_secret"): (
        "secrets: {TOKEN: {kubernetes_secret: s1, key: k1}}",
        {
            PODS: (
                f"{IN_POD}.env.0",
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s1", "key": "k1"}}},
            )
        },
    ),
    ("entrypoint", "=dbt"): (
        "entrypoint: dbt",
        {
            DOCKER: ("entrypoint", ["dbt"]),
            PODS: (f"{IN_POD}.command", ["dbt"]),
            ACI: ("argv", ["dbt", "run"]),
            ECS | CLOUD_RUN: ("argv.0", "run"),
        },
    ),
    ("entrypoint", "=keep"): (
        "entrypoint: keep",
        {DOCKER | PODS | ECS | CLOUD_RUN: ("argv", ["dbt", "run"])},
    ),
    ("entrypoint", "=shell"): (
        "entrypoint: shell",
        {
            DOCKER: ("entrypoint", SHELL),
            PODS: (f"{IN_POD}.command", SHELL),
            ACI: ("argv", [*SHELL, "dbt", "run"]),
        },
    ),
    ("entrypoint", "=[]"): (
        "entrypoint: [tini, --]",
        {
            DOCKER: ("entrypoint", ["tini", "--"]),
            PODS: (f"{IN_POD}.command", ["tini", "--"]),
            ACI: ("argv", ["tini", "--", "dbt", "run"]),
        },
    ),
    ("resources", "cpu"): (
        "resources: {cpu: 1500m}",
        {
            DOCKER: ("cpus", 1.5),
            PODS: (f"{IN_POD}.resources.requests.cpu", "1500m"),
            ECS: (f"{IN_ECS}.cpu", 1536),
            ACI: ("cpu", 1.5),
        },
    ),
    ("resources", "memory"): (
        "resources: {memory: 3Gi}",
        {
            PODS: (f"{IN_POD}.resources.requests.memory", "3Gi"),
            ECS: (f"{IN_ECS}.memoryReservation", 3072),
            ACI: ("memory_in_gb", 3.0),
        },
    ),
    ("resources", "gpu"): (
        "resources: {gpu: 2}",
        {
            DOCKER: ("device_requests.0", {"count": 2, "capabilities": [["gpu"]]}),
            PODS: (f"{IN_POD}.resources.limits", {"nvidia.com/gpu": "2"}),
            ACI: ("gpu", {"count": 2, "sku": "V100"}),
        },
    ),
    ("resources", "storage"): (
        "resources: {storage: 3Gi}",
        {PODS: (f"{IN_POD}.resources.requests", {"ephemeral-storage": "3Gi"})},
    ),
    ("limits", "cpu"): ("limits: {cpu: 3}", {PODS: (f"{IN_POD}.resources.limits.cpu", "3")}),
    ("limits", "memory"): (
        "limits: {memory: 3Gi}",
        {
            DOCKER: ("mem_limit", 3 * GIB),
            PODS: (f"{IN_POD}.resources.limits.memory", "3Gi"),
            ECS: (f"{IN_ECS}.memory", 3072),
        },
    ),
    ("limits", "storage"): (
        "limits: {storage: 3Gi}",
        {PODS: (f"{IN_POD}.resources.limits", {"ephemeral-storage": "3Gi"})},
    ),
    ("volumes", "*", "host"): (
        "volumes: [{mount: /data, host: /h1, read_only: true}]",
        {
            DOCKER: (
                "mounts.0",
                {"target": "/data", "source": "/h1", "type": "bind", "read_only": True},
            ),
            PODS: (f"{SPEC_OF_POD}.volumes.0", {"name": "volume-1", "hostPath": {"path": "/h1"}}),
        },
    ),
    ("volumes", "*", "volume"): (
        "volumes: [{mount: /data, volume: v1}]",
        {
            DOCKER: (
                "mounts.0",
                {"target": "/data", "source": "v1", "type": "volume", "read_only": False},
            )
        },
    ),
    ("volumes", "*", "claim"): volume("claim", "c1", {"claimName": "c1"}, "persistentVolumeClaim"),
    ("volumes", "*", "config_map"): volume("config_map", "m1", {"name": "m1"}, "configMap"),
    ("volumes", "*", "kubernetes_secret"): volume(
        "kubernetes_secret", "s1", {"secretName": "s1"}, "secret"
    ),
    ("volumes", "*", "empty"): (
        "volumes: [{mount: /data, empty: 1Gi}]",
        {
            DOCKER: ("mounts.0.tmpfs_size", GIB),
            PODS: (f"{SPEC_OF_POD}.volumes.0.emptyDir", {"sizeLimit": "1Gi"}),
        },
    ),
    ("volumes", "*", "sub_path"): (
        "volumes: [{mount: /data, claim: c1, sub_path: p1}]",
        {
            PODS: (
                f"{IN_POD}.volumeMounts.0",
                {"name": "volume-1", "mountPath": "/data", "subPath": "p1"},
            )
        },
    ),
    ("volumes", "*", "file_share"): (SHARE, SHARED),
    ("volumes", "*", "storage_account"): (SHARE, SHARED),
    ("volumes", "*", "connection"): (SHARE, SHARED),
}
"""The rows of the matrix: what only some modes can do of a key."""

NETWORK = "network_configuration.awsvpcConfiguration"
SUBNET = "subnets: [s1]"

KEYS: Mapping[str, Cell] = {
    "target_path": ("target_path: /t1", {CONTAINERS: ("argv", ["--target-path", "/t1"])}),
    "log_path": ("log_path: /l1", {CONTAINERS: ("argv", ["--log-path", "/l1"])}),
    "image": (
        "image: i1",
        {DOCKER | ACI: ("image", "i1"), PODS: (f"{IN_POD}.image", "i1")},
    ),
    "working_dir": (
        "working_dir: /w1",
        {DOCKER: ("working_dir", "/w1"), PODS: (f"{IN_POD}.workingDir", "/w1")},
    ),
    "labels": (
        "labels: {team: x1}",
        {
            DOCKER: ("labels", TEAM),
            PODS: (f"{POD}.metadata.labels", TEAM),
            ECS | ACI: ("tags", TEAM),
        },
    ),
    "overrides": (
        "overrides: [{select: revenue, env: {HEAVY: x1}}]",
        {
            DOCKER: ("environment", {"HEAVY": "x1"}),
            PODS: (f"{IN_POD}.env", [{"name": "HEAVY", "value": "x1"}]),
            ECS: (f"{IN_ECS}.environment", [{"name": "HEAVY", "value": "x1"}]),
            ACI: ("environment_variables", {"HEAVY": "x1"}),
            CLOUD_RUN: (f"{IN_RUN}.env", [{"name": "HEAVY", "value": "x1"}]),
        },
    ),
    "operator_args": (
        "operator_args: {skip_on_exit_code: 3}",
        {DOCKER | PODS | ECS: ("skip_on_exit_code", 3)},
    ),
    "connection": (
        "connection: c1",
        {
            DOCKER: ("docker_conn_id", "c1"),
            KUBERNETES: ("kubernetes_conn_id", "c1"),
            EKS | ECS: ("aws_conn_id", "c1"),
            GKE | CLOUD_RUN: ("gcp_conn_id", "c1"),
            ACI: ("ci_conn_id", "c1"),
        },
    ),
    "docker_url": ("docker_url: tcp://d1", {DOCKER: ("docker_url", "tcp://d1")}),
    "network": ("network: n1", {DOCKER: ("network_mode", "n1")}),
    "deferrable": (
        "deferrable: true",
        {DOCKER | PODS | ECS | ACI | CLOUD_RUN: ("deferrable", True)},
    ),
    "namespace": ("namespace: n1", {PODS: ("namespace", "n1")}),
    "service_account": (
        "service_account: a1",
        {PODS: (f"{SPEC_OF_POD}.serviceAccountName", "a1")},
    ),
    "automount_token": (
        "automount_token: true",
        {PODS: (f"{SPEC_OF_POD}.automountServiceAccountToken", True)},
    ),
    "image_pull_policy": (
        "image_pull_policy: Never",
        {PODS: (f"{IN_POD}.imagePullPolicy", "Never")},
    ),
    "image_pull_secrets": (
        "image_pull_secrets: [s1]",
        {PODS: (f"{SPEC_OF_POD}.imagePullSecrets", [{"name": "s1"}])},
    ),
    "annotations": ("annotations: {team: x1}", {PODS: (f"{POD}.metadata.annotations", TEAM)}),
    "node_selector": ("node_selector: {team: x1}", {PODS: (f"{SPEC_OF_POD}.nodeSelector", TEAM)}),
    "tolerations": (
        "tolerations: [{key: k1, effect: NoExecute, toleration_seconds: 9}]",
        {
            PODS: (
                f"{SPEC_OF_POD}.tolerations",
                [{"key": "k1", "effect": "NoExecute", "tolerationSeconds": 9}],
            )
        },
    ),
    "gpu_resource": (
        "gpu_resource: amd.com/gpu, resources: {gpu: 1}",
        {PODS: (f"{IN_POD}.resources.limits", {"amd.com/gpu": "1"})},
    ),
    "on_finish": ("on_finish: keep_pod", {PODS: ("on_finish_action", "keep_pod")}),
    "startup_timeout": ("startup_timeout: 7m", {PODS: ("startup_timeout_seconds", 420)}),
    "pod": (
        "pod: {spec: {priorityClassName: p1}}",
        {PODS: (f"{SPEC_OF_POD}.priorityClassName", "p1")},
    ),
    "cluster": ("cluster: c1", {EKS | GKE: ("cluster_name", "c1"), ECS: ("cluster", "c1")}),
    "region": (
        "region: r9",
        {
            EKS | ACI | CLOUD_RUN: ("region", "r9"),
            GKE: ("location", "r9"),
            ECS: ("region_name", "r9"),
        },
    ),
    "project": ("project: p1", {GKE | CLOUD_RUN: ("project_id", "p1")}),
    "task_definition": ("task_definition: t1", {ECS: ("task_definition", "t1")}),
    "container": (
        "container: c1",
        {ECS: (f"{IN_ECS}.name", "c1"), CLOUD_RUN: (f"{IN_RUN}.name", "c1")},
    ),
    "launch_type": ("launch_type: EXTERNAL", {ECS: ("launch_type", "EXTERNAL")}),
    "capacity_providers": (
        "capacity_providers: [{name: p1, weight: 2}]",
        {
            ECS: (
                "capacity_provider_strategy",
                [{"capacityProvider": "p1", "weight": 2, "base": 0}],
            )
        },
    ),
    "platform_version": ("platform_version: v1", {ECS: ("platform_version", "v1")}),
    "subnets": (SUBNET, {ECS: (f"{NETWORK}.subnets", ["s1"])}),
    "security_groups": (
        f"{SUBNET}, security_groups: [g1]",
        {ECS: (f"{NETWORK}.securityGroups", ["g1"])},
    ),
    "assign_public_ip": (
        f"{SUBNET}, assign_public_ip: false",
        {ECS: (f"{NETWORK}.assignPublicIp", "DISABLED")},
    ),
    "propagate_tags": (
        "propagate_tags: TASK_DEFINITION",
        {ECS: ("propagate_tags", "TASK_DEFINITION")},
    ),
    "logs": (
        "logs: {group: g1, stream_prefix: p1, region: r1}",
        {ECS: ("awslogs_group", "g1")},
    ),
    "resource_group": ("resource_group: g1", {ACI: ("resource_group", "g1")}),
    "registry_connection": ("registry_connection: c1", {ACI: ("registry_conn_id", "c1")}),
    "gpu_sku": (
        "gpu_sku: K80, resources: {gpu: 1}",
        {ACI: ("gpu", {"count": 1, "sku": "K80"})},
    ),
    "keep": ("keep: failed", {ACI: ("remove_on_error", False)}),
    "job": ("job: j1", {CLOUD_RUN: ("job_name", "j1")}),
    "timeout": ("timeout: 1h", {CLOUD_RUN: ("overrides.timeout", "3600s")}),
    "wait": ("wait: 2h", {WATCHER: ("wait_seconds", 7200)}),
}
"""Keys that only modes with containers have, and one of watchers; by the cell of each mode."""

ELSEWHERE = {
    "kubernetes_version",
    "mode",
    "secrets",
    "entrypoint",
    "resources",
    "limits",
    "volumes",
    "producer",
}
"""Keys that `PARTS` has, that reach no operator, or that a mode cannot do without."""

CELLS: Mapping[Pattern, Cell] = {**PARTS, **{(key,): cell for key, cell in KEYS.items()}}


def modes_of(feature: Pattern) -> tuple[str, ...]:
    return modes_with_key(*feature) if len(feature) == 1 else modes_with_feature(feature)


def cells() -> Iterator[Any]:
    """Yield each cell that says yes."""
    for feature, (keys, made) in CELLS.items():
        for modes, seen in made.items():
            for mode in sorted(modes):
                yield pytest.param(mode, keys, *seen, id=f"{mode}-{'.'.join(feature)}")


def gaps() -> Iterator[Any]:
    """Yield each cell that says no."""
    for feature, (keys, _) in CELLS.items():
        able = modes_of(feature)
        for mode in MODES:
            if mode not in able:
                yield pytest.param(mode, keys, able, id=f"{mode}-{'.'.join(feature)}")


def spec(mode: str, keys: str) -> str:
    """Return a spec with `keys` in the block of the mode, in place of those that it has."""
    yaml = YAML(typ="safe")
    block = {
        "project_dir": "/srv/shop",
        **yaml.load(f"{{{BLOCKS[mode]}}}"),
        **yaml.load(f"{{{keys}}}"),
    }
    return SPEC.replace("{mode: local, project_dir: /srv/shop}", json.dumps(block))


def at(task: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path in the arguments of a task; None where it leads nowhere."""
    found: Any = task
    if path.startswith("argv"):
        found = {"argv": ARGV[task["kind"]](task)}
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)] if int(part) < len(found) else None
        elif found is not None:
            found = found.get(part)
    return found


@pytest.mark.parametrize(("mode", "keys", "path", "value"), [*cells()])
def test_what_a_mode_has_reaches_the_operator(mode: str, keys: str, path: str, value: Any) -> None:
    made = tasks(json.loads(compiled(spec(mode, keys)).text))["shop.revenue.run"]
    found = at(made, path)
    if path == "argv":
        starts = [n for n, word in enumerate(found) if word == value[0]]
        assert any(found[n : n + len(value)] == value for n in starts), found
    else:
        assert found == value
    if not path.startswith("argv") and keys != "entrypoint: dbt":
        without = tasks(json.loads(compiled(spec(mode, "")).text))["shop.revenue.run"]
        assert at(without, path) != value, "it is so in any case"


@pytest.mark.parametrize(("mode", "keys", "able"), [*gaps()])
def test_what_a_mode_has_not_is_an_error_that_names_those_that_have(
    mode: str, keys: str, able: tuple[str, ...]
) -> None:
    report = Report()
    assert compile_spec(files(spec(mode, keys)), "dags/shop.dagwright.yaml", PLAIN, report) is None
    told = [f"{found.message} {found.help}" for found in report.sorted()]
    assert any(all(name in text for name in able) for text in told), told


def test_every_feature_and_every_key_of_containers_has_its_cells() -> None:
    assert set(PARTS) == set(FEATURES)
    of_containers = {
        key
        for mode in CONTAINERS | WATCHER
        for key in MODES[mode].model_fields
        if key not in COMMON_KEYS | ELSEWHERE
    }
    assert set(KEYS) == of_containers


@pytest.mark.parametrize("feature", CELLS, ids=".".join)
def test_the_cells_are_those_of_the_matrix(feature: Pattern) -> None:
    shown = {mode for modes in CELLS[feature][1] for mode in modes}
    # `connection` and the like are of the warehouse there, see test_async_safety.
    able = set(modes_of(feature)) - (set() if feature in PARTS else {"airflow_async"})
    assert shown == able - ({*ACI, *CLOUD_RUN} if feature == ("operator_args",) else set())
