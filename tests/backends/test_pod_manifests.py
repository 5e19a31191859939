"""What the compiler makes of pods is what a Kubernetes API takes, and keeps whole.

Asked of the stand-in, and by `make test-kubernetes` of a real API server, without a pod being made
(`dryRun=All`). Pods with one fault show that both look, and see the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes import client

from clusters import Cluster, stand_in_cluster
from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.official.api_server import server_faults
from dagwright.official.kubernetes import MANIFEST, pod_faults
from dagwright.pipeline import Options, compile_spec
from dagwright.plan.modes.operator_args import ON_KILL
from dagwright.plan.modes.pods import OPERATOR_LABELS
from golden_plans import compiled
from manifests import manifest
from pod_faults import amount
from test_pod_faults import ILLEGAL_KEYS, LEGAL_KEYS, LONG
from test_pods import needs_machine

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("pods")]

NODES = (
    f"model.shop.Orders\nmodel.shop.9_{'long_' * 40}name\nmodel.shop.été <- model.shop.Orders\n"
)
PLACES = {
    "kubernetes": {},
    "aws_eks": {"cluster": "main"},
    "gcp_gke": {"cluster": "main", "region": "europe-west4"},
}
GRID: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "entrypoint kept": {"entrypoint": "keep", "image_pull_policy": "Always"},
    "entrypoint shell": {"entrypoint": "shell", "image_pull_policy": "Never"},
    "entrypoint list": {"entrypoint": ["tini", "--"], "image_pull_secrets": ["a", "b.c"]},
    "small": {"resources": {"cpu": 0.5, "memory": "64Mi"}, "limits": {"cpu": "1500m"}},
    "decimal": {"resources": {"memory": "500M", "storage": "1.5Gi"}, "limits": {"memory": "1G"}},
    "limits alone": {"limits": {"cpu": 2, "memory": "2Gi", "storage": "1Gi"}},
    "gpu": {"resources": {"gpu": 2}, "gpu_resource": "amd.com/gpu"},
    "labels": {
        "labels": {"app.kubernetes.io/name": "dbt", "empty": "", "day": "{{ ds }}"},
        "annotations": {"example.com/Note": "any text: {{ run_id }} é"},
        "node_selector": {"kubernetes.io/arch": "amd64"},
    },
    "tolerations": {
        "tolerations": [
            {"operator": "Exists"},
            {"key": "a"},
            {
                "key": "example.com/b",
                "operator": "Equal",
                "value": "c",
                "effect": "PreferNoSchedule",
            },
            {"key": "d", "operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60},
        ]
    },
    "volumes": {
        "volumes": [
            {"mount": "/a", "host": "/srv/a", "read_only": True},
            {"mount": "/b", "claim": "b.c", "sub_path": "in/side"},
            {"mount": "/c", "config_map": "c"},
            {"mount": "/d", "kubernetes_secret": "d"},
            {"mount": "/e/", "empty": "1Gi"},
        ]
    },
    "secrets": {
        "secrets": {"A": {"kubernetes_secret": "a.b", "key": "c.d"}},
        "env": {"_b": "", "C": "{{ run_id }} $(A) $$"},
        "vars": {"price": "$5", "day": "{{ ds }}"},
    },
    "people": {"service_account": "dbt", "automount_token": True, "namespace": "kube-system"},
    "pod": {
        "pod": {
            "metadata": {"labels": {"more": "1"}},
            "spec": {
                "priorityClassName": "system-node-critical",
                "securityContext": {"runAsNonRoot": True, "fsGroup": 1000},
                "initContainers": [{"name": "first", "image": "busybox", "command": ["true"]}],
                "containers": [
                    {"name": "dbt", "env": [{"name": "A", "value": "1"}], "tty": True},
                    {"name": "beside", "image": "busybox"},
                ],
            },
        }
    },
    "overrides": {
        "labels": {"team": "a"},
        "overrides": [
            {
                "select": "Orders",
                "image": "other:1",
                "labels": {"size": "heavy"},
                "resources": {"cpu": "2"},
                "service_account": "heavy",
                "tolerations": [{"operator": "Exists"}],
                "pod": {"spec": {"terminationGracePeriodSeconds": 90}},
            }
        ],
    },
}
"""By name: keys of a block with pods."""


@pytest.fixture(scope="module", params=["stand-in", pytest.param("real", marks=[needs_machine])])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    if request.param == "real":
        from kubernetes_cluster import running_cluster

        with running_cluster() as made:
            yield made
    else:
        yield stand_in_cluster(request.getfixturevalue("kubernetes"))


@pytest.fixture(scope="module")
def core(cluster: Cluster) -> client.CoreV1Api:
    made = cluster.core
    made.create_namespace({"metadata": {"name": "analytics"}})
    return made


def artifact(mode: str, keys: Mapping[str, Any]) -> str:
    spec = {
        "version": 1,
        "dag": {"id": "shop", "schedule": None, "start_date": "2026-01-01"},
        "render": {"project_dir": "../shop"},
        "execute": {"mode": mode, "image": "dbt:1", "project_dir": "/dbt", **keys, **PLACES[mode]},
    }
    path = "dags/shop.dagwright.yaml"
    files = {path: json.dumps(spec).encode(), "shop/target/manifest.json": manifest(NODES)}
    report = Report()
    made = compile_spec(MemoryFiles(files), path, Options(), report)
    assert made is not None, report.sorted()
    return made.text


def pods(text: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the pods of an artifact's tasks as the operators would ask for them."""
    from dagwright_airflow import load_dags

    (folder / "compiled").mkdir()
    (folder / "compiled/shop.dag.json").write_text(text, encoding="utf-8")
    loader = folder / "loader.py"
    loader.write_text("", encoding="utf-8")
    written = client.ApiClient().sanitize_for_serialization
    for task in load_dags(loader)["shop"].tasks:
        run_id = "scheduled__2026-01-01T00:00:00+00:00"
        told = SimpleNamespace(dag_id="shop", task_id=task.task_id, map_index=-1, try_number=1)
        context = {"ds": "2026-01-01", "run_id": run_id, "ti": told, "dag": None}
        task.render_template_fields(context)
        yield written(task.build_pod_request_obj(context, dry_run=True))


