"""A spec and a manifest through every stage, in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.ir.show import show
from dagwright.pipeline import Options, compile_all, compile_spec
from dagwright.plan import lower
from dagwright.plan.assets import asset_uri
from dagwright.plan.modes import MODES, Given, Mode
from dagwright.plan.modes.watcher import PRODUCERS
from dagwright.plan.paths import PathMap
from dagwright.plan.seeds import MODES_THAT_REMEMBER
from dagwright.project import Resource, UniqueId
from dagwright.select.exact import ExactSelectors
from manifests import manifest

SHOP = """
seed.shop.raw_orders
model.shop.staging/orders #nightly <- seed.shop.raw_orders
model.shop.marts/revenue #nightly <- model.shop.orders
model.shop.marts/stock
test.shop.unique_orders <- model.shop.orders
test.shop.match <- model.shop.revenue <- model.shop.stock
unit_test.shop.revenue.zero <- model.shop.revenue
"""

SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: ../shop}
execute: {mode: local, project_dir: /srv/shop}
"""

PLAIN = Options()

SCHEMAS = Path(__file__).parent.parent / "schemas"


def files(spec: str = SPEC, project: str = SHOP) -> MemoryFiles:
    return MemoryFiles(
        {
            "dags/shop.dagwright.yaml": spec.encode(),
            "shop/target/manifest.json": manifest(project),
        }
    )


def compiled(spec: str = SPEC, options: Options = PLAIN, project: str = SHOP):
    report = Report()
    made = compile_spec(files(spec, project), "dags/shop.dagwright.yaml", options, report)
    assert made is not None, report.sorted()
    return made


def codes(spec: str, options: Options = PLAIN, project: str = SHOP) -> list[str]:
    report = Report()
    made = compile_spec(files(spec, project), "dags/shop.dagwright.yaml", options, report)
    assert (made is None) == report.failed
    return [found.rule.code for found in report.sorted()]


GRAPH = """\
run shop.stock.run = model.shop.stock
seed shop.raw_orders.seed = seed.shop.raw_orders
run shop.orders.run = model.shop.orders <- shop.raw_orders.seed
test shop.orders.test of model.shop.orders = test.shop.unique_orders <- shop.orders.run
unit_test shop.revenue.unit_test of model.shop.revenue = unit_test.shop.revenue.zero \
<- shop.orders.test
run shop.revenue.run = model.shop.revenue <- shop.revenue.unit_test
test shop.match.data_test = test.shop.match <- shop.revenue.run <- shop.stock.run
"""


def test_the_graph_is_that_of_dbt_build() -> None:
    assert show(compiled().graph) == GRAPH


def test_only_the_spec_and_the_manifest_are_read() -> None:
    disk = files()
    assert compile_spec(disk, "dags/shop.dagwright.yaml", Options(), Report()) is not None
    assert set(disk.reads) == {"dags/shop.dagwright.yaml", "shop/target/manifest.json"}
    assert disk.writes == []


@pytest.mark.parametrize("tests", ["after_each", "after_all", "build", "none"])
@pytest.mark.parametrize("group_by", ["none", "folder", "tag:n"])
def test_artifacts_fit_their_schema(tests: str, group_by: str) -> None:
    spec = SPEC.replace("../shop}", f"../shop, tests: {tests}, group_by: '{group_by}'}}")
    document = json.loads(compiled(spec).text)
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft7Validator)


def test_grouping_renames_no_task() -> None:
    plain = compiled(SPEC)
    grouped = compiled(SPEC.replace("../shop}", "../shop, group_by: folder}"))
    assert [step.id for step in plain.plan.steps] == [step.id for step in grouped.plan.steps]
    assert plain.plan.digests.shape == grouped.plan.digests.shape
    assert grouped.plan.steps[2].group == "models--staging"


