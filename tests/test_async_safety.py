"""Mode `airflow_async` at compile time: which models become statements, and why others do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dagwright.diagnostics import Report
from dagwright.explain import explain_task
from dagwright.files import MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.plan.async_safety import RULES
from dagwright.plan.warehouses import WAREHOUSES
from dagwright.spec.model.execute.airflow_async import KEYS_OF
from manifests import manifest

PATH = "dags/shop.dagwright.yaml"
SCHEMAS = Path(__file__).parent.parent / "schemas"
PROJECT = """
seed.shop.raw_orders
model.shop.base <- seed.shop.raw_orders
model.shop.orders <- model.shop.base
test.shop.unique_orders <- model.shop.orders
snapshot.shop.history <- model.shop.orders
"""
LEAST = {
    "bigquery": "",
    "databricks": ", warehouse_id: abc",
    "snowflake": "",
    "redshift": ", database: shop, workgroup: small",
    "athena": "",
}
Document = dict[str, Any]
Change = Callable[[Document], None]


def spec(warehouse: str = "bigquery", more: str = "", render: str = "") -> str:
    return (
        f"version: 1\ndag: {{id: shop}}\nrender: {{project_dir: ../shop{render}}}\n"
        f"execute: {{mode: airflow_async, warehouse: {warehouse}, connection: there, "
        f"project_dir: /srv/shop{LEAST[warehouse]}{more}}}\n"
    )


def macro(package: str, name: str, sql: str = "", *calls: str) -> Document:
    return {
        "unique_id": f"macro.{package}.{name}",
        "name": name,
        "package_name": package,
        "macro_sql": sql,
        "depends_on": {"macros": [f"macro.{call}" for call in calls]},
    }


def macros(adapter: str) -> list[Document]:
    own = f"dbt_{adapter}"
    makes = f"{adapter}__create_table_as"
    return [
        macro("dbt", "create_table_as", "", f"{own}.{makes}"),
        macro(own, makes, "{{ adapter.dispatch('x') }}"),
        macro(own, f"materialization_table_{adapter}", "", "dbt.create_table_as"),
        macro(own, f"materialization_view_{adapter}", "{% do run_query('x') %}"),
        macro("dbt", "run_query", "{% call statement('x') %}{% endcall %}"),
        macro("shop", "cents", "{{ amount }} / 100"),
        macro("shop", "newest", "{% do run_query('select 1') %}"),
        macro("shop", "even", "{{ odd(n - 1) }}", "shop.odd"),
        macro("shop", "odd", "{{ even(n - 1) }}", "shop.even"),
        macro("shop", "round", "{{ trip() }}", "shop.trip", "shop.cents"),
        macro("shop", "trip", "{{ round() }}", "shop.round", "shop.newest"),
    ]


def project(warehouse: str, *changes: Change, lines: str = PROJECT) -> bytes:
    adapter = WAREHOUSES[warehouse].adapter
    document = json.loads(manifest(lines))
    document["metadata"]["adapter_type"] = adapter
    document["macros"] = {one["unique_id"]: one for one in macros(adapter)}
    for node in document["nodes"].values():
        if node["resource_type"] == "model":
            node["config"]["materialized"] = "view"
    for change in changes:
        change(document)
    return json.dumps(document).encode()


def files(text: str, document: bytes) -> MemoryFiles:
    return MemoryFiles({PATH: text.encode(), "shop/target/manifest.json": document})


def tasks_and_defaults(text: str, document: bytes) -> tuple[dict[str, Document], Document]:
    """Return the tasks by id, and what those of each kind share."""
    report = Report()
    compiled = compile_spec(files(text, document), PATH, Options(), report)
    assert compiled is not None, report.sorted()
    artifact = json.loads(compiled.text)
    return {task["id"]: task for task in artifact["tasks"]}, artifact["defaults"]


def tasks(text: str, document: bytes) -> dict[str, Document]:
    return tasks_and_defaults(text, document)[0]


def explained(text: str, document: bytes, task: str = "shop.orders.run") -> str:
    told = explain_task(files(text, document), PATH, task, Options(), Report())
    assert told is not None
    return told


def config(**keys: Any) -> Change:
    """Return what gives the model `orders` a config."""
    return lambda document: document["nodes"]["model.shop.orders"]["config"].update(keys)


def node(**keys: Any) -> Change:
    return lambda document: document["nodes"]["model.shop.orders"].update(keys)


def base(**keys: Any) -> Change:
    """Return what changes the parent of `orders`."""
    return lambda document: document["nodes"]["model.shop.base"].update(keys)


def column(**keys: Any) -> Change:
    return node(columns={"id": {"name": "id", **keys}})


def calls(name: str) -> Change:
    return node(raw_code="select {{ x() }}", depends_on={"nodes": [], "macros": [name]})


def with_macro(package: str, name: str) -> Change:
    one = macro(package, name)
    return lambda document: document["macros"].update({one["unique_id"]: one})


EPHEMERAL = base(
    raw_code="{{ flags.WHICH }}",
    config={"enabled": True, "materialized": "ephemeral"},
)
HOOK = {"resource_type": "operation", "unique_id": "operation.shop.shop-on-run-start-0"}


def with_hook(document: Document) -> None:
    like = document["nodes"]["test.shop.unique_orders"]
    hook = {**like, **HOOK, "name": "shop-on-run-start-0", "depends_on": {"nodes": []}}
    document["nodes"][HOOK["unique_id"]] = hook


FALLS_BACK: dict[str, tuple[Change, str]] = {
    "incremental": (config(materialized="incremental"), "`materialized: incremental`"),
    "materialized view": (config(materialized="materialized_view"), "no plain table or view"),
    "of the project": (config(materialized="my_own"), "`materialized: my_own`"),
    "python": (node(language="python"), "written in python"),
    "pre hook": (config(**{"pre-hook": [{"sql": "x"}]}), "`pre-hook`"),
    "post hook": (config(**{"post-hook": [{"sql": "x"}]}), "`post-hook`"),
    "contract": (config(contract={"enforced": True}), "`contract`"),
    "grants": (config(grants={"select": ["all"]}), "`grants`"),
    "persisted docs": (config(persist_docs={"relation": True}), "`persist_docs`"),
    "incremental strategy": (config(incremental_strategy="merge"), "`incremental_strategy`"),
    "unique key": (config(unique_key="id"), "`unique_key`"),
    "partition": (config(partition_by={"field": "day"}), "`partition_by`"),
    "clustering": (config(cluster_by=["id"]), "`cluster_by`"),
    "labels": (config(labels={"team": "shop"}), "`labels`"),
    "expiry": (config(hours_to_expiration=0), "`hours_to_expiration`"),
    "SQL header": (config(sql_header="set x = 1;"), "`sql_header`"),
    "quoting": (config(quoting={"schema": True}), "`quoting`"),
    "full refresh": (config(full_refresh=True), "`full_refresh`"),
    "of a later dbt": (config(something_new=1), "`something_new`"),
    "no, said aloud": (config(transient=False), "`transient`"),
    "several": (config(labels={"a": "b"}, cluster_by=["id"]), "`cluster_by`, `labels`"),
    "column policy": (column(policy_tags=["p"]), "its column id has `policy_tags`"),
    "column config": (column(config={"masking": "m"}), "its column id has `masking`"),
    "column constraint": (column(constraints=[{"type": "not_null"}]), "`constraints`"),
    "constraint": (node(constraints=[{"type": "primary_key"}]), "it has `constraints`"),
    "query": (node(raw_code="{{ run_query('x') }}"), "`run_query` in orders"),
    "adapter": (node(raw_code="{{ adapter.get_relation() }}"), "`adapter.get_relation`"),
    "flags": (node(raw_code="{{ flags.FULL_REFRESH }}"), "`flags` in orders"),
    "context": (node(raw_code="{{ context['run_' ~ 'query'] }}"), "in orders"),
    "alias of the adapter": (
        node(raw_code="{% set a = adapter %}{{ a.get_relation() }}"),
        "`adapter` in orders",
    ),
    "alias of the context": (
        node(raw_code="{% set c = context %}{{ c['run_' ~ 'query']() }}"),
        "`context` in orders",
    ),
    "alias of a macro": (
        node(raw_code="{% set m = newest %}{% if execute %}{{ m() }}{% endif %}"),
        "in the macro shop.newest",
    ),
    "macro that asks": (calls("macro.shop.newest"), "in the macro shop.newest"),
    "macro that calls one": (calls("macro.shop.trip"), "`run_query` in the macro shop.newest"),
    "macros in a circle": (calls("macro.shop.round"), "`run_query` in the macro shop.newest"),
    "hidden macro": (
        node(raw_code="{% if execute %}{{ newest() }}{% endif %}"),
        "in the macro shop.newest",
    ),
    "ephemeral parent": (EPHEMERAL, "`flags` in base"),
    "hook of the run": (with_hook, "the hook shop-on-run-start-0"),
    "own materialization": (
        with_macro("shop", "materialization_view_default"),
        "shop.materialization_view_default takes the place",
    ),
    "own create_table_as": (
        with_macro("shop", "bigquery__create_table_as"),
        "shop.bigquery__create_table_as takes the place",
    ),
    "macro of a package": (
        with_macro("dbt_tools", "create_table_as"),
        "dbt_tools.create_table_as takes the place",
    ),
    "another warehouse": (
        lambda document: document["metadata"].update(adapter_type="snowflake"),
        "parsed for snowflake, not for bigquery",
    ),
    "no macros": (lambda document: document.update(macros={}), "holds no macros"),
}
"""By what is special: the change to a plain model, and the reason that is told."""

SAFE: dict[str, Change] = {
    "view": config(),
    "table": config(materialized="table"),
    "where it lies": config(schema="marts", database="p2", alias="o"),
    "words about it": config(tags=["a"], meta={"b": 1}, docs={"show": False}, group="g"),
    "nothing said": config(
        grants={},
        contract={"enforced": False, "alias_types": True},
        persist_docs={},
        unique_key=None,
        **{"pre-hook": [], "post-hook": []},
    ),
    "of other materializations": config(on_schema_change="ignore", lookback=1),
    "columns": column(description="x", data_type="int", quote=None, constraints=[], meta={}),
    "plain macro": calls("macro.shop.cents"),
    "macros in a circle": calls("macro.shop.even"),
    "words that mean something else": node(raw_code="{{ x }} select context, adapters {{ y }}"),
    "dispatch": node(raw_code="{{ adapter.dispatch('cents')() }}"),
    "ephemeral parent": base(config={"enabled": True, "materialized": "ephemeral"}),
    "macro of the project": with_macro("shop", "something_else"),
}


@pytest.mark.parametrize("name", FALLS_BACK)
def test_dbt_runs_what_a_statement_would_not_do(name: str) -> None:
    change, reason = FALLS_BACK[name]
    document = project("bigquery", change)
    made = tasks(spec(), document)
    assert made["shop.orders.run"]["kind"] == "dbt"
    assert made["shop.orders.run"]["command"][0] == "run"
    told = explained(spec(), document)
    assert "run by dbt: " in told
    assert reason in told
    compiled = made.get("compiled.sql", {"models": {}})
    assert "model.shop.orders" not in compiled["models"]


@pytest.mark.parametrize("name", SAFE)
def test_a_plain_model_is_a_statement(name: str) -> None:
    document = project("bigquery", SAFE[name])
    made = tasks(spec(), document)
    assert made["shop.orders.run"]["kind"] == "async_bigquery"
    assert "compiled.sql" in made["shop.orders.run"]["after"]
    assert made["compiled.sql"]["helper"] is True
    assert "model.shop.orders" in made["compiled.sql"]["models"]
    assert "a statement for bigquery" in explained(spec(), document)


def test_each_rule_refuses_some_model() -> None:
    """`_alone` is the one that no plain spec reaches: a run of models is one node's task."""
    named = {"_language", "_materialization", "_refresh", "_config", "_constraints", "_columns"}
    assert {rule.__name__ for rule in RULES} == {*named, "_alone", "_asks"}


