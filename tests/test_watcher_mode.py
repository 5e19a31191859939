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