@pytest.mark.parametrize(
    ("prefix", "project", "hint"),
    [
        ("nihgt", SHOP, "did you mean `night`?"),
        ("team:", SHOP, "their tags are: nightly"),
        ("team:", SHOP.replace(" #nightly", ""), "none of them has any tag; `none` says"),
    ],
)
def test_groups_by_tags_that_nothing_has_are_told_of(prefix: str, project: str, hint: str) -> None:
    spec = SPEC.replace("../shop}", f"../shop, group_by: 'tag:{prefix}'}}")
    report = Report()
    made = compile_spec(files(spec, project), "dags/shop.dagwright.yaml", PLAIN, report)
    assert made is not None
    (found,) = report.sorted()
    assert found.rule.code == "DW405"
    assert spec[found.span.start : found.span.end] == f"'tag:{prefix}'"
    assert found.help.startswith(hint)
    assert codes(spec.replace(prefix, "night"), project=SHOP) == []


EXECUTES = [
    "{mode: local, project_dir: /srv/shop}",
    "{mode: local, project_dir: shop, invocation: subprocess, dbt_executable: ../bin/dbt}",
    "{mode: local, paths: [{render: .., execute: /opt}], vars: {day: '{{ ds }}'}, env: {A: b}}",
    "{mode: local, project_dir: x, policy: {test: {retries: 3}}, profile: {target: prod}}",
]


@pytest.mark.parametrize("execute", EXECUTES)
def test_execute_never_changes_the_shape(execute: str) -> None:
    changed = compiled(SPEC.replace("{mode: local, project_dir: /srv/shop}", execute))
    assert changed.plan.digests.shape == compiled().plan.digests.shape
    assert changed.text != compiled().text or execute == EXECUTES[0]


def test_the_shape_changes_with_the_selection() -> None:
    some = compiled(SPEC.replace("../shop}", "../shop, select: 'tag:nightly'}"))
    assert some.plan.digests.shape != compiled().plan.digests.shape


def test_each_task_is_named_by_an_exact_selector() -> None:
    commands = {step.id: step.arguments["command"] for step in compiled().plan.steps}
    assert commands["shop.orders.run"] == [
        "run",
        "--indirect-selection",
        "empty",
        "--select",
        "fqn:shop.staging.orders,file:orders.sql",
    ]


def test_policy_then_overrides_give_airflows_settings() -> None:
    spec = """\
version: 1
dag: {id: shop, default_args: {retries: 5}}
render:
  project_dir: ../shop
  overrides:
    - {select: "tag:nightly", pool: heavy, retries: 2}
    - {select: "revenue", retries: 0}
execute:
  mode: local
  project_dir: /srv/shop
  policy: {model: {retries: 1, retry_delay: 5m}, test: {retries: 0}}
"""
    settings = {step.id: dict(step.airflow) for step in compiled(spec).plan.steps}
    assert settings["shop.stock.run"] == {"retries": 1, "retry_delay": 300}
    assert settings["shop.orders.run"] == {"pool": "heavy", "retries": 2, "retry_delay": 300}
    assert settings["shop.revenue.run"] == {"pool": "heavy", "retries": 0, "retry_delay": 300}
    assert settings["shop.orders.test"] == {"retries": 0}
    assert settings["shop.raw_orders.seed"] == {}


def test_an_override_that_matches_nothing_is_an_error() -> None:
    spec = SPEC.replace("../shop}", "../shop, overrides: [{select: 'tag:haevy', pool: x}]}")
    assert codes(spec) == ["DW502"]
    report = Report()
    compile_spec(files(spec), "dags/shop.dagwright.yaml", PLAIN, report)
    # `heavy` is the pool; the tag that is meant is `nightly`.
    assert report.sorted()[0].help == "`dagwright ls` shows what it picks"
    report = Report()
    near = spec.replace("haevy", "nigthly")
    compile_spec(files(near), "dags/shop.dagwright.yaml", PLAIN, report)
    assert report.sorted()[0].help.startswith("did you mean 'tag:nightly'?")


def test_an_environment_must_not_change_which_tests_run() -> None:
    spec = SPEC + "environments: {prod: {execute: {test_indirect_selection: cautious}}}\n"
    assert codes(spec) == ["DW504"]