def assert_taken(core: client.CoreV1Api, asked: Mapping[str, Any]) -> None:
    """Assert that the API would make this pod, and would lose nothing of it."""
    namespace = asked["metadata"]["namespace"]
    made = core.create_namespaced_pod(namespace, asked, dry_run="All")
    kept = client.ApiClient().sanitize_for_serialization(made)
    assert lost(asked, kept) == []


def lost(asked: Any, kept: Any, at: str = "pod") -> list[str]:
    """Return the places of `asked` that are not as they were; quantities may be written anew.

    What is false or empty is left out of what an API server tells.
    """
    if isinstance(asked, Mapping):
        inner = kept if isinstance(kept, Mapping) else {}
        return [
            one
            for key, value in asked.items()
            for one in lost(value, inner.get(key), f"{at}.{key}")
        ]
    if isinstance(asked, list):
        rows = kept if isinstance(kept, list) else []
        more = [*rows, *[None] * len(asked)]
        return [one for n, value in enumerate(asked) for one in lost(value, more[n], f"{at}[{n}]")]
    same = asked == kept or (kept is None and not asked)
    return [] if same or (kept is not None and amount(asked) == amount(kept) is not None) else [at]


@pytest.mark.parametrize("mode", PLACES)
def test_the_pods_of_the_golden_plans_are_taken(mode, core, airflow, tmp_path) -> None:
    made = list(pods(compiled(mode).text, tmp_path))
    assert len(made) >= 6  # A task of every dbt command.
    for pod in made:
        assert_taken(core, pod)


@pytest.mark.parametrize("name", GRID)
def test_the_pods_of_every_key_are_taken(name, core, airflow, tmp_path) -> None:
    made = list(pods(artifact("kubernetes", GRID[name]), tmp_path))
    assert len({pod["metadata"]["name"] for pod in made}) == 3
    for pod in made:
        assert_taken(core, pod)


def test_the_labels_that_a_spec_may_not_write_are_those_that_the_operator_writes(
    airflow, tmp_path
) -> None:
    from airflow.providers.cncf.kubernetes.operators import pod as provider

    written = {
        label
        for pod in pods(artifact("kubernetes", GRID["nothing"]), tmp_path)
        for label in pod["metadata"]["labels"]
    }
    assert written <= OPERATOR_LABELS
    text = Path(provider.__file__).read_text(encoding="utf-8")
    assert all(label in text for label in OPERATOR_LABELS)


def test_the_words_of_the_operators_arguments_are_those_of_the_provider(airflow) -> None:
    from airflow.providers.cncf.kubernetes.utils.pod_manager import OnKillAction

    assert {f"`{one.value}`" for one in OnKillAction} == set(ON_KILL.split(" or "))


