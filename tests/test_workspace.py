"""Several specs of one project: what they wait for, and what is wrong between them."""

from __future__ import annotations

import json

import pytest

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.pipeline import Compiled, Options, compile_all
from manifests import manifest

PROJECT = """
seed.shop.raw
model.shop.orders <- seed.shop.raw
model.shop.revenue <- model.shop.orders
model.shop.report <- model.shop.orders <- model.shop.revenue
test.shop.unique <- model.shop.orders
"""


def together(**specs: str) -> tuple[list[Compiled], list[tuple[str, str]]]:
    """Compile specs by id, each `DAG KEYS; RENDER KEYS`, and return what was made and said."""
    document = json.loads(manifest(PROJECT))
    for node in document["nodes"].values():
        node.update(database="db", schema="s", alias=node["name"])
    disk = MemoryFiles({"shop/target/manifest.json": json.dumps(document).encode()})
    for name, words in specs.items():
        dag, _, render = words.partition(";")
        disk.contents[f"{name}.dagwright.yaml"] = (
            f"version: 1\ndag: {{id: {name}{dag}}}\nrender: {{project_dir: shop, {render}}}\n"
            "execute: {mode: local, project_dir: /srv/shop}\n"
        ).encode()
    report = Report()
    made = compile_all(disk, [f"{name}.dagwright.yaml" for name in specs], Options(), report)
    return made, [(one.rule.code, one.message) for one in report.sorted()]


def test_a_dag_runs_when_the_tables_that_it_reads_were_updated() -> None:
    made, said = together(
        first="; select: ['+orders']", second="; select: [revenue, report], cross_dag: assets"
    )
    assert said == []
    first, second = made
    uri = "dbt://duckdb/db/s/orders"
    assert second.plan.dag["schedule"] == {"assets": {"all": [uri]}}
    outlets = {step.id: step.airflow.get("outlets") for step in first.plan.steps}
    assert outlets["shop.orders.run"] == [uri]
    assert json.loads(second.text)["dag"]["schedule"] == {"assets": {"all": [uri]}}


def test_an_artifact_does_not_depend_on_what_is_compiled_with_it() -> None:
    words = "; select: report, cross_dag: assets"
    alone, _ = together(last=words)
    beside, _ = together(first="; select: [orders, revenue]", last=words)
    assert alone[0].text == beside[1].text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("; select: revenue, cross_dag: ignore", []),
        ("; select: ['+revenue'], cross_dag: error", []),
        ("; select: [orders, revenue], seeds: none, cross_dag: error", []),
        ("; select: report, cross_dag: error", ["DW507", "DW507"]),
        ("; cross_dag: assets", ["DW508"]),
        (", schedule: '@daily'; select: revenue, cross_dag: assets", ["DW132"]),
        ("; select: revenue, cross_dag: sensor", ["DW133"]),
    ],
)
def test_the_words(words: str, said: list[str]) -> None:
    assert [code for code, _ in together(one=words)[1]] == said


def test_an_edge_out_of_the_dag_is_named() -> None:
    _, said = together(one="; select: revenue, cross_dag: error")
    message = "model.shop.revenue reads model.shop.orders, which this DAG does not build"
    assert said == [("DW507", message)]


def test_dags_that_wait_for_each_other() -> None:
    _, said = together(
        one="; select: [raw, orders, report], cross_dag: assets",
        two="; select: revenue, cross_dag: assets",
    )
    assert said == [("DW510", "these DAGs wait for each other: one -> two -> one")]


def test_an_asset_that_nobody_writes() -> None:
    uri = "dbt://duckdb/db/s/oders"
    by_hand = f", schedule: {{assets: ['{uri}', 's3://lake/x']}}; select: report"
    _, said = together(one=by_hand, two="; select: [orders]")
    assert said == [("DW509", f"one waits for {uri}, which no spec compiled with it writes")]
    _, said = together(one="; select: report, cross_dag: assets", two="; select: orders")
    assert [code for code, _ in said] == ["DW509"]


def test_a_dag_that_waits_for_either_of_two_is_in_no_cycle() -> None:
    either = ", schedule: {assets: {any: ['dbt://duckdb/db/s/revenue', 's3://lake/x']}}"
    _, said = together(
        one=f"{either}; select: [raw, orders, report]", two="; select: revenue, cross_dag: assets"
    )
    assert said == []