def test_every_environment_is_checked_where_one_is_compiled() -> None:
    spec = SPEC.replace("execute: {mode: local, project_dir: /srv/shop}", "execute: {mode: local}")
    spec += "environments: {dev: {execute: {project_dir: /dev/shop}}, prod: {}}\n"
    report = Report()
    compile_spec(files(spec), "dags/shop.dagwright.yaml", Options(environment="dev"), report)
    needed = "the path '../shop' is needed at run time, but nothing says where it lies there"
    assert [(one.rule.code, one.message) for one in report.sorted()] == [
        ("DW501", f"{needed}, in environment `prod`"),
        ("DW501", f"{needed}, where no environment is chosen"),
    ]
    assert codes(spec.replace("prod: {}", "prod: {execute: {project_dir: /x}}")) == ["DW501"]


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ("[{render: .., execute: /opt}]", "/opt/shop"),
        ("[{render: .., execute: /opt}, {render: ../shop, execute: /srv/s}]", "/srv/s"),
        ("[{render: ../shop/../shop/, execute: /srv/s/}]", "/srv/s/"),
        ("[{render: ../sho, execute: /srv/s}, {render: '../', execute: bundle}]", "bundle/shop"),
    ],
)
def test_the_longest_row_maps_the_project(rows: str, path: str) -> None:
    spec = SPEC.replace("project_dir: /srv/shop", f"paths: {rows}")
    assert compiled(spec).plan.defaults["dbt"]["paths"]["--project-dir"] == path


def test_an_unmapped_path_is_an_error_where_it_is_written() -> None:
    spec = SPEC.replace("project_dir: /srv/shop", "paths: [{render: ../sho, execute: /x}]")
    report = Report()
    assert compile_spec(files(spec), "dags/shop.dagwright.yaml", Options(), report) is None
    (found,) = report.sorted()
    assert spec[found.span.start : found.span.end] == "../shop"
    assert "'../sho'" in found.help


def test_nothing_selected_is_an_error_at_the_term() -> None:
    spec = SPEC.replace("../shop}", "../shop, select: ['orders', 'tag:nigthly+'], exclude: '*'}")
    report = Report()
    assert compile_spec(files(spec), "dags/shop.dagwright.yaml", Options(), report) is None
    (found,) = report.sorted()
    assert found.rule.code == "DW316"
    assert spec[found.span.start : found.span.end] == "tag:nigthly+"
    assert "tag:nightly" in found.help


def test_a_term_that_matches_nothing_is_a_warning() -> None:
    spec = SPEC.replace("../shop}", "../shop, select: [orders, 'tag:nigthly']}")
    assert codes(spec) == ["DW317"]


def test_two_specs_with_one_id_are_told_of_each_other() -> None:
    disk = files()
    disk.contents["dags/other.dagwright.yaml"] = SPEC.encode()
    report = Report()
    compile_all(disk, ["dags/shop.dagwright.yaml", "dags/other.dagwright.yaml"], Options(), report)
    (found,) = report.sorted()
    assert found.rule.code == "DW505"
    assert found.notes[0].span.file == "dags/shop.dagwright.yaml"


def test_unselected_models_order_what_is_around_them() -> None:
    spec = SPEC.replace("../shop}", "../shop, select: [raw_orders, revenue]}")
    after = {step.id: step.after for step in compiled(spec).plan.steps}
    assert after["shop.revenue.unit_test"] == ("shop.raw_orders.seed",)


def test_a_test_that_reads_an_unselected_sibling_gates_nothing() -> None:
    project = SHOP + "test.shop.sizes <- model.shop.orders <- model.shop.stock\n"
    spec = SPEC.replace("../shop}", "../shop, select: [orders, revenue]}")
    after = {step.id: step.after for step in compiled(spec, project=project).plan.steps}
    assert after["shop.sizes.data_test"] == ("shop.orders.run",)
    assert after["shop.revenue.unit_test"] == ("shop.orders.test",)


def test_a_test_that_also_reads_what_its_node_is_built_from_stays_with_it() -> None:
    project = SHOP + "test.shop.sizes <- model.shop.orders <- seed.shop.raw_orders\n"
    spec = SPEC.replace("../shop}", "../shop, select: [orders, revenue]}")
    nodes = {step.id: step.nodes for step in compiled(spec, project=project).plan.steps}
    assert nodes["shop.orders.test"] == ("test.shop.sizes", "test.shop.unique_orders")


CROSS = """
seed.shop.raw
model.shop.a <- seed.shop.raw
model.shop.b
model.shop.inlined <- model.shop.b
source.shop.lake.events
test.shop.own <- model.shop.a
test.shop.wide <- model.shop.a <- model.shop.b
test.shop.through <- model.shop.a <- model.shop.inlined
test.shop.of_source <- model.shop.a <- source.shop.lake.events
"""


