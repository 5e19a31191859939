"""Mode `watcher` at compile time: phases, helpers, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from test_pipeline import SPEC, codes, compiled

WATCHER = SPEC.replace("mode: local", "mode: watcher, producer: {mode: local}")


def producer(spec: str) -> dict[str, Any]:
    tasks = json.loads(compiled(spec).text)["tasks"]
    return next(task for task in tasks if task["id"] == "dagwright_producer")


def test_every_task_is_watched_once_and_helpers_are_marked() -> None:
    tasks = json.loads(compiled(WATCHER).text)["tasks"]
    helpers = [task["id"] for task in tasks if task.get("helper")]
    assert helpers == ["dagwright_producer", "dagwright_results"]
    told = tasks[0]["watched"]
    assert set(told) == {task["id"] for task in tasks if task["kind"] == "watcher_dbt"}
    phased = [name for phase in tasks[0]["phases"] for name in phase["tasks"]]
    assert sorted(phased) == sorted(told)
    assert all(one["select"] for one in told.values())
    for task in tasks[2:]:
        assert told[task["id"]]["nodes"] == task["nodes"]
        assert told[task["id"]]["after"] == task["after"]


def test_the_build_is_named_as_the_user_selected_it_where_that_is_exact() -> None:
    words = producer(WATCHER)["phases"][0]["words"]
    assert words[:3] == ["build", "--indirect-selection", "eager"]
    assert not any(word.startswith("fqn:") for word in words)


def test_tests_at_the_end_are_a_phase_of_their_own() -> None:
    spec = WATCHER.replace("../shop}", "../shop, tests: after_all}")
    build, tests = producer(spec)["phases"]
    assert build["words"][0] == "build"
    assert "test" in build["words"][build["words"].index("--exclude-resource-type") :]
    assert tests["words"][0] == "test"


def test_no_tests_means_that_dbt_runs_none() -> None:
    (build,) = producer(WATCHER.replace("../shop}", "../shop, tests: none}"))["phases"]
    assert [w for w in build["words"] if w in ("test", "unit_test")] == ["test", "unit_test"]


def test_a_selection_of_nothing_is_the_same_error_in_both() -> None:
    nothing = "../shop, select: [tag:nobody]}"
    local, watcher = (codes(one.replace("../shop}", nothing)) for one in (SPEC, WATCHER))
    assert local
    assert watcher == local


@pytest.mark.parametrize(
    ("more", "code"),
    [("default_args: {depends_on_past: true}", "DW570"), ("fail_fast: true", "DW571")],
)
def test_what_one_dbt_call_cannot_keep_to_is_refused(more: str, code: str) -> None:
    spec = WATCHER.replace("dag: {id: shop", f"dag: {{{more}, id: shop")
    assert spec != WATCHER
    assert codes(spec) == [code]


def test_the_producer_goes_first_and_is_tried_again() -> None:
    settings = producer(WATCHER)["airflow"]
    assert settings["retries"] == 2
    assert settings["weight_rule"] == "absolute"
    spec = WATCHER.replace("{mode: local}", "{mode: local, task: {retries: 0, pool: big}}")
    assert producer(spec)["airflow"] | {"retries": 0, "pool": "big"} == producer(spec)["airflow"]


IN_DOCKER = SPEC.replace(
    "mode: local",
    "mode: watcher, producer: {mode: docker, image: dbt, entrypoint: keep, "
    'secrets: {TOKEN: {connection: shop}}}, vars: {day: "{{ ds }}"}',
)


def test_a_producer_in_a_container_has_its_command_in_three_parts() -> None:
    made = json.loads(compiled(IN_DOCKER).text)
    first, _, *watchers = made["tasks"]
    assert (first["kind"], watchers[0]["kind"]) == ("producer_docker", "watcher_docker")
    (phase,), (tail,) = first["phases"], first["tails"]
    assert phase["words"][:2] == phase["base"][:2] == ["dbt", "build"]
    assert "build" not in tail
    assert "--vars" in tail
    assert "--target-path" in tail
    assert watchers[0]["command"][: -len(tail)][0] == "dbt"
    assert watchers[0]["command"][-len(tail) :] == tail
    assert made["defaults"]["producer_docker"]["secrets"] == {
        "TOKEN": {"connection": "shop", "field": "password"}
    }


def test_a_producer_in_a_virtual_environment_shares_it_with_its_watchers() -> None:
    spec = SPEC.replace(
        "mode: local", "mode: watcher, producer: {mode: virtualenv, prebuilt: /opt/dbt}"
    )
    made = json.loads(compiled(spec).text)["defaults"]
    for kind in ("producer_dbt", "watcher_dbt"):
        assert made[kind]["virtualenv"] == {"prebuilt": "/opt/dbt"}


def test_a_producer_in_docker_holds_its_slot() -> None:
    spec = SPEC.replace("mode: local", "mode: watcher, producer: {mode: docker, image: dbt}")
    made = json.loads(compiled(spec).text)["defaults"]
    for kind in ("producer_docker", "watcher_docker"):
        assert made[kind]["deferrable"] is False


def test_a_producer_in_a_pod_holds_its_slot_and_has_a_name() -> None:
    spec = SPEC.replace("mode: local", "mode: watcher, producer: {mode: kubernetes, image: dbt}")
    made = json.loads(compiled(spec).text)
    assert made["tasks"][0]["name"] == "dagwright-producer"
    for kind in ("producer_kubernetes", "watcher_kubernetes"):
        assert made["defaults"][kind]["deferrable"] is False


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("mode: aws_ecs, cluster: c, task_definition: d, container: dbt", "DW160"),
        ("mode: gcp_cloud_run_job, job: dbt, region: r1, project: shop", "DW160"),
        ("mode: watcher, producer: {mode: local}", "DW160"),
        ("mode: kubernetes, image: dbt, deferrable: true", "DW572"),
        ("mode: docker, image: dbt, deferrable: true", "DW572"),
        ("mode: kubernetes, image: dbt, operator_args: {get_logs: false}", "DW572"),
        (
            "mode: gcp_gke, image: d, cluster: c, region: r1, operator_args: {durable: true}",
            "DW572",
        ),
        ("mode: kubernetes, image: dbt, operator_args: {get_logs: true}", None),
        ("mode: nowhere", "DW104"),
        ("image: dbt", "DW101"),
    ],
)
def test_what_a_producer_cannot_be_or_have(keys: str, code: str | None) -> None:
    spec = SPEC.replace("mode: local", f"mode: watcher, producer: {{{keys}}}")
    assert codes(spec) == ([code] if code else [])


def test_overrides_are_for_the_watchers_and_must_match() -> None:
    override = "overrides: [{select: orders, image: big}]"
    spec = SPEC.replace(
        "mode: local", f"mode: watcher, producer: {{mode: docker, image: dbt, {override}}}"
    )
    tasks = json.loads(compiled(spec).text)["tasks"]
    assert [task["id"] for task in tasks if task.get("image") == "big"] == ["shop.orders.run"]
    assert codes(spec.replace("select: orders", "select: nothing")) == ["DW502"]
