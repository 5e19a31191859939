"""A task in Docker that waits in the triggerer, and the trigger, by a stand-in for the daemon."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from deferred_docker import CONTEXT, deferred, event_of, logged, operator, resumed, seen, stored
from docker_stand_in import StandIn, docker_stand_in

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("airflow")]

SECRET = "hush-hush-4711"  # noqa: S105 (of this test alone)
LOG = f"first\nthe password is {SECRET}\nDone. PASS=1\n"


@pytest.fixture
def docker() -> Iterator[StandIn]:
    with docker_stand_in() as served:
        yield served


def trigger(docker: StandIn, **more: Any) -> Any:
    from dagwright_airflow.operators.docker_trigger import ContainerTrigger

    tls = dict.fromkeys(["ca_cert", "client_cert", "client_key", "ssl_version"])
    address = {"url": docker.url, "tls": {**tls, "verify": True, "hostname": False}}
    known = {"container": "c", "daemon": "one", "address": address}
    return ContainerTrigger(**{**known, **more})


def test_a_container_that_ends_is_seen_by_whichever_triggerer_there_is(docker) -> None:
    docker.add("c")
    again = stored(trigger(docker))
    threading.Timer(0.5, docker.end, ["c"]).start()
    assert event_of(again) == seen("over", container="c")
    assert event_of(stored(again)) == seen("over", container="c")
    assert [*docker.containers] == ["c"]


def test_a_container_that_is_gone_is_over_and_one_of_another_docker_is_lost(docker) -> None:
    assert event_of(trigger(docker))["saw"] == "over"
    docker.daemon = "another"
    event = event_of(trigger(docker))
    assert event["saw"] == "lost"
    assert "`docker_url` must lead every worker and the triggerer to the same" in event["why"]


def test_a_daemon_that_gives_no_answer_is_asked_again_and_not_for_ever(
    docker, monkeypatch
) -> None:
    from dagwright_airflow.operators import docker_trigger

    docker.end("c")
    docker.mute = 1
    assert event_of(trigger(docker))["saw"] == "over"
    assert docker.mute == 0
    docker.mute = 1
    monkeypatch.setattr(docker_trigger, "_PATIENCE_SECONDS", -1.0)
    event = event_of(trigger(docker))
    assert event["saw"] == "lost"
    assert "the triggerer gets no answer from Docker" in event["why"]


def test_a_container_whose_time_is_up_is_late_unless_it_has_ended(docker) -> None:
    docker.add("c")
    past = time.time() - 1
    assert event_of(trigger(docker, until=past))["saw"] == "late"
    assert event_of(trigger(docker, until=time.time() + 0.5))["saw"] == "late"
    docker.end("c")
    assert event_of(trigger(docker, until=past))["saw"] == "over"


@pytest.mark.parametrize(
    ("state", "status", "left", "signals"),
    [
        ("failed", "running", [], ["2"]),
        (None, "running", [], ["2"]),
        ("queued", "running", [], ["2"]),
        ("deferred", "running", ["c"], []),
        ("success", "exited", [], []),
        ("queued", "exited", ["c"], []),
    ],
    ids=["marked", "cleared", "cleared-queued", "moved", "marked-late", "about-to-be-read"],
)
def test_a_kill_ends_the_container_where_nobody_waits_for_it(
    docker, monkeypatch, state, status, left, signals
) -> None:
    """Airflow calls it as well in a triggerer that was out of touch, for a task that waits on."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    def states(**asked: Any) -> dict[str, dict[str, str | None]]:
        assert asked["task_ids"] == ["orders.run"]
        return {"one": {"orders.run": state}}

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(states))
    docker.add("c", status=status)
    one = trigger(docker)
    one._task_instance = CONTEXT["ti"]
    asyncio.run(one.on_kill())
    assert [*docker.containers] == left
    assert docker.signals == signals


def test_nothing_is_ended_once_the_event_was_fired(docker) -> None:
    docker.end("c")
    one = trigger(docker)
    event_of(one)
    asyncio.run(one.on_kill())
    asyncio.run(one.cleanup())
    assert [*docker.containers] == ["c"]


@pytest.fixture
def task(docker, monkeypatch) -> Any:
    monkeypatch.setenv("AIRFLOW_VAR_TOKEN", SECRET)
    return operator(docker.url, secrets={"TOKEN": {"variable": "token"}}, environment={"A": "b1"})


def test_the_trigger_knows_where_the_daemon_is_and_nothing_of_what_the_container_gets(
    docker, task
) -> None:
    told = deferred(task)
    (made,) = docker.created
    assert {f"TOKEN={SECRET}", "A=b1"} <= {*made["Env"]}
    assert made["Labels"]["dagwright.task_id"] == "orders.run"
    assert docker.containers["made"]["status"] == "running"
    _, kwargs = told.trigger.serialize()
    text = json.dumps(kwargs)
    assert docker.url in text
    for kept in (SECRET, "b1", "TOKEN"):
        assert kept not in text
    assert (kwargs["container"], kwargs["daemon"], told.kwargs) == ("made", "one", None)
    assert told.trigger.earliest > time.time() + 5
    assert told.timeout is told.trigger.until is None