def crossing(words: str) -> str:
    return SPEC.replace("../shop}", f"../shop, {words}}}")


@pytest.mark.parametrize(
    ("word", "tests"),
    [("last", {"own", "wide", "through", "of_source"}), ("skip", {"own", "of_source"})],
)
def test_tests_of_other_dags_tables_run_last_or_not_at_all(word: str, tests: set[str]) -> None:
    spec = crossing(f"select: [a, raw], cross_dag_tests: {word}")
    plan = compiled(spec, project=CROSS).plan
    ran = {node for step in plan.steps for node in step.nodes if node.startswith("test.")}
    assert ran == {f"test.shop.{name}" for name in tests}


def test_tests_of_other_dags_tables_can_be_errors() -> None:
    spec, report = crossing("select: [a, raw], cross_dag_tests: error"), Report()
    path = "dags/shop.dagwright.yaml"
    assert compile_spec(files(spec, CROSS), path, Options(), report) is None
    found = [(one.rule.code, one.message.partition(",")[0]) for one in report.sorted()]
    assert found == [
        ("DW401", "test.shop.through reads model.shop.inlined"),
        ("DW401", "test.shop.wide reads model.shop.b"),
    ]


@pytest.mark.parametrize("word", ["skip", "error"])
def test_nothing_crosses_where_all_is_selected_or_no_test_runs(word: str) -> None:
    for words in ("select: [a, raw], tests: none", "tests: build"):
        plain = compiled(crossing(words), project=CROSS).plan
        with_word = compiled(crossing(f"{words}, cross_dag_tests: {word}"), project=CROSS).plan
        assert with_word.steps == plain.steps


def test_a_dag_of_skipped_tests_alone_is_an_error() -> None:
    words = "select: ['resource_type:test'], exclude: [own, of_source], cross_dag_tests: skip"
    assert codes(crossing(words), project=CROSS) == ["DW402"]


def test_a_test_of_an_inlined_model_reads_what_the_model_reads() -> None:
    document = json.loads(manifest(CROSS))
    document["nodes"]["model.shop.inlined"]["config"]["materialized"] = "ephemeral"
    disk = files(crossing("select: [a, b, raw], cross_dag_tests: error"))
    disk.contents["shop/target/manifest.json"] = json.dumps(document).encode()
    made = compile_spec(disk, "dags/shop.dagwright.yaml", Options(), Report())
    assert made is not None
    ran = {node for step in made.plan.steps for node in step.nodes}
    assert "test.shop.through" in ran


def assets(spec: str, **relations: tuple[str | None, str, str]) -> dict[str, dict[str, list[str]]]:
    """Return the assets of each task, where nodes have these names in the warehouse."""
    document = json.loads(manifest(SHOP + "source.shop.lake.events\n"))
    for name, (database, schema, alias) in relations.items():
        found = next(one for one in document["nodes"].values() if one["name"] == name)
        found.update(database=database, schema=schema, alias=alias)
    document["nodes"]["model.shop.stock"]["depends_on"]["nodes"] = ["source.shop.lake.events"]
    document["sources"]["source.shop.lake.events"].update(
        database="lake", schema="raw", identifier="events 2"
    )
    document["nodes"]["model.shop.orders"]["config"]["materialized"] = "ephemeral"
    disk = files(spec)
    disk.contents["shop/target/manifest.json"] = json.dumps(document).encode()
    made = compile_spec(disk, "dags/shop.dagwright.yaml", Options(), Report())
    assert made is not None
    steps = ((step.id, step.airflow) for step in made.plan.steps)
    return {
        name: {key: settings[key] for key in ("inlets", "outlets") if key in settings}
        for name, settings in steps
        if "inlets" in settings or "outlets" in settings
    }


WAREHOUSE = {
    "raw_orders": ("db", "raw", "raw_orders"),
    "revenue": ("db", "marts", "Umsätze"),
    "stock": (None, "marts", "a.b/c"),
}


