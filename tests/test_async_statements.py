"""What `airflow_async` submits, for each warehouse and whatever stands in the model's place."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

from typing import Any

import pytest

from dagwright.plan.async_safety import PLAIN, PLAIN_OF_COLUMNS
from dagwright.plan.warehouses import WAREHOUSES

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("airflow")]

SQL = "\nselect '{{ ds }} {relation}' as a \n"
SELECT = "select '{{ ds }} {relation}' as a"

PLACES: dict[tuple[str, str], dict[str | None, list[str] | str]] = {
    ("bigquery", "table"): {
        None: [f"create or replace table d.s.a\nas (\n{SELECT}\n)"],
        "table": [f"create or replace table d.s.a\nas (\n{SELECT}\n)"],
        "view": ["drop view if exists d.s.a", f"create or replace table d.s.a\nas (\n{SELECT}\n)"],
        "external": "is a external",
        "materialized_view": "is a materialized_view",
    },
    ("bigquery", "view"): {
        None: [f"create or replace view d.s.a\nas {SELECT}"],
        "view": [f"create or replace view d.s.a\nas {SELECT}"],
        "table": "is a table in the warehouse",
    },
    ("databricks", "table"): {
        None: [f"create or replace table d.s.a\nusing delta\nas\n{SELECT}"],
        "table": [f"create or replace table d.s.a\nusing delta\nas\n{SELECT}"],
        "view": "is a view in the warehouse",
    },
    ("databricks", "view"): {
        "view": [f"create or replace view d.s.a\nas (\n{SELECT}\n)"],
        "table": "is a table in the warehouse",
    },
    ("snowflake", "table"): {
        "table": [f"create or replace transient table d.s.a\nas (\n{SELECT}\n)"],
        "view": [
            "drop view if exists d.s.a",
            f"create or replace transient table d.s.a\nas (\n{SELECT}\n)",
        ],
        "dynamic_table": "is a dynamic_table",
    },
    ("snowflake", "view"): {
        "table": [
            "drop table if exists d.s.a",
            f"create or replace view d.s.a\nas (\n{SELECT}\n)",
        ],
    },
    ("redshift", "table"): {
        None: [
            "drop table if exists d.s.t cascade",
            f"create table d.s.t\nas (\n{SELECT}\n)",
            "alter table d.s.t rename to a",
        ],
        "table": [
            "drop table if exists d.s.t cascade",
            f"create table d.s.t\nas (\n{SELECT}\n)",
            "drop table if exists d.s.a cascade",
            "alter table d.s.t rename to a",
        ],
    },
    ("redshift", "view"): {
        None: [f"create view d.s.a\nas (\n{SELECT}\n)"],
        "view": ["drop view if exists d.s.a cascade", f"create view d.s.a\nas (\n{SELECT}\n)"],
        "materialized_view": "is a materialized_view",
    },
    ("athena", "view"): {
        None: [f"create or replace view d.s.a\nas\n{SELECT}"],
        "table": "is a table in the warehouse",
    },
}
"""By warehouse and materialization, then by what is there: statements, or why there are none."""


def made(warehouse: str, wanted: str, there: str | None) -> list[str]:
    from dagwright_airflow.statements.text import statements

    row = WAREHOUSES[warehouse]
    found = {"relation": "d.s.a", "temporary": "d.s.t", "name": "a", "type": there}
    found["replaceable"] = there is not None and row.replaceable != "false"
    return statements(wanted, found, SQL, {"statements": row.statements, "drops": row.drops})


@pytest.mark.parametrize(
    ("place", "there"), [(place, there) for place, rows in PLACES.items() for there in rows]
)
def test_statements_are_those_of_dbt(place: tuple[str, str], there: str | None) -> None:
    from dagwright_airflow.statements.text import UnsafeError

    expected = PLACES[place][there]
    if isinstance(expected, list):
        assert made(*place, there) == expected
    else:
        with pytest.raises(UnsafeError, match=expected):
            made(*place, there)


def test_every_warehouse_is_tried() -> None:
    rows = {(name, made) for name, row in WAREHOUSES.items() for made in row.statements}
    assert set(PLACES) == rows


def test_a_table_that_cannot_be_replaced_is_dropped() -> None:
    from dagwright_airflow.statements.text import statements

    row = WAREHOUSES["bigquery"]
    found = {"relation": "d.s.a", "temporary": "", "name": "a", "type": "table"}
    rules = {"statements": row.statements, "drops": row.drops}
    first = statements("table", {**found, "replaceable": False}, SQL, rules)[0]
    assert first == "drop table if exists d.s.a"


NODE: dict[str, Any] = {
    "config": {"materialized": "table", "tags": ["a"], "grants": {}, "quoting": {}},
    "language": "sql",
    "relation_name": "d.s.a",
    "columns": {"id": {"name": "id", "description": "x", "constraints": [], "config": {}}},
    "constraints": [],
}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"config": {"materialized": "view"}}, "it is `view` here, and was `table`"),
        ({"config": {"materialized": "table", "labels": {"a": "b"}}}, "'labels' here"),
        ({"config": {"materialized": "table", "transient": False}}, "'transient' here"),
        ({"language": "python"}, "written in python"),
        ({"constraints": [{"type": "check"}]}, "constraints"),
        ({"columns": {"id": {"name": "id", "policy_tags": ["p"]}}}, "column id has 'policy_tags'"),
        ({"columns": {"id": {"config": {"masking": "m"}}}}, "column id has 'masking'"),
    ],
)
def test_a_worker_looks_again(changed: dict[str, Any], reason: str | None) -> None:
    from dagwright_airflow.statements.text import doubt

    found = doubt({**NODE, **changed}, "table", PLAIN, PLAIN_OF_COLUMNS)
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_a_relation_that_others_read_elsewhere_is_not_made() -> None:
    from dagwright_airflow.statements.text import doubt_of_place

    assert doubt_of_place(NODE, {"relation": "d.s.a"}) is None
    assert "otherwise" in str(doubt_of_place(NODE, {"relation": "d.s.a", "otherwise": True}))
    assert "others read it as d.s.a" in str(doubt_of_place(NODE, {"relation": '"d".s.a'}))


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"macros": {"m": {"name": "cents", "package_name": "shop"}}}, None),
        ({"macros": {"m": {"name": "bigquery__ours", "package_name": "dbt"}}}, None),
        ({"macros": {"m": {"name": "bigquery__ours", "package_name": "shop"}}}, "shop.bigquery__"),
        ({"macros": {"m": {"name": "materialization_view_x", "package_name": "a"}}}, "place of"),
        ({"nodes": {"operation.a": {"resource_type": "operation"}}}, "operation.a"),
    ],
)
def test_a_worker_looks_at_the_whole_project_again(
    manifest: dict[str, Any], reason: str | None
) -> None:
    from dagwright_airflow.statements.text import doubt_of_all

    found = doubt_of_all(manifest, {"ours"}, {"dbt"})
    assert (found is None) if reason is None else (found is not None and reason in found)


def a_model(name: str, *parents: str, materialized: str = "table") -> dict[str, Any]:
    return {
        "name": name,
        "fqn": ["shop", "marts", name],
        "original_file_path": f"models/marts/{name}.sql",
        "config": {"materialized": materialized},
        "depends_on": {"nodes": [f"model.shop.{parent}" for parent in parents]},
    }


SAID = """\
dbt ran nothing.
Runtime Error
  Compilation Error in model {name} (models/marts/{name}.sql)
    this is odd
"""


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        (SAID.format(name="odd"), ["model.shop.odd"]),
        (SAID.format(name="part"), ["model.shop.whole"]),
        (SAID.format(name="other"), []),
        ("Could not find profile named 'shop'", []),
    ],
)
def test_what_does_not_compile_is_told_apart(said: str, broken: list[str]) -> None:
    from dagwright_airflow.statements.text import exactly, uncompiled

    nodes = {
        "model.shop.odd": a_model("odd"),
        "model.shop.part": a_model("part", materialized="ephemeral"),
        "model.shop.whole": a_model("whole", "part"),
        "model.shop.after": a_model("after", "odd", "whole"),
    }
    found = uncompiled(said, nodes, nodes.keys() - {"model.shop.part"})
    assert list(found) == broken
    assert all("this is odd" in words for words in found.values())
    assert exactly(nodes["model.shop.odd"]) == "fqn:shop.marts.odd,file:odd.sql"