def test_the_dbt_of_an_earlier_try_is_interrupted_before_that_of_this_one_starts(
    docker, task
) -> None:
    """Removed at once, it would leave its query going in the warehouse."""
    from dagwright_airflow.operators.docker import task_labels

    labels = task_labels(CONTEXT)
    docker.add("earlier", labels=labels)
    docker.add("elsewhere", labels={**labels, "dagwright.run_id": "two"})
    deferred(task)
    started = ["create", "made start"]
    assert docker.changes == ["earlier kill", "earlier DELETE", *started]
    assert set(docker.containers) == {"elsewhere", "made"}


def test_a_success_returns_the_last_line_and_shows_all_without_the_secret(
    docker, task, capsys
) -> None:
    told = deferred(task)
    docker.end("made", log=LOG)
    event = event_of(stored(told.trigger))
    assert resumed(told, task, event) == "Done. PASS=1"
    assert logged(capsys.readouterr().out)[-3:] == ["first", "the password is ***", "Done. PASS=1"]
    assert docker.containers == {}


def test_all_lines_are_returned_where_they_are_asked_for(docker) -> None:
    task = operator(docker.url, xcom_all=True)
    told = deferred(task)
    docker.end("made", log="one\ntwo\n")
    assert resumed(told, task, seen("over")) == ["one", "two"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "dbt ended with exit code 1 in its container: dbt says above what failed"),
        (137, "it was killed, as a container is that takes more memory"),
    ],
)
def test_a_failure_is_that_of_a_task_that_waits_itself(docker, task, code, words) -> None:
    from airflow.providers.docker.exceptions import DockerContainerFailedException

    told = deferred(task)
    docker.end("made", code=code, log=LOG)
    with pytest.raises(DockerContainerFailedException, match=words) as failed:
        resumed(told, task, event_of(told.trigger))
    assert SECRET not in str(failed.value.logs)
    assert docker.containers == {}


def test_an_exit_code_of_0_without_results_is_no_success(docker) -> None:
    from dagwright_airflow.airflow_api import AirflowException

    task = operator(docker.url, command=["run", "--target-path", "/t"])
    told = deferred(task)
    docker.end("made", log="done\n")
    with pytest.raises(AirflowException, match="its dbt wrote no /t/run_results"):
        resumed(told, task, event_of(told.trigger))
    assert docker.containers == {}


def test_an_exit_code_that_skips_skips(docker) -> None:
    from airflow.providers.docker.exceptions import DockerContainerFailedSkipException

    task = operator(docker.url, skip_on_exit_code=3)
    told = deferred(task)
    docker.end("made", code=3)
    with pytest.raises(DockerContainerFailedSkipException):
        resumed(told, task, seen("over"))


def test_a_container_that_somebody_removed_is_no_success(docker, task) -> None:
    from dagwright_airflow.airflow_api import AirflowException, AirflowFailException

    told = deferred(task)
    docker.containers.clear()
    with pytest.raises(AirflowException, match="nobody knows what became of its dbt") as failed:
        resumed(told, task, event_of(told.trigger))
    assert not isinstance(failed.value, AirflowFailException)  # So it is tried again.
    docker.daemon = "another"
    with pytest.raises(AirflowException, match="another Docker than the one"):
        resumed(told, task, seen("over"))


def test_a_container_whose_time_is_up_is_interrupted_and_removed(docker) -> None:
    from dagwright_airflow.airflow_api import AirflowTaskTimeout

    task = operator(docker.url, execution_timeout=timedelta(seconds=0.5))
    told = deferred(task)
    assert told.timeout > timedelta(seconds=60)
    event = event_of(told.trigger)
    assert event["saw"] == "late"
    with pytest.raises(AirflowTaskTimeout):
        resumed(told, task, event)
    assert len(docker.signals) == 1
    assert docker.containers == {}


def test_a_success_that_nobody_could_see_is_none(docker, task) -> None:
    from dagwright_airflow.airflow_api import AirflowException

    told = deferred(task)
    docker.end("made", log=LOG)
    with pytest.raises(AirflowException, match="the container was stopped: no answer"):
        resumed(told, task, seen("lost", "no answer"))
    assert docker.containers == {}


def test_who_cannot_say_where_the_secret_is_leaves_no_container(docker, task, monkeypatch) -> None:
    from dagwright_airflow.airflow_api import AirflowException

    told = deferred(task)
    docker.end("made", log=LOG)
    monkeypatch.delenv("AIRFLOW_VAR_TOKEN")
    with pytest.raises(AirflowException, match="the secret for TOKEN is not there"):
        resumed(told, task, seen("over"))
    assert docker.containers == {}


def test_airflow_decides_where_the_spec_does_not(docker, monkeypatch) -> None:
    assert operator(docker.url, deferrable=None).deferrable is False
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert operator(docker.url, deferrable=None).deferrable is True
    assert operator(docker.url, deferrable=False).deferrable is False