@pytest.mark.parametrize("tests", ["after_each", "build"])
def test_tasks_that_write_tables_have_them_as_assets(tests: str) -> None:
    word = "build" if tests == "build" else "run"
    found = assets(SPEC.replace("../shop}", f"../shop, tests: {tests}}}"), **WAREHOUSE)
    assert found == {
        f"shop.raw_orders.{'build' if tests == 'build' else 'seed'}": {
            "outlets": ["dbt://duckdb/db/raw/raw_orders"]
        },
        f"shop.revenue.{word}": {
            "inlets": ["dbt://duckdb/db/raw/raw_orders"],
            "outlets": ["dbt://duckdb/db/marts/Ums%C3%A4tze"],
        },
        f"shop.stock.{word}": {
            "inlets": ["dbt://duckdb/lake/raw/events%202"],
            "outlets": ["dbt://duckdb//marts/a.b%2Fc"],
        },
    }


def test_assets_can_be_left_out() -> None:
    assert assets(SPEC.replace("../shop}", "../shop, assets: false}"), **WAREHOUSE) == {}


def table(*relation: str) -> Resource:
    return Resource(UniqueId("model.a"), "model", "a", "a", ("a",), "", relation=relation)


PARTS = st.tuples(st.text(), st.text(), st.text(min_size=1))


@given(PARTS, PARTS, st.booleans())
def test_different_tables_have_different_uris(one, other, long: bool) -> None:  # noqa: FBT001
    if long:
        one, other = ((*parts[:2], parts[2] * 1_500) for parts in (one, other))
    first, second = asset_uri(table(*one), "duckdb"), asset_uri(table(*other), "duckdb")
    assert (first == second) == (one == other)
    assert first is not None
    assert first.isascii()
    assert len(first) < 1_500


@pytest.mark.parametrize("tests", ["after_each", "build"])
def test_a_seed_that_is_loaded_on_change_is_told_to_the_task(tests: str) -> None:
    project = SHOP + "test.shop.raw_is_good <- seed.shop.raw_orders\n"
    spec = SPEC.replace("../shop}", f"../shop, seeds: on_change, tests: {tests}}}")
    made = compiled(spec, project=project)
    (seed,) = [step for step in made.plan.steps if "seed" in step.arguments]
    assert seed.id == f"shop.raw_orders.{'build' if tests == 'build' else 'seed'}"
    told = seed.arguments["seed"]
    assert told["node"] == "seed.shop.raw_orders"
    assert told["file"] == "seeds/raw_orders.csv"
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(made.text), schema, jsonschema.Draft7Validator)
    always = compiled(spec.replace("on_change", "always"), project=project)
    assert always.plan.digests.shape == made.plan.digests.shape
    assert not any("seed" in step.arguments for step in always.plan.steps)


def test_a_shown_seed_keeps_its_id_and_does_nothing() -> None:
    plan = compiled(SPEC.replace("../shop}", "../shop, seeds: show}")).plan
    kinds = {step.id: step.kind for step in plan.steps}
    assert kinds["shop.raw_orders.seed"] == "empty"
    assert plan.steps[2].after == ("shop.raw_orders.seed",)


def test_a_mode_that_cannot_remember_refuses_seeds_on_change(monkeypatch) -> None:
    def forgetful(*given: Any) -> Mode:
        return replace(MODES["local"](*given), remembers_seeds=False)

    monkeypatch.setattr(lower, "MODES", {"local": forgetful})
    assert codes(SPEC.replace("../shop}", "../shop, seeds: on_change}")) == ["DW511"]
    assert codes(SPEC) == []


BLOCKS = {
    "local": "mode: local",
    "virtualenv": "mode: virtualenv, prebuilt: /opt/venvs/dbt",
    "docker": "mode: docker, image: dbt",
    "aws_ecs": "mode: aws_ecs, cluster: main, task_definition: dbt, container: dbt",
    "azure_container_instance": "mode: azure_container_instance, image: dbt, "
    "resource_group: dbt, region: westeurope",
    "gcp_cloud_run_job": "mode: gcp_cloud_run_job, job: dbt, region: r1, project: shop",
    "kubernetes": "mode: kubernetes, image: dbt",
    "aws_eks": "mode: aws_eks, image: dbt, cluster: main",
    "gcp_gke": "mode: gcp_gke, image: dbt, cluster: main, region: europe-west4",
    "watcher": "mode: watcher, producer: {mode: local}",
    "airflow_async": "mode: airflow_async, warehouse: bigquery, connection: google",
}
"""By mode: the least that a spec must say."""