def test_only_runs_of_models_are_statements() -> None:
    made = tasks(spec(), project("bigquery"))
    kinds = {name: task["kind"] for name, task in made.items()}
    assert kinds == {
        "compiled.sql": "async_compile",
        "shop.raw_orders.seed": "dbt",
        "shop.base.run": "async_bigquery",
        "shop.orders.run": "async_bigquery",
        "shop.orders.test": "dbt",
        "shop.history.snapshot": "dbt",
    }
    assert "dbt's `test`" in explained(spec(), project("bigquery"), "shop.orders.test")
    assert "dbt's `seed`" in explained(spec(), project("bigquery"), "shop.raw_orders.seed")
    built = tasks(spec(render=", tests: build"), project("bigquery"))
    assert {name: task["kind"] for name, task in built.items() if "orders" in name} == {
        "shop.raw_orders.build": "dbt",
        "shop.orders.build": "dbt",
    }


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("threads: 4", "async_bigquery"),
        ("fail_fast: true", "async_bigquery"),
        ("empty: true", "dbt"),
        ("sample: 3 days", "dbt"),
        ("empty: '{{ params.empty }}'", "dbt"),
        ("empty: false", "async_bigquery"),
        ("full_refresh: true", "dbt"),
        ("full_refresh: '{{ params.refresh }}'", "dbt"),
        ("full_refresh: false", "async_bigquery"),
        ("vars: {by: '{{ task.task_id }}'}", "dbt"),
        ("vars: {by: [{at: '{{ 1 }} {{ ti.try_number }}'}]}", "dbt"),
        ("env: {BY: '{{ task_instance_key_str }}'}", "dbt"),
        ("vars: {by: '{{ dag_run.conf.task }}', task: x}", "async_bigquery"),
    ],
)
def test_options_that_change_a_select_are_for_dbt(option: str, kind: str) -> None:
    made = tasks(spec(more=f", {option}"), project("bigquery"))
    assert made["shop.orders.run"]["kind"] == kind


