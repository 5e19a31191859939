"""Whether dbt did what a task was compiled for, judged by the results file that dbt writes."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]


def row(node: str, status: str = "success", **more: Any) -> dict[str, Any]:
    return {"unique_id": node, "status": status, "execution_time": 0.25, **more}


def judge(tmp_path: Path, rows: list[dict[str, Any]] | None, expected: list[str]) -> str | None:
    from dagwright_airflow.operators.outcome import complaint
    from dagwright_airflow.operators.results import read_results

    if rows is not None:
        (tmp_path / "run_results.json").write_text(json.dumps({"results": rows}))
    return complaint(read_results(tmp_path), expected)


HOOK = "operation.shop.shop-on-run-start-0"


@pytest.mark.parametrize(
    "rows",
    [
        [row("model.shop.a"), row("test.shop.b", "pass")],
        [row("test.shop.b", "warn", failures=2), row("model.shop.a")],
        [row(HOOK), row("model.shop.a"), row("test.shop.b", "pass"), row(HOOK, "pass")],
    ],
    ids=["passed", "warned", "hooks"],
)
def test_exactly_the_expected_nodes_passed(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    assert judge(tmp_path, rows, ["model.shop.a", "test.shop.b"]) is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "dbt ran nothing. Expected: model.shop.a"),
        ([], "dbt ran nothing. Expected: model.shop.a"),
        ([row(HOOK)], "dbt did not run model.shop.a"),
        ([row("model.shop.b")], "dbt did not run model.shop.a"),
        ([row("model.shop.a"), row("model.shop.b")], "dbt also ran model.shop.b"),
        ([row("model.shop.a", "error", message="no\n table")], "model.shop.a: error. no table"),
        ([row("model.shop.a", "skipped", message=None)], "model.shop.a: skipped."),
        ([row("model.shop.a", "partial success")], "model.shop.a: partial success."),
        ([row("model.shop.a", "no-op")], "model.shop.a: no-op."),
        ([row("model.shop.a", "a state of the future")], "a state of the future"),
        ([row("model.shop.a"), row(HOOK, "error", message="denied")], f"{HOOK}: error. denied"),
    ],
)
def test_anything_else_is_said(
    tmp_path: Path, rows: list[dict[str, Any]] | None, said: str
) -> None:
    fault = judge(tmp_path, rows, ["model.shop.a"])
    assert fault is not None
    assert said in fault


def test_a_missing_node_comes_with_the_way_out(tmp_path: Path) -> None:
    fault = judge(tmp_path, [row("model.shop.b")], ["model.shop.a"])
    assert fault is not None
    assert "dagwright compile" in fault


def test_a_dbt_that_ran_nothing_is_judged_by_its_output() -> None:
    from dagwright_airflow.operators.outcome import way_out

    renamed = "The selection criterion 'fqn:shop.a' does not match any enabled nodes"
    assert "dagwright compile" in way_out(["Running with dbt", renamed])
    assert "dagwright compile" not in way_out(["Database Error: the file is locked"])


def test_a_node_that_is_only_listed_may_do_nothing(tmp_path: Path) -> None:
    rows = [row("model.shop.a"), row("exposure.shop.e", "no-op")]
    assert judge(tmp_path, rows, ["model.shop.a", "exposure.shop.e"]) is None


def test_source_freshness_is_read_from_its_own_file(tmp_path: Path) -> None:
    stale = {"unique_id": "source.shop.s.t", "status": "error", "max_loaded_at": "2020-01-01"}
    failed = {"unique_id": "source.shop.s.t", "status": "runtime error", "error": "no such table"}
    for result, said in ((stale, "t: error."), (failed, "t: runtime error. no such table")):
        (tmp_path / "sources.json").write_text(json.dumps({"results": [result]}))
        fault = judge(tmp_path, None, ["source.shop.s.t"])
        assert fault is not None
        assert said in fault


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": 3}', '{"results": [{}]}', "\x00"])
def test_a_file_that_is_no_results_file_is_no_result(tmp_path: Path, text: str) -> None:
    from dagwright_airflow.operators.results import read_results

    (tmp_path / "run_results.json").write_text(text)
    assert read_results(tmp_path) is None


def test_the_summary_and_the_complaint_are_bounded(tmp_path: Path) -> None:
    from dagwright_airflow.operators.outcome import complaint
    from dagwright_airflow.operators.presentation import summary, table
    from dagwright_airflow.operators.results import read_results

    rows = [
        row(f"test.shop.t{n:05}", "fail", message="m" * 9_999, failures=1) for n in range(5_000)
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": rows}))
    results = read_results(tmp_path)
    assert results is not None
    fault = complaint(results, [])
    assert fault is not None
    assert len(fault) < 20_000
    assert "and 4980 more" in fault
    whole = summary(results)
    assert len(json.dumps(whole)) < 100_000
    assert (len(whole["nodes"]), whole["left_out"], whole["seconds"]) == (200, 4_800, 1_250.0)
    assert len(table(results)) == 202
    assert table(results)[-1] == "and 4800 more"


def test_the_summary_has_what_dbt_says_about_a_node(tmp_path: Path) -> None:
    from dagwright_airflow.operators.presentation import summary, table
    from dagwright_airflow.operators.results import read_results

    rows = [
        row("seed.shop.a", message="INSERT 3", adapter_response={"rows_affected": 3}),
        row("model.shop.b", message="OK", adapter_response={"rows_affected": -1}),
        row("test.shop.c", "warn", failures=2, message="Got 2 results", adapter_response=None),
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": rows}))
    results = read_results(tmp_path)
    assert results is not None
    common = {"status": "success", "seconds": 0.25}
    assert summary(results) == {
        "nodes": [
            {"unique_id": "seed.shop.a", **common, "rows": 3, "message": "INSERT 3"},
            {"unique_id": "model.shop.b", **common, "message": "OK"},
            {
                "unique_id": "test.shop.c",
                "status": "warn",
                "seconds": 0.25,
                "failures": 2,
                "message": "Got 2 results",
            },
        ],
        "seconds": 0.75,
    }
    assert table(results) == [
        "status    time      count  node",
        "success  0.25s     3 rows  seed.shop.a",
        "success  0.25s             model.shop.b",
        "warn     0.25s  2 failing  test.shop.c",
    ]


FAILED = row("test.shop.t", "fail", message="Got 2 results, configured to fail if != 0")
ERRED = row("model.shop.a", "error", message="no table", compiled_code="select 1\nfrom gone")


@pytest.mark.parametrize(
    ("rows", "status", "output", "outcome"),
    [
        ([row("model.shop.a")], 0, (), "SUCCESS"),
        ([row("model.shop.a", "warn")], 0, (), "SUCCESS"),
        ([row("model.shop.a")], 1, (), "NODE_ERROR"),
        ([row("model.shop.a"), FAILED], 1, (), "TEST_FAILURE"),
        ([FAILED, row("model.shop.a", "skipped")], 1, (), "TEST_FAILURE"),
        ([FAILED, ERRED], 1, (), "NODE_ERROR"),
        ([row("test.shop.t", "error")], 1, (), "NODE_ERROR"),
        ([row("model.shop.a"), row(HOOK, "error")], 1, (), "NODE_ERROR"),
        ([row("model.shop.other")], 0, (), "WRONG_NODES"),
        (None, 1, ("Nothing to do. Try checking your model configs",), "NOTHING_RAN"),
        ([], 0, ("'x' does not match any enabled nodes",), "NOTHING_RAN"),
        (None, 2, ("Database Error", "  the file is locked"), "NO_START"),
        (None, 137, (), "NO_START"),
    ],
)
def test_the_class_of_an_outcome_is_read_from_the_results(
    tmp_path: Path, rows: Any, status: int, output: tuple[str, ...], outcome: str
) -> None:
    from dagwright_airflow.operators.outcome import Outcome, judge
    from dagwright_airflow.operators.results import read_results

    if rows is not None:
        (tmp_path / "run_results.json").write_text(json.dumps({"results": rows}))
    expected = ["model.shop.a", *(["test.shop.t"] if FAILED in (rows or ()) else [])]
    verdict = judge(read_results(tmp_path), expected, status, output)
    assert verdict.outcome is Outcome[outcome]
    assert bool(verdict.fault) == (outcome != "SUCCESS")
    again = outcome in {"NODE_ERROR", "NO_START"}
    assert verdict.outcome.may_end_otherwise == again


def test_the_last_lines_hold_the_node_the_whole_error_and_the_sql(tmp_path: Path) -> None:
    from dagwright_airflow.operators.presentation import compiled_sql, failures
    from dagwright_airflow.operators.results import read_results

    rows = [row("model.shop.b"), {**ERRED, "message": "no table\n  LINE 1: from gone"}]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": rows}))
    results = read_results(tmp_path)
    assert results is not None
    assert failures(results) == [
        "model.shop.a: error",
        "  no table",
        "    LINE 1: from gone",
        "compiled SQL, also among the task's rendered fields:",
        "  select 1",
        "  from gone",
    ]
    assert compiled_sql(results) == "-- model.shop.a\nselect 1\nfrom gone"


def test_secrets_are_blanked_whole_and_line_by_line() -> None:
    from dagwright_airflow.operators.blank import blanker

    blank = blanker(["-----KEY-----\nabcdefgh\nijklmnop", "abcd", "abcdefghij"])
    assert (
        blank("first abcdefghij, then abcdefgh, never abcd") == "first ***, then ***, never abcd"
    )
    assert blank("-----KEY-----\nabcdefgh\nijklmnop") == "***"
    assert blank("ijklmnop") == "***"
    assert blanker(["", "abc"])("abc") == "abc"