def test_there_is_a_block_for_every_mode() -> None:
    assert set(BLOCKS) == set(MODES)


WATCHED = {
    f"watcher of {mode}": f"mode: watcher, producer: {{{BLOCKS[mode]}}}" for mode in PRODUCERS
}


@pytest.mark.parametrize("block", [*BLOCKS, *WATCHED])
@pytest.mark.parametrize("tests", ["after_each", "after_all", "build"])
def test_a_mode_changes_no_shape_and_fits_the_schema(block: str, tests: str) -> None:
    spec = SPEC.replace("../shop}", f"../shop, tests: {tests}}}")
    made = compiled(spec.replace("mode: local", {**BLOCKS, **WATCHED}[block]))
    assert made.plan.digests.shape == compiled(spec).plan.digests.shape
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(made.text), schema, jsonschema.Draft7Validator)


def test_the_error_names_the_modes_that_remember_seeds() -> None:
    made = {name: compiled(SPEC.replace("mode: local", block)) for name, block in BLOCKS.items()}
    given = {
        name: Given(
            one.loaded,
            one.plan.command,
            PathMap(one.loaded),
            one.project,
            Report(),
            ExactSelectors(one.project),
        )
        for name, one in made.items()
    }
    modes = {name: MODES[name](made[name].loaded.spec.execute, given[name]) for name in MODES}
    assert {name for name, mode in modes.items() if mode.remembers_seeds} == {*MODES_THAT_REMEMBER}


def with_meta(**meta: object) -> MemoryFiles:
    """Return the shop with `meta.dagwright` for the nodes of these names."""
    document = json.loads(manifest(SHOP))
    for node in (*document["nodes"].values(), *document["unit_tests"].values()):
        if node["name"] in meta:
            node["config"]["meta"] = {"owner": "x", "dagwright": meta[node["name"]]}
            node["patch_path"] = "shop://models/schema.yml"
    spec = """\
version: 1
dag: {id: shop}
render:
  project_dir: ../shop
  select: [orders+]
  overrides: [{select: revenue, retries: 9}]
execute:
  mode: local
  project_dir: /srv/shop
  policy: {model: {retries: 1, pool: small}}
"""
    disk = files(spec)
    disk.contents["shop/target/manifest.json"] = json.dumps(document).encode()
    return disk


def test_policy_then_meta_then_overrides() -> None:
    disk = with_meta(
        orders={"retries": 5, "retry_delay": "5m", "email": ["a@b.c", "d@e.f"]},
        revenue={"retries": 5, "pool": "heavy"},
        unique_orders={"retries": 3},
        stock={"nonsense": 1},
    )
    report = Report()
    made = compile_spec(disk, "dags/shop.dagwright.yaml", Options(), report)
    assert made is not None, report.sorted()
    settings = {step.id: dict(step.airflow) for step in made.plan.steps}
    mail = ("a@b.c", "d@e.f")
    orders = {"email": mail, "pool": "small", "retries": 5, "retry_delay": 300}
    assert settings["shop.orders.run"] == orders
    assert settings["shop.revenue.run"] == {"pool": "heavy", "retries": 9}
    assert settings["shop.orders.test"] == {"retries": 3}


@pytest.mark.parametrize(
    ("meta", "message", "hint"),
    [
        ({"retry": 2}, "`meta.dagwright.retry`", "did you mean `retries`?"),
        ({"retries": -1}, "`meta.dagwright.retries`", ""),
        ({"retries": True}, "`meta.dagwright.retries`", ""),
        ({"retry_delay": "soon"}, "`meta.dagwright.retry_delay`", ""),
        ([1], "`meta.dagwright`", "such as"),
        ("heavy", "`meta.dagwright`", "such as"),
        ({"select": "x"}, "`meta.dagwright.select`", ""),
    ],
)
def test_a_wrong_setting_in_meta_is_found(meta: object, message: str, hint: str) -> None:
    report = Report()
    disk = with_meta(orders=meta)
    assert compile_spec(disk, "dags/shop.dagwright.yaml", Options(), report) is None
    (found,) = report.sorted()
    assert found.rule.code == "DW512"
    assert found.message.startswith(f"{message} of model.shop.orders (models/schema.yml): ")
    assert hint in found.help