def test_sql_with_a_secret_is_for_dbt() -> None:
    secret = node(raw_code="select '{{ env_var(\"API_KEY\") }}'")
    hidden = spec(more=", secrets: {API_KEY: {variable: key}}")
    assert tasks(hidden, project("bigquery", secret))["shop.orders.run"]["kind"] == "dbt"
    assert tasks(spec(), project("bigquery", secret))["shop.orders.run"]["kind"] != "dbt"
    assert "`API_KEY` in orders" in explained(hidden, project("bigquery", secret))


def test_a_trigger_rule_that_the_project_gives_a_model_is_refused_as_that_of_a_spec() -> None:
    report = Report()
    document = project("bigquery", config(meta={"dagwright": {"trigger_rule": "all_done"}}))
    compile_spec(files(spec(), document), PATH, Options(), report)
    (found,) = report.sorted()
    assert found.rule.code == "DW512"
    assert "`meta.dagwright.trigger_rule` of model.shop.orders" in found.message
    assert "airflow_async" in found.message
    alike = project("bigquery", config(meta={"dagwright": {"trigger_rule": "all_success"}}))
    assert "shop.orders.run" in tasks(spec(), alike)


def test_a_full_refresh_makes_tables_as_ever() -> None:
    document = project("bigquery", config(materialized="table"))
    made = tasks(spec(more=", full_refresh: true"), document)
    assert made["shop.orders.run"]["kind"] == "async_bigquery"
    assert "execute.full_refresh" in explained(
        spec(more=", full_refresh: true"), document, "shop.base.run"
    )


