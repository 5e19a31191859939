"""Tasks in a real Docker that wait in the triggerer end as those that wait themselves."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from airflow_home import AirflowHome
from canary import CANARY, places_with
from dag_runs import DagRun, run_dag
from deferred_docker import deferred, event_of, logged, operator, resumed, seen, stored
from docker_daemon import Daemon
from docker_shop import DAG, KNOWN, DockerShop, deployed

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.xdist_group("docker")]

MODEL = "shop.stg_products.build"
SEED = "shop.raw_products.build"
TRAPPED = "trap 'echo interrupted; exit 1' INT; echo first; while :; do sleep 0.1; done"


@pytest.fixture
def shop(configs, airflow_home: AirflowHome, daemon: Daemon) -> DockerShop:
    return deployed(configs, airflow_home, daemon)


def dbt_lines(run: DagRun) -> list[str]:
    """Return what dbt printed, without times and durations."""
    lines = re.findall(r"\d\d:\d\d:\d\d  (.*)", run.output)
    return [re.sub(r"\d+\.\d+s|\d+\.\d+ seconds|\d\d:\d\d:\d\d", "T", line) for line in lines]


def both(shop: DockerShop, *select: str) -> tuple[DagRun, DagRun, list[Any]]:
    """Return how a DAG ends whose tasks wait themselves, how a deferred one, and their tables."""
    runs, tables = [], []
    for deferrable in (False, True):
        text = shop.compile([*select], deferrable=deferrable)
        run = run_dag(shop.home, DAG, **KNOWN)
        put_off = [one for one in run.states.values() if one != "upstream_failed"]
        triggers = run.output.count("running trigger in line")
        assert triggers == deferrable * len(put_off), run.output
        assert set(run.states) == {task["id"] for task in json.loads(text)["tasks"]}
        assert places_with(CANARY, shop.home, text, run) == set()
        runs.append(run)
        tables.append(shop.rows())
        (shop.folder / "shop.duckdb").unlink()
    assert shop.containers() == []
    return (*runs, tables)


def test_a_success_leaves_the_same_tables_and_the_same_lines(shop) -> None:
    waited, put_off, tables = both(shop, "+stg_products")
    assert put_off.states == waited.states == {SEED: "success", MODEL: "success"}, put_off.output
    assert tables[0] == tables[1] != {}
    assert dbt_lines(put_off) == dbt_lines(waited) != []


def test_a_model_that_errs_fails_as_it_does_in_a_task_that_waits(shop) -> None:
    shop.model("stg_products", "select * from nowhere")
    waited, put_off, _ = both(shop, "+stg_products")
    assert put_off.states == waited.states == {SEED: "success", MODEL: "failed"}, put_off.output
    for run in (waited, put_off):
        assert "Table with name nowhere does not exist" in run.output
        assert "dbt ended with exit code 1 in its container: dbt says above" in run.output
    assert dbt_lines(put_off) == dbt_lines(waited)


def test_a_test_that_fails_fails_as_it_does_in_a_task_that_waits(shop) -> None:
    twice = "select 1 as product_id, 'bicycle' as category"
    shop.model("stg_products", f"{twice} union all {twice}")
    waited, put_off, _ = both(shop, "+stg_products")
    assert put_off.states == waited.states
    assert put_off.states[MODEL] == "failed", put_off.output
    for run in (waited, put_off):
        assert "dbt ended with exit code 1" in run.output
        assert "FAIL" in run.output
    assert dbt_lines(put_off) == dbt_lines(waited)


def in_shell(daemon: Daemon, script: str, **more: Any) -> Any:
    """Return a task whose container runs a script."""
    return operator(
        daemon.url,
        image=daemon.image,
        entrypoint=["sh"],
        command=["-c", script],
        network_mode="none",
        **more,
    )


def test_a_container_that_is_killed_from_outside_is_a_failure(daemon) -> None:
    from airflow.providers.docker.exceptions import DockerContainerFailedException

    task = in_shell(daemon, "echo first; sleep 1000")
    told = deferred(task)
    (running,) = daemon.client().containers.list()
    assert running.id == told.trigger.container
    running.kill()
    event = event_of(stored(told.trigger))
    with pytest.raises(DockerContainerFailedException, match="exit code 137") as failed:
        resumed(told, task, event)
    assert failed.value.logs == ["first"]
    assert daemon.client().containers.list(all=True) == []


def test_a_container_that_is_removed_from_outside_is_a_failure(daemon) -> None:
    from dagwright_airflow.airflow_api import AirflowException

    task = in_shell(daemon, "sleep 1000")
    told = deferred(task)
    (running,) = daemon.client().containers.list()
    running.remove(force=True)
    event = event_of(stored(told.trigger))
    with pytest.raises(AirflowException, match="the container is gone, and nobody knows"):
        resumed(told, task, event)


def test_a_container_whose_time_is_up_is_interrupted_and_its_log_is_shown(daemon, capsys) -> None:
    from dagwright_airflow.airflow_api import AirflowTaskTimeout

    task = in_shell(daemon, TRAPPED, execution_timeout=timedelta(seconds=3))
    told = deferred(task)
    event = event_of(stored(told.trigger))
    with pytest.raises(AirflowTaskTimeout):
        resumed(told, task, event)
    assert logged(capsys.readouterr().out)[-2:] == ["first", "interrupted"]
    assert daemon.client().containers.list(all=True) == []


def test_a_log_that_docker_cannot_give_back_is_not_missed(daemon, capsys) -> None:
    """The exit code is what counts; where the log went is said."""
    task = in_shell(daemon, "exit 0")
    made = daemon.client().containers.create(
        daemon.image, ["-c", "exit 0"], entrypoint="sh", network_mode="none",
        log_config={"Type": "none"},
    )  # fmt: skip
    made.start()
    made.wait()
    task.resume({}, seen("over", container=made.id))
    assert "The daemon does not give the log" in capsys.readouterr().out
    assert daemon.client().containers.list(all=True) == []


def test_a_trigger_that_dies_leaves_no_container(daemon) -> None:
    from airflow.sdk.exceptions import TaskDeferralError

    from deferred_docker import CONTEXT

    task = in_shell(daemon, "sleep 1000")
    deferred(task)
    assert len(daemon.client().containers.list()) == 1
    with pytest.raises(TaskDeferralError):
        task.resume_execution("__fail__", {"error": "Trigger failure"}, CONTEXT)
    assert daemon.client().containers.list(all=True) == []


def test_a_container_with_a_terminal_has_its_log_read_as_well(daemon, capsys) -> None:
    task = in_shell(daemon, "echo first; echo second", tty=True)
    told = deferred(task)
    assert resumed(told, task, event_of(told.trigger)) == "second"
    assert logged(capsys.readouterr().out)[-2:] == ["first", "second"]