LONG = "model.shop.a\n" + "".join(
    f"{kind}{'t' * 90}{n:03} <- model.shop.a\n"
    for n in range(1_000)
    for kind in ("test.shop.", "unit_test.shop.")
)


@pytest.mark.parametrize("tests", ["after_each", "after_all"])
def test_tests_that_no_command_could_name_are_dealt_out(tests: str) -> None:
    plan = compiled(SPEC.replace("../shop}", f"../shop, tests: {tests}}}"), project=LONG).plan
    ran = [node for step in plan.steps for node in step.nodes]
    assert len(ran) == len(set(ran)) == 2_001
    sizes = [sum(map(len, step.arguments["command"])) for step in plan.steps]
    assert max(sizes) < 100 * 1024
    labels = {step.id: step.label for step in plan.steps}
    if tests == "after_each":
        assert labels["shop.a.test.2"] == "a tests (2)"
        assert plan.steps[-1].after == ("shop.a.run",)
    else:
        assert labels["all.tests.3"] == "all tests (3)"


def test_what_cannot_be_dealt_out_is_an_error() -> None:
    assert codes(SPEC.replace("../shop}", "../shop, tests: build}"), project=LONG) == ["DW503"]


def test_equal_inputs_give_equal_bytes_from_another_folder() -> None:
    disk = files()
    moved = MemoryFiles({f"/elsewhere/{path}": data for path, data in disk.contents.items()})
    here = compile_spec(disk, "dags/shop.dagwright.yaml", Options(), Report())
    there = compile_spec(moved, "/elsewhere/dags/shop.dagwright.yaml", Options(), Report())
    assert here is not None
    assert there is not None
    assert here.text == there.text


def with_state(**artifacts: bytes) -> tuple[MemoryFiles, Report]:
    spec = SPEC.replace("../shop}", "../shop, select: 'state:new', state: ../before}")
    disk = files(spec)
    disk.contents |= {f"before/{name}.json": data for name, data in artifacts.items()}
    return disk, Report()


def test_what_is_new_since_an_earlier_run_can_be_compiled() -> None:
    before = "seed.shop.raw_orders\nmodel.shop.staging/orders <- seed.shop.raw_orders"
    disk, report = with_state(manifest=manifest(before))
    made = compile_spec(disk, "dags/shop.dagwright.yaml", Options(), report)
    assert made is not None, report.sorted()
    ran = {node for step in made.plan.steps for node in step.nodes}
    assert {"model.shop.revenue", "model.shop.stock", "test.shop.unique_orders"} <= ran
    assert "model.shop.orders" not in ran


def test_a_state_that_is_not_there_is_a_finding_where_it_is_named() -> None:
    disk, report = with_state()
    assert compile_spec(disk, "dags/shop.dagwright.yaml", Options(), report) is None
    text = disk.contents["dags/shop.dagwright.yaml"].decode()
    assert {text[one.span.start : one.span.end] for one in report.sorted()} <= {
        "../before",
        "state",
        "state:new",
    }


def test_what_is_selected_is_judged_in_the_same_run_as_the_rest() -> None:
    spec = """\
version: 1
dag:
  id: shop
  schedul: "@daily"
  default_args: {retires: 2}
render: {project_dir: ../shop, select: [orders, revenu]}
execute: {mode: local, project_dir: /srv/shop}
"""
    assert codes(spec) == ["DW103", "DW103", "DW317"]
    assert codes(spec.replace("[orders, revenu]", "revenu")) == ["DW103", "DW103", "DW316"]
    assert codes(spec.replace("[orders, revenu]", "'tagg:x'")) == ["DW103", "DW103", "DW301"]
    # Nothing is added where the manifest is the next thing to make, or the selection is no better.
    parsed = spec.replace("../shop,", "../shop, load: dbt,")
    assert codes(parsed) == ["DW103", "DW103"]
    assert codes(spec.replace("../shop", "../nowhere")) == ["DW103", "DW103"]
    assert codes(spec.replace("select:", "selct:")) == ["DW103", "DW103", "DW103"]
