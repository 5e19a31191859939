"""`dagwright doctor` asks in pods of a real Kubernetes, as the tasks' own would be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from airflow_home import AirflowHome
from clusters import Cluster
from dagwright.cli import program
from debian import search_path
from test_pods import needs_machine, write_dag

pytestmark = [pytest.mark.dbt, pytest.mark.xdist_group("pods"), needs_machine]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    from kubernetes_cluster import running_cluster

    with running_cluster() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> AirflowHome:
    """A folder for specs; no Airflow is asked."""
    made = AirflowHome(tmp_path / "home", os.environ)
    made.dags.mkdir(parents=True)
    return made


def doctor(home: AirflowHome, cluster: Cluster, shop: Path, **keys: object) -> Result:
    write_dag(home, cluster, shop, "asked", keys)
    environment = {
        **os.environ,
        "PATH": search_path(),
        "KUBECONFIG": str(cluster.kubeconfig),
        "COLUMNS": "200",
    }
    spec = str(home.dags / "asked.dagwright.yaml")
    return CliRunner().invoke(program, ["doctor", spec], env=environment)


def test_what_is_there_and_what_is_missing_is_told(
    cluster, home, parsed_configs, tmp_path
) -> None:
    shop = Path(shutil.copytree(parsed_configs / "shop", tmp_path / "shop"))
    profiles = (shop / "profiles.yml").read_text(encoding="utf-8")
    (shop / "profiles.yml").unlink()
    cluster.keep_secret("dbt", token="-")  # noqa: S106 (it is none)
    cluster.keep_secret("profiles", **{"profiles.yml": profiles})
    told = doctor(home, cluster, shop)
    assert told.exit_code == 0, told.output
    assert "dbt is there: 1." in told.output
    assert "the dbt project is as dbt wants it" in told.output
    assert "the profile is as dbt wants it" in told.output
    assert "nodes that the tasks run are in the project there" in told.output
    inside = {"profiles_dir": "/dbt/none"}
    for keys, code, words in (
        ({"entrypoint": ["/bin/env", "-i"]}, "DW662", "dbt"),
        ({"project_dir": "/dbt/elsewhere"}, "DW663", "the dbt project is not as dbt wants it"),
        ({"profile": inside}, "DW663", "the profile is not as dbt wants it"),
    ):
        told = doctor(home, cluster, shop, **keys)
        assert (told.exit_code, code in told.output) == (1, True), told.output
        assert words in told.output
    assert cluster.core.list_namespaced_pod("default").items == []
