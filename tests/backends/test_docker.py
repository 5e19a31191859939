"""The shop through DockerOperator in a real Docker: paths are mapped, secrets are not shown."""

from __future__ import annotations

import json
import os
import signal
from types import SimpleNamespace

import pytest

from airflow_home import AirflowHome
from canary import CANARY, TELLS, VARIABLE, places_with, tables_with, told_by_dbt
from dag_runs import run_dag
from docker_daemon import MUST, tiny_image
from docker_shop import DAG, INSIDE, KNOWN, DockerShop, deployed
from processes import child_of
from tiny import runner

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.xdist_group("docker")]

MODEL = "shop.stg_products.build"
SEED = "shop.raw_products.build"
ENDLESS = (
    "select count(*) as n from range(1000000) a(x), range(1000000) b(y) where (x * y) % 7 = 3"
)


@pytest.fixture
def shop(configs, airflow_home, daemon) -> DockerShop:
    return deployed(configs, airflow_home, daemon)


def test_containers_get_a_secret_that_nothing_shows(shop) -> None:
    """Not even where dbt itself tells it, and all that it prints becomes XCom."""
    told_by_dbt(shop.folder, TELLS)
    text = shop.compile(["+stg_products"], operator_args={"xcom_all": True})
    run = run_dag(shop.home, DAG, **KNOWN)
    assert run.states == {SEED: "success", MODEL: "success"}, run.output
    assert set(run.states) == {task["id"] for task in json.loads(text)["tasks"]}
    assert f"told: {len(CANARY)} ***" in run.output
    assert "xcom" in tables_with(f"told: {len(CANARY)} ***", shop.home)
    assert places_with(CANARY, shop.home, text, run) == set()
    assert shop.containers() == []


def test_what_is_no_secret_is_in_all_of_these_places(shop) -> None:
    """So that a secret's absence from them says something."""
    told_by_dbt(shop.folder, TELLS)
    leaks = {"secrets": {}, "env": {VARIABLE: CANARY}, "operator_args": {"xcom_all": True}}
    text = shop.compile(["raw_products"], **leaks)
    run = run_dag(shop.home, DAG)
    found = places_with(CANARY, shop.home, text, run)
    tables = {"rendered_task_instance_fields", "serialized_dag", "xcom"}
    assert {"artifact", "log", "database", *tables} - found == set()


def test_failures_are_told_in_words(shop) -> None:
    shop.model("stg_products", "select * from nowhere")
    overrides = [
        {"select": "raw_orders", "image": "registry.invalid/no-such-image:1"},
        {"select": "raw_payments", "image": tiny_image(shop.daemon)},
    ]
    shop.compile(["+stg_products", "raw_orders", "raw_payments"], overrides=overrides)
    run = run_dag(shop.home, DAG, **KNOWN)
    assert run.states == {
        SEED: "success",
        MODEL: "failed",
        "shop.raw_orders.build": "failed",
        "shop.raw_payments.build": "failed",
    }
    assert "Table with name nowhere does not exist" in run.output
    assert "dbt ended with exit code 1 in its container: dbt says above what failed" in run.output
    assert (
        "does not run the image 'registry.invalid/no-such-image:1': the image is not there,"
        " and could not be fetched" in run.output
    )
    assert "the entrypoint is no program of the image" in run.output
    assert shop.containers() == []


def test_a_folder_or_a_secret_that_is_not_there_is_named(shop) -> None:
    shop.compile(["raw_products"], volumes=[{"mount": INSIDE, "host": "/no/such/folder"}])
    run = run_dag(shop.home, DAG, **KNOWN)
    assert run.states == {SEED: "failed"}
    assert "a folder of `volumes` is not on the daemon's machine" in run.output
    assert "/no/such/folder" in run.output
    assert CANARY not in run.output
    run = run_dag(shop.home, DAG)
    assert run.states == {SEED: "failed"}
    assert "warehouse" in run.output


def test_a_container_in_which_no_dbt_ran_fails_though_it_ends_well(shop) -> None:
    """An entrypoint that does not look at its arguments; results of another day are none."""
    asleep = {"entrypoint": ["sh", "-c", "echo done"]}
    old = shop.folder / "results/run_results.json"
    old.parent.mkdir()
    old.write_text("{}", encoding="utf-8")
    os.utime(old, (1, 1))
    for place, seen in (("/target", True), (f"{INSIDE}/results", True), ("/mem/a", False)):
        volumes = [*shop.block()["volumes"], {"mount": "/mem", "empty": "1Mi"}]
        shop.compile(["raw_products"], **asleep, target_path=place, volumes=volumes)
        run = run_dag(shop.home, DAG, **KNOWN)
        assert run.states == {SEED: "failed" if seen else "success"}, run.output
        assert (
            f"its dbt wrote no {place}/run_results.json: nothing has run" in run.output
        ) == seen
    assert shop.containers() == []


