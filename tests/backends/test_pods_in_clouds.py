"""The sample shop through EksPodOperator and GKEStartPodOperator: moto and a GKE of ours find the
cluster, which is the stand-in or a real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aws_stand_in import REGION, is_eks_token
from clusters import Cluster, stand_in_cluster
from dag_runs import connections, run_dags
from gke_stand_in import HOST, Gke, gke, is_google_token
from google_stand_in import PROJECT, connection, grant
from loopback import Loopback, loopback
from test_pods import MODEL, SEED, needs_machine, write_dag

pytestmark = [pytest.mark.dbt, pytest.mark.airflow, pytest.mark.xdist_group("pods")]
KNOWS = (is_eks_token, is_google_token)
ENDS = {
    "waiting": {SEED: "success", MODEL: "success"},
    "deferred": {SEED: "success", MODEL: "success"},
    "failing": {SEED: "failed", MODEL: "upstream_failed"},
}
DAGS = {
    "waiting": {"deferrable": False},
    "deferred": {"deferrable": True},
    "failing": {"on_finish": "keep_pod"},
}


@pytest.fixture(scope="module", params=["stand-in", pytest.param("real", marks=[needs_machine])])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    if request.param == "real":
        from kubernetes_cluster import running_cluster

        with running_cluster(KNOWS) as made:
            yield made
    else:
        api = request.getfixturevalue("kubernetes")
        api.knows.extend(KNOWS)
        yield stand_in_cluster(api)


@pytest.fixture
def google(tmp_path: Path, cluster: Cluster) -> Iterator[tuple[Gke, Loopback]]:
    """The service that knows the cluster, and the way to it."""
    with gke() as found:
        full = f"projects/{PROJECT}/locations/europe-west1/clusters/main"
        found.clusters[full] = (cluster.url, cluster.authority)
        hosts = {"oauth2.googleapis.com": grant}
        with loopback(hosts, tmp_path / "certificates", {HOST: found.port}) as proxy:
            yield found, proxy


def write_dags(home, cluster, configs: Path, place: Mapping[str, str]) -> None:
    """Compile `DAGS` for the cluster; those that fail have no such target."""
    shop = configs / "shop"
    cluster.keep_secret("profiles", **{"profiles.yml": (shop / "profiles.yml").read_text()})
    cluster.keep_secret("dbt", token="-")  # noqa: S106 (it is none)
    for name, keys in DAGS.items():
        profiles = str(cluster.secrets / "shop")
        target = {"target": "nowhere"} if name == "failing" else {}
        volumes = [
            {"mount": cluster.sees(shop), "host": str(shop)},
            {"mount": profiles, "kubernetes_secret": "profiles"},
        ]
        profile = {"profiles_dir": profiles, **target}
        own = {**keys, **place, "profile": profile, "volumes": volumes}
        write_dag(home, cluster, shop, name, own)


def assert_ended(runs, cluster: Cluster) -> None:
    assert {name: run.states for name, run in runs.items()} == ENDS, runs["waiting"].output
    output = runs["waiting"].output
    assert output.count("running trigger in line") == 2
    assert "does not have a target named 'nowhere'" in output
    (left,) = cluster.pods("failing")
    assert left.status.phase == "Failed"
    assert cluster.pods("waiting") == cluster.pods("deferred") == []
    cluster.core.delete_namespaced_pod(left.metadata.name, "default")


def test_eks_by_moto(airflow_home, cluster, configs, aws) -> None:
    aws.make_cluster("main", cluster.url, cluster.authority)
    place = {"mode": "aws_eks", "cluster": "main", "region": REGION, "connection": "aws"}
    write_dags(airflow_home, cluster, configs, place)
    runs = run_dags(airflow_home, list(DAGS), **connections(aws=aws.connection))
    assert_ended(runs, cluster)


def test_gke_by_our_google(airflow_home, cluster, configs, google) -> None:
    found, proxy = google
    place = {
        "mode": "gcp_gke",
        "cluster": "main",
        "region": "europe-west1",
        "project": PROJECT,
        "connection": "google",
    }
    write_dags(airflow_home, cluster, configs, place)
    known = connections(google=connection())
    runs = run_dags(airflow_home, list(DAGS), **proxy.environment, **known)
    assert_ended(runs, cluster)
    assert set(found.asked) == set(found.clusters)
    assert proxy.refused == []
