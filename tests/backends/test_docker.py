"""The shop through DockerOperator in a real Docker: paths are mapped, secrets are not shown."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from airflow_home import AirflowHome
from dag_runs import connections, run_dag
from dagwright.cli import program
from docker_daemon import Daemon, running_daemon

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(
        "DAGWRIGHT_TEST_DOCKER" not in os.environ,
        reason="installs and starts a Docker daemon: `make test-docker`",
    ),
]

CANARY = "canary-4711-secret"
SPEC = """\
version: 1
dag: {{id: shop_in_docker, schedule: null, max_active_tasks: 1}}
render:
  project_dir: ../shop
  select: ["+stg_products"]
  tests: build
execute:
  mode: docker
  image: {image}
  docker_url: {url}
  network: none
  project_dir: /dbt/the-shop
  profile: {{target: dev, profiles_dir: /dbt/the-shop}}
  volumes: [{{mount: /dbt/the-shop, host: {project}}}]
  limits: {{memory: 2Gi}}
  operator_args: {{working_dir: /dbt/the-shop}}
  secrets: {{SHOP_TOKEN: {{connection: warehouse}}}}
  vars: {{day: "{{{{ ds }}}}"}}
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with running_daemon() as running:
        yield running


def written(configs: Path, home: AirflowHome, daemon: Daemon) -> str:
    """Compile the spec beside a copy of the shop; return the artifact's text."""
    shutil.copytree(configs / "shop", home.root / "shop")
    spec = home.dags / "docker.dagwright.yaml"
    text = SPEC.format(image=daemon.image, url=daemon.url, project=home.root / "shop")
    spec.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    loader = (
        "from dagwright_airflow import load_dags\nload_dags(__file__, 'compiled')\n# airflow dag\n"
    )
    (home.dags / "dbt.py").write_text(loader, encoding="utf-8")
    return (home.dags / "compiled/shop_in_docker.dag.json").read_text(encoding="utf-8")


def test_the_shop_runs_in_containers_and_no_secret_is_shown(configs, airflow_home, daemon) -> None:
    text = written(configs, airflow_home, daemon)
    known = connections(warehouse={"conn_type": "generic", "password": CANARY})
    run = run_dag(airflow_home, "shop_in_docker", **known)
    assert set(run.states.values()) == {"success"}, run.output
    assert set(run.states) == {task["id"] for task in json.loads(text)["tasks"]}
    assert CANARY not in text + run.output
    assert daemon.client().containers.list(all=True) == []


def test_a_failing_model_fails_its_task(configs, airflow_home, daemon) -> None:
    written(configs, airflow_home, daemon)
    model = airflow_home.root / "shop/models/staging/stg_products.sql"
    model.write_text("select * from nowhere", encoding="utf-8")
    known = connections(warehouse={"conn_type": "generic", "password": CANARY})
    run = run_dag(airflow_home, "shop_in_docker", **known)
    assert run.states["shop.stg_products.build"] == "failed", run.output


def test_a_secret_that_is_not_there_fails_the_task(configs, airflow_home, daemon) -> None:
    written(configs, airflow_home, daemon)
    run = run_dag(airflow_home, "shop_in_docker")
    assert run.states["shop.raw_products.build"] == "failed"
    assert "warehouse" in run.output


def test_the_container_gets_the_secret(configs, airflow_home, daemon) -> None:
    """So that its absence from what is shown says something."""
    written(configs, airflow_home, daemon)
    project = airflow_home.root / "shop/dbt_project.yml"
    hook = """\non-run-start: "{{ log(env_var('SHOP_TOKEN') | length, info=true) }}"\n"""
    project.write_text(project.read_text(encoding="utf-8") + hook, encoding="utf-8")
    known = connections(warehouse={"conn_type": "generic", "password": CANARY * 5})
    run = run_dag(airflow_home, "shop_in_docker", **known)
    assert set(run.states.values()) == {"success"}, run.output
    assert f" {len(CANARY * 5)}" in run.output