GOOD: Mapping[str, Any] = {
    "metadata": {"name": "a", "namespace": "default", "labels": {"a": "b"}},
    "spec": {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
        "containers": [
            {
                "name": "dbt",
                "image": "dbt",
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                ],
                "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}},
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
            }
        ],
    },
}
C = "spec.containers.0."
FAULTS: tuple[tuple[str, Any], ...] = (
    ("metadata.name", "A_b"),
    ("metadata.name", "a" * 254),
    ("metadata.namespace", "other"),
    ("metadata.labels", {"a b": "c"}),
    ("metadata.labels", {"a": "no spaces"}),
    ("metadata.labels", {"a": "x" * 64}),
    ("metadata.labels", {"a": 1}),
    *(("metadata.labels", {key: "x"}) for key in ILLEGAL_KEYS),
    *(("spec.nodeSelector", {key: "x"}) for key in ILLEGAL_KEYS),
    ("metadata.annotations", {"a/b/c": "d"}),
    ("spec.nodeSelector", {"a": "b:c"}),
    ("spec.restartPolicy", "Sometimes"),
    ("spec.serviceAccountName", "A_b"),
    ("spec.tolerations", [{"operator": "Equal", "value": "a"}]),
    ("spec.tolerations", [{"key": "a", "operator": "Exists", "value": "b"}]),
    ("spec.tolerations", [{"key": "a", "tolerationSeconds": 5, "effect": "NoSchedule"}]),
    ("spec.volumes", [{"name": "w", "emptyDir": {}}]),
    ("spec.volumes", [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
    ("spec.volumes", [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/a"}}]),
    ("spec.volumes", [{"name": "v", "hostPath": {"path": "/a/../b"}}]),
    ("spec.volumes", [{"name": "v", "emptyDir": {"sizeLimit": "1GB"}}]),
    ("spec.volumes", [{"name": "v", "persistentVolumeClaim": {"claimName": ""}}]),
    ("spec.containers", []),
    (f"{C}name", "DBT"),
    (f"{C}image", ""),
    (f"{C}imagePullPolicy", "Often"),
    (f"{C}args", "no list"),
    (f"{C}env", [{"name": "A B", "value": "1"}]),
    (f"{C}env", [{"name": "A", "value": 1}]),
    (f"{C}env.1.value", "2"),
    (f"{C}env.1.valueFrom.secretKeyRef.key", "a/b"),
    (f"{C}env.1.valueFrom.secretKeyRef.key", "..a"),
    (f"{C}env.1.valueFrom.secretKeyRef.name", "A_b"),
    (f"{C}resources", {"requests": {"cpu": "3"}, "limits": {"cpu": "2"}}),
    (f"{C}resources", {"requests": {"memory": "1GB"}}),
    (f"{C}resources", {"requests": {"gpu": "1"}}),
    (f"{C}resources", {"requests": {"nvidia.com/gpu": "1"}}),
    (f"{C}volumeMounts.0.mountPath", ""),
    (f"{C}volumeMounts.0.subPath", "../a"),
    (f"{C}volumeMounts", [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}]),
)


def with_fault(place: str, value: Any) -> dict[str, Any]:
    pod: Any = deepcopy(dict(GOOD))
    *outer, last = place.split(".")
    inner = pod
    for key in outer:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    inner[last] = value
    return pod  # type: ignore[no-any-return]


def test_a_good_pod_is_taken(core) -> None:
    assert_taken(core, GOOD)
    assert list(server_faults(GOOD)) == []


@pytest.mark.parametrize(("place", "value"), FAULTS)
def test_a_pod_with_a_fault_is_refused(place, value, core) -> None:
    with pytest.raises(client.ApiException) as refused:
        core.create_namespaced_pod("default", with_fault(place, value), dry_run="All")
    assert refused.value.status in {400, 422}


EDGES: tuple[tuple[str, Any], ...] = (
    *(("metadata.labels", {key: ""}) for key in LEGAL_KEYS),
    *(("metadata.annotations", {key: ""}) for key in (*LEGAL_KEYS, "Example.org/A")),
    ("metadata.labels", {"a": "x" * 63}),
    ("spec.nodeSelector", dict.fromkeys(LEGAL_KEYS, "x")),
    ("spec.tolerations", [{"key": key, "operator": "Exists"} for key in LEGAL_KEYS]),
    ("spec.serviceAccountName", f"{LONG}.b"),
    (f"{C}env.1.valueFrom.secretKeyRef.key", ".a"),
)


@pytest.mark.parametrize(("place", "value"), EDGES)
def test_what_is_just_legal_is_taken(place, value, core) -> None:
    pod = with_fault(place, value)
    assert_taken(core, pod)
    assert list(server_faults(pod)) == []


OURS = ("metadata.name", "metadata.namespace", "spec.restartPolicy", "spec.containers")
"""What the compiler writes itself, and no spec can break."""
ALLOWED = (
    ("spec.volumes", [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
    (f"{C}env", [{"name": "A B", "value": "1"}]),
)
"""What a merge makes one of, and what only old versions of Kubernetes refuse."""
FOUND = [one for one in FAULTS if one[0] not in OURS and one not in ALLOWED]


@pytest.mark.parametrize(("place", "value"), FOUND)
def test_the_compiler_finds_the_same_fault_before_anybody_is_asked(place, value) -> None:
    pod = with_fault(place, value)
    whole = {MANIFEST: {"apiVersion": "v1", "kind": "Pod", **pod}}
    assert [*server_faults(pod), *pod_faults(whole)]