def test_the_freshness_of_a_source_leaves_results_of_its_own(shop) -> None:
    """In a folder that is there at the next run as well; the image has no time zones."""
    place, zones = f"{INSIDE}/results", "/usr/share/zoneinfo"
    volumes = [*shop.block()["volumes"], {"mount": zones, "host": zones, "read_only": True}]
    shop.compile(
        ["source:suppliers.deliveries"], target_path=place, sources="all", volumes=volumes
    )
    for _ in range(2):
        run = run_dag(shop.home, DAG, **KNOWN)
        assert set(run.states.values()) == {"success"}, run.output
    assert (shop.folder / "results/sources.json").exists()


def test_a_killed_task_takes_its_container_along_and_can_be_tried_again(shop) -> None:
    """In less time than Airflow gives it: the container would hold the file of DuckDB."""
    shop.model("stg_products", "{{ config(materialized='table') }}" + ENDLESS)
    shop.compile(["stg_products"])
    home = AirflowHome(shop.home.root, {**shop.home.environment, **KNOWN})
    with runner(home, MODEL, DAG) as process:
        lines = iter(process.stdout.readline, "")
        assert any("START sql table model" in line for line in lines)
        (running,) = shop.containers()
        os.kill(child_of(process.pid), signal.SIGTERM)
        rest = "".join(lines)
    assert running.name.startswith(f"dbt-{MODEL}-")
    assert running.labels["dagwright.task_id"] == MODEL
    assert running.labels["run_of"] == DAG
    assert "the container was stopped because the task was killed" in rest
    assert "state: failed" in rest
    assert shop.containers() == []
    shop.model("stg_products", "select 1 as product_id, 'bicycle' as category")
    run = run_dag(shop.home, DAG, **KNOWN)
    assert run.states == {MODEL: "success"}, run.output
    assert shop.containers() == []


def test_what_a_dead_worker_left_running_is_removed_by_the_next_try(daemon, airflow) -> None:
    """And nothing else: another Airflow may have a run of the same name in the same Docker."""
    from dagwright_airflow.operators.docker import DbtDockerOperator, task_labels

    instance = SimpleNamespace(
        dag_id="shop", run_id="one", task_id="orders.run", map_index=-1, try_number=2
    )
    context = {"ti": instance, "dag_run": SimpleNamespace(start_date="2026-01-01 06:00:00.1")}
    own = task_labels(context)
    start = {"entrypoint": "sleep", "network_mode": "none", "detach": True}
    left, others = (
        daemon.client().containers.run(daemon.image, ["1000"], labels=labels, **start)
        for labels in (own, {**own, "dagwright.run_started": "2026-01-01 06:00:00.2"})
    )
    operator = DbtDockerOperator(
        task_id="orders.run",
        image=daemon.image,
        entrypoint=["dbt"],
        command=["--version"],
        docker_url=daemon.url,
        network_mode="none",
        auto_remove="force",
        mount_tmp_dir=False,
    )
    operator.execute(context)
    there = {one.id for one in daemon.client().containers.list(all=True)}
    others.remove(force=True)
    assert left.id not in there
    assert there == {others.id}


@pytest.mark.skipif(not MUST, reason="takes minutes: `make test-docker`")
def test_the_whole_shop_ends_as_it_does_in_a_worker(shop) -> None:
    """The project lies elsewhere in the container, and its DuckDB is a relative path in both."""
    everything = json.loads(shop.compile([]))
    run = run_dag(shop.home, DAG, **KNOWN)
    in_docker = shop.rows()
    (shop.folder / "shop.duckdb").unlink()
    local = json.loads(shop.compile([], environment="local"))
    assert everything["digests"]["shape"] == local["digests"]["shape"]
    assert run.states == run_dag(shop.home, DAG).states
    assert set(run.states) == {task["id"] for task in everything["tasks"]}
    assert set(run.states.values()) == {"success"}, run.output
    assert len(in_docker) > 20
    assert in_docker == shop.rows()
