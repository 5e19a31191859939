"""What loading gives to the later stages: places, origins, variables, variants."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest

from dagwright.diagnostics import Note, Report
from dagwright.files import MemoryFiles
from dagwright.span import Span
from dagwright.spec import (
    LoadedSpec,
    environment_names,
    load_spec,
    read_spec,
    resolve,
    variants,
)
from dagwright.spec.model import MODES, Execute, Spec, TaskSettings
from dagwright.spec.overlay import overlay_environment
from dagwright.text.document import parse_document
from dagwright.text.tree import Table, plain

BASE = """\
version: 1
render: {project_dir: "${PROJECT:-shop}", select: tag:nightly}
execute:
  mode: local
  invocation: dbt_runner
  env: {A: "1"}
"""
SPEC = """\
extends: ../base.yaml
dag:
  id: shop
  default_args: {retries: 1, retry_delay: 5m}
environments:
  prod:
    dag: {default_args: {retries: 3}, tags: [prod]}
    execute: {project_dir: /opt/shop, env: {B: "2"}}
"""
FILES = MemoryFiles({"specs/shop.yaml": SPEC.encode(), "base.yaml": BASE.encode()})


def loaded(environment: str | None, **variables: str) -> LoadedSpec:
    report = Report()
    spec = load_spec(FILES, "specs/shop.yaml", environment, variables, report)
    assert report.found == []
    assert spec is not None
    return spec


def test_an_environment_is_merged_over_the_base() -> None:
    spec = loaded("prod").spec
    assert spec.dag is not None
    assert spec.dag.default_args.given() == {"retries": 3, "retry_delay": 300}
    assert spec.dag.tags == ("prod",)
    assert spec.execute.env == {"A": "1", "B": "2"}
    assert spec.execute.invocation == "dbt_runner"
    assert spec.render.select == ("tag:nightly",)


def test_variables_are_recorded_by_name() -> None:
    both = loaded(None), loaded(None, PROJECT="store")
    assert [one.variables_read for one in both] == [("PROJECT",)] * 2
    assert [one.spec.render.project_dir for one in both] == ["shop", "store"]


def test_every_place_is_where_it_is_written() -> None:
    spec = loaded("prod")
    texts = {"specs/shop.yaml": SPEC, "base.yaml": BASE}

    def at(route: tuple[str | int, ...]) -> str:
        span = spec.places.value(route)
        return texts[span.file][span.start : span.end]

    assert at(("dag", "default_args", "retries")) == "3"
    assert at(("dag", "default_args", "retry_delay")) == "5m"
    assert at(("render", "select", 0)) == "tag:nightly"
    assert at(("execute", "env", "A")) == '"1"'
    assert at(("execute", "dbt_executable")) == "execute"
    part = spec.places.part(("render", "select", 0), 4, 11)
    assert BASE[part.start : part.end] == "nightly"


def test_origins_say_where_each_value_comes_from() -> None:
    origins = {origin.route: origin for origin in loaded("prod").origins()}
    told = {
        route: (origins[route].span and origins[route].span.file, origins[route].line)
        for route in [
            ("dag", "default_args", "retries"),
            ("render", "project_dir"),
            ("render", "select", 0),
            ("dag", "timezone"),
        ]
    }
    assert told == {
        ("dag", "default_args", "retries"): ("specs/shop.yaml", 7),
        ("render", "project_dir"): ("base.yaml", 2),
        ("render", "select", 0): ("base.yaml", 2),
        ("dag", "timezone"): (None, None),
    }
    assert origins["dag", "tags", 0].how == ("in environment `prod`",)
    assert origins["execute", "mode"].how == ("used here, through `extends` of base.yaml",)


@pytest.mark.parametrize("environment", [None, "prod"])
def test_the_long_form_loads_as_the_same_spec(environment: str | None) -> None:
    first = loaded(environment)
    text = json.dumps(first.long_form())
    report = Report()
    files = MemoryFiles({"long.yaml": text.encode()})
    second = load_spec(files, "long.yaml", None, {}, report)
    assert report.found == []
    assert second is not None
    bare = {"environments": {}, "extends": None}
    assert second.spec == first.spec.model_copy(update=bare)


def test_environments_are_listed_in_order() -> None:
    report = Report()
    document = read_spec(FILES, "specs/shop.yaml", {}, report)
    assert document is not None
    assert environment_names(document) == ("prod",)
    assert variants(document) == (None, "prod")


def test_an_unknown_environment_is_a_finding() -> None:
    report = Report()
    document = read_spec(FILES, "specs/shop.yaml", {}, report)
    assert document is not None
    assert resolve(document, "production", report) is None
    (found,) = report.found
    assert (found.rule.code, found.help) == ("DW130", "did you mean `prod`?")


def test_reading_is_done_once_for_all_environments() -> None:
    files = MemoryFiles(dict(FILES.contents))
    report = Report()
    document = read_spec(files, "specs/shop.yaml", {}, report)
    assert document is not None
    assert all(resolve(document, name, report) for name in variants(document))
    assert files.reads == ["specs/shop.yaml", "base.yaml"]


@pytest.mark.parametrize(
    ("mode", "kept"), [("local", {"mode", "env", "dbt_executable"}), ("docker", {"mode", "env"})]
)
def test_another_mode_keeps_the_common_keys_only(mode: str, kept: set[str]) -> None:
    text = (
        "execute: {mode: local, dbt_executable: dbt, env: {A: a}}\n"
        f"environments: {{prod: {{execute: {{mode: {mode}}}}}}}\n"
    )
    document = parse_document("spec.yaml", text, Report())
    assert document is not None
    environments = document.root.entries["environments"].value
    assert isinstance(environments, Table)
    prod = environments.entries["prod"].value
    assert isinstance(prod, Table)
    note = Note(Span("spec.yaml", 0, 0), "in environment `prod`")
    merged = plain(overlay_environment(document.root, prod, note))
    assert set(merged["execute"]) == kept


def test_the_table_of_modes_is_the_union() -> None:
    assert get_args(get_args(Execute)[0]) == tuple(MODES.values())
    assert Spec.model_fields["execute"].annotation == get_args(Execute)[0]
    for mode, part in MODES.items():
        assert part.model_fields["mode"].annotation is not None
        assert mode in str(part.model_fields["mode"].annotation)


def test_every_setting_of_a_task_is_optional() -> None:
    assert TaskSettings().given() == {}


def test_validating_imports_nothing_heavy() -> None:
    program = (
        "import sys; from dagwright.spec import load_spec; "
        "from dagwright.diagnostics.formats import FORMATS; "
        "heavy = {'airflow', 'dbt', 'networkx', 'jsonschema', 'rich'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