@pytest.mark.parametrize("warehouse", WAREHOUSES)
@pytest.mark.parametrize("materialized", ["table", "view"])
def test_every_warehouse_makes_what_it_has_statements_for(
    warehouse: str, materialized: str
) -> None:
    document = project(warehouse, config(materialized=materialized))
    made = tasks(spec(warehouse), document)["shop.orders.run"]
    row = WAREHOUSES[warehouse]
    if materialized in row.statements:
        assert made["kind"] == row.kind
    else:
        assert made["kind"] == "dbt"
        assert row.refusals[materialized] in explained(spec(warehouse), document)


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_the_keys_of_a_warehouse_are_arguments_of_its_operator(warehouse: str) -> None:
    row = WAREHOUSES[warehouse]
    assert set(KEYS_OF[warehouse]) == set(row.arguments) - {"poll_interval"}


def test_no_statement_at_all_is_a_warning() -> None:
    report = Report()
    document = project("bigquery", lambda one: one["metadata"].update(adapter_type="duckdb"))
    made = compile_spec(files(spec(), document), PATH, Options(), report)
    assert made is not None
    assert [found.rule.code for found in report.sorted()] == ["DW580"]
    assert "compiled.sql" not in {step.id for step in made.plan.steps}


def test_what_dbt_itself_runs_is_run_as_with_local() -> None:
    more = ", dbt_executable: /opt/dbt/bin/dbt, invocation: subprocess, env: {A: b}"
    _, shared = tasks_and_defaults(spec(more=more), project("bigquery"))
    assert shared["dbt"]["executable"] == "/opt/dbt/bin/dbt"
    assert shared["dbt"].items() <= shared["async_compile"].items()
    local = spec().replace("airflow_async, warehouse: bigquery, connection: there", f"local{more}")
    assert tasks_and_defaults(local, project("bigquery"))[1]["dbt"] == shared["dbt"]


def test_whatever_a_worker_takes_fits_the_schema() -> None:
    more = (
        ", profile: {connection: warehouse, type: bigquery}"
        ", artifacts: {path: /kept}, on_warning: [callbacks.warned], secrets: {A: {variable: a}}"
    )
    text = spec(more=more)
    report = Report()
    made = compile_spec(files(text, project("bigquery")), PATH, Options(), report)
    assert made is not None, report.sorted()
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(made.text), schema, jsonschema.Draft7Validator)
