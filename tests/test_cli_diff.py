"""`dagwright diff`: what a change does to the DAGs, from specs and from artifacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagwright.cli import program
from dagwright.drift.changes import change_of
from dagwright.drift.told import MOST, markdown, text
from manifests import manifest

PROJECT = """
model.shop.orders
model.shop.revenue <- model.shop.orders
test.shop.unique_orders <- model.shop.orders
"""
SPEC = """\
version: 1
dag: {id: shop, schedule: "@daily"}
render: {project_dir: project}
execute: {mode: local, project_dir: /srv/shop}
environments:
  prod: {dag: {schedule: "@hourly"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project/target").mkdir(parents=True)
    (tmp_path / "project/target/manifest.json").write_bytes(manifest(PROJECT))
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    assert run("compile").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments), catch_exceptions=False)


def change(folder: Path, old: str, new: str) -> None:
    spec = folder / "shop.dagwright.yaml"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new, 1))


def test_nothing_changes(folder: Path) -> None:
    said = run("diff")
    assert (said.exit_code, said.stdout) == (0, "Nothing changes in 1 compiled file\n")


def test_every_kind_of_change_is_told_in_words(folder: Path) -> None:
    change(folder, '"@daily"', '"@weekly", default_args: {retries: 2}')
    change(folder, "project}", "project, overrides: [{select: orders, pool: heavy}]}")
    change(folder, "/srv/shop}", "/srv/shop, vars: {day: 1}}")
    project = PROJECT.replace("<- model.shop.orders\ntest", "\nmodel.shop.stock\ntest")
    (folder / "project/target/manifest.json").write_bytes(manifest(project))
    said = run("diff").stdout.splitlines()
    told = [line for line in said if "partial_parse" not in line]
    assert told == [
        (
            "DAG shop: 1 task added, 1 task changed, 1 edge removed, the settings of every task, "
            "the DAG's own settings"
        ),
        "  default_args.retries: none -> 2",
        '  schedule: "@daily" -> "@weekly"',
        "  every task: dbt.vars.day: none -> 1",
        "  + shop.stock.run",
        '  ~ shop.orders.run: pool: none -> "heavy"',
        "  - shop.revenue.run no longer waits for shop.orders.test",
        "",
        "1 of 1 compiled file changes",
    ]


def test_tests_that_a_task_gets_and_loses_are_named(folder: Path) -> None:
    project = PROJECT.replace("unique_orders", "not_null_orders")
    (folder / "project/target/manifest.json").write_bytes(manifest(project))
    lines = run("diff").stdout.splitlines()[1:3]
    assert lines == [
        "  ~ shop.orders.test: also runs test.shop.not_null_orders",
        "  ~ shop.orders.test: no longer runs test.shop.unique_orders",
    ]


def test_an_artifact_is_compared_for_the_environment_that_it_is_of(folder: Path) -> None:
    run("compile", "--environment", "prod")
    assert run("diff").stdout == "Nothing changes in 1 compiled file\n"
    change(folder, "@hourly", "@weekly")
    assert '  schedule: "@hourly" -> "@weekly"\n' in run("diff").stdout


def test_folders_of_two_branches(folder: Path) -> None:
    (folder / "compiled").rename(folder / "old")
    change(folder, "id: shop", "id: other")
    run("compile")
    said = run("diff", "old", "compiled", "--format", "json")
    states = {one["name"]: one["state"] for one in json.loads(said.stdout)}
    assert states == {"other": "new", "shop": "gone"}
    # Two files are the two sides of one change, whatever they are called.
    text = run("diff", "old/shop.dag.json", "compiled/other.dag.json").stdout
    assert text.startswith('DAG other: the DAG\'s own settings\n  id: "shop" -> "other"\n')


def test_markdown_is_for_a_pull_request(folder: Path) -> None:
    change(folder, '"@daily"', "null")
    assert run("diff", "--format", "markdown").stdout == (
        "**1 of 1 compiled file changes**\n\n### DAG `shop`\n\nthe DAG's own settings\n\n"
        '**Of the DAG**\n\n- `schedule: "@daily" -> none`\n'
    )


def test_an_error_is_told_and_the_rest_is_compared(folder: Path) -> None:
    (folder / "bad.dagwright.yaml").write_text(SPEC.replace("schedule", "shedule"))
    said = run("diff")
    assert said.exit_code == 1
    assert said.stdout == "Nothing changes in 1 compiled file\n"
    assert "DW103" in said.stderr


def test_what_is_no_artifact_is_a_finding(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old/shop.dag.json").write_text("<<<<<<< HEAD\n")
    said = run("diff", "old", "compiled")
    assert said.exit_code == 1
    assert "DW605" in said.stderr


@pytest.mark.parametrize(
    "arguments", [("nope", "compiled"), ("compiled",), ("compiled", "compiled", "--output", "x")]
)
def test_wrong_usage(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run("diff", *arguments).exit_code == 2


def test_very_many_changes_are_bounded_and_folded() -> None:
    tasks = [{"id": f"t{at}", "after": []} for at in range(MOST + 5)]
    big = change_of("big", {"dag": {}, "tasks": []}, {"dag": {}, "tasks": tasks})
    assert text([big]).count("\n  + t") == MOST
    assert "... and 5 more" in text([big])
    assert f"<details><summary><b>Tasks added</b> ({MOST + 5})</summary>" in markdown([big])


def test_a_backtick_cannot_leave_its_code() -> None:
    old, new = ({"dag": {"description": words}, "tasks": []} for words in ("a", "`b` *c*"))
    assert '- `` description: "a" -> "`b` *c*" ``\n' in markdown([change_of("x", old, new)])
