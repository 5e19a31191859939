"""`dagwright config`: what it prints is the same spec, and says where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagwright.cli import program
from dagwright.cli.config import _yaml, _yaml_origins
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.spec import LoadedSpec, load_spec, read_spec, resolve, variants
from dagwright.text.document import parse_document
from dagwright.text.tree import plain
from dagwright.text.write import yaml_text
from spec_cases import GOOD

EXAMPLES = sorted((Path(__file__).parent.parent / "configs/dags").glob("*.dagwright.yaml"))

BASE = """\
version: 1
x-retry: &retry {retries: 2}
dag:
  id: shop
  default_args: *retry
render: {project_dir: shop}
"""
SPEC = """\
extends: base.yaml
dag: {description: "costs $$5, not ${PRICE:-6}"}
execute:
  mode: local
  project_dir: /srv/shop
  env: {SCHEMA: "${DBT_TOKEN:-none}", A: "1"}
environments:
  prod: {execute: {project_dir: "${ROOT:?where the project is}"}}
  dev: {execute: {project_dir: "${HOME_DIR}"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    for name in ("PRICE", "DBT_TOKEN", "ROOT", "HOME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["config", *arguments], catch_exceptions=False)


def loaded_from(text: str, environment: str | None = None) -> LoadedSpec:
    report = Report()
    files = MemoryFiles({"spec.yaml": text.encode()})
    loaded = load_spec(files, "spec.yaml", environment, {}, report)
    assert loaded is not None, [found.message for found in report.found]
    assert report.found == []
    return loaded


def assert_same(loaded: LoadedSpec) -> None:
    """What is printed loads without a finding, as the same but for what chose among variants."""
    for text in (_yaml(loaded), _yaml_origins(loaded)):
        again = loaded_from(text)
        assert again.long_form() == loaded.long_form()
        aside = {"environments": {}, "extends": None}
        assert again.spec == loaded.spec.model_copy(update=aside)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_the_same_when_printed(path: Path) -> None:
    document = read_spec(DiskFiles(), str(path), {}, Report())
    assert document is not None
    for environment in variants(document):
        loaded = resolve(document, environment, Report())
        assert loaded is not None
        assert_same(loaded)


def test_the_good_spec_is_the_same_when_printed() -> None:
    for environment in (None, "prod"):
        assert_same(loaded_from(GOOD, environment))


text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8) | st.sampled_from(
    ["no", "1", "0b1", "1:30", "010", "$", "$$", "${A}", "a: b", "# c", "- d", "...", "null", "~"]
)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(text, data, max_size=4))
def test_any_data_is_the_same_when_printed(params: dict[str, Any]) -> None:
    def doubled(value: Any) -> Any:
        match value:
            case str():
                return value.replace("$", "$$")
            case dict():
                return {key: doubled(item) for key, item in value.items()}
            case list():
                return [doubled(item) for item in value]
        return value

    spec = {
        "version": 1,
        "dag": {"id": "shop", "params": doubled(params)},
        "render": {"project_dir": "shop"},
        "execute": {"mode": "local", "project_dir": "shop"},
    }
    report = Report()
    files = MemoryFiles({"spec.yaml": yaml_text(spec).encode()})
    loaded = load_spec(files, "spec.yaml", None, {}, report)
    if loaded is not None:  # A text may look like a secret.
        assert_same(loaded)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(text, data, max_size=4))
def test_written_data_reads_back(given_data: dict[str, Any]) -> None:
    report = Report()
    document = parse_document("x.yaml", yaml_text({"data": given_data}), report)
    assert document is not None
    assert report.found == []
    read = plain(document.root)["data"]
    assert json.loads(json.dumps(read)) == given_data


def test_the_merged_spec_of_an_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOT", "/opt/shop")
    monkeypatch.setenv("HOME_DIR", "/home/me/shop")
    prod = json.loads(run("--environment", "prod", "--format", "json").stdout)
    assert prod["execute"]["project_dir"] == "/opt/shop"
    assert prod["dag"]["description"] == "costs $5, not 6"
    assert "environments" not in prod
    shown = run("shop.dagwright.yaml", "--environment", "dev").stdout
    assert "\n  project_dir: /home/me/shop\n" in shown
    assert '\n  description: "costs $$5, not 6"\n' in shown


def test_paths_of_a_parent_elsewhere_lead_to_the_same_places(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared/base.yaml").write_text(
        "version: 1\n"
        "render:\n"
        "  project_dir: ../dbt/shop\n"
        "  state: ../earlier\n"
        "  dbt: {executable: ../dbt-shop, profiles_dir: /etc/dbt}\n"
        "execute: {mode: local, paths: [{render: ../dbt, execute: /dbt}]}\n"
    )
    (folder / "shop.dagwright.yaml").write_text("extends: shared/base.yaml\ndag: {id: shop}\n")
    shown = run().stdout
    (folder / "printed.yaml").write_text(shown)
    first, again = (
        load_spec(DiskFiles(), name, None, {}, Report())
        for name in ("shop.dagwright.yaml", "printed.yaml")
    )
    assert first is not None
    assert again is not None
    render, dbt = first.spec.render, again.spec.render.dbt
    assert first.beside(("render", "project_dir"), render.project_dir) == "dbt/shop"
    assert again.spec.render.project_dir == "dbt/shop"
    assert again.spec.render.state == "earlier"
    assert (dbt.executable, dbt.profiles_dir) == ("./dbt-shop", "/etc/dbt")
    assert again.spec.execute.paths[0].render == "dbt"


def test_origins_say_file_line_and_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOT", "/opt/shop")
    said = run("--origins", "--environment", "prod").stdout
    lines = {
        line.partition(":")[0].strip(): line.partition("  # ")[2] for line in said.split("\n")
    }
    assert lines["id"] == "base.yaml:4, through `extends` of base.yaml"
    assert lines["description"] == "shop.dagwright.yaml:2"
    assert lines["retries"] == (
        "base.yaml:2, through `extends` of base.yaml, through the alias `*retry`"
    )
    assert lines["invocation"] == "default"
    origins = json.loads(run("--origins", "--environment", "prod", "--format", "json").stdout)
    (root,) = (one for one in origins if one["route"] == ["execute", "project_dir"])
    assert root == {
        "route": ["execute", "project_dir"],
        "value": "/opt/shop",
        "file": "shop.dagwright.yaml",
        "line": 8,
        "how": ["in environment `prod`"],
    }


def test_variables_are_listed_though_they_are_not_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICE", "4711")
    listed = run("--variables")
    assert listed.exit_code == 0
    assert [line.split() for line in listed.stdout.splitlines()] == [
        ["NAME", "SET", "WITHOUT", "IT", "USED", "AT"],
        ["DBT_TOKEN", "no", "(hidden)", "shop.dagwright.yaml:6:18"],
        ["HOME_DIR", "no", "error", "shop.dagwright.yaml:9:33"],
        ["PRICE", "yes", "6", "shop.dagwright.yaml:2:36"],
        [
            *("ROOT", "no", "error:", "where", "the", "project", "is"),
            "shop.dagwright.yaml:8:34",
        ],
    ]
    assert "4711" not in listed.output
    listed = run("--variables", "--environment", "prod", "--format", "json")
    assert [one["name"] for one in json.loads(listed.stdout)] == ["DBT_TOKEN", "PRICE", "ROOT"]


def test_a_variable_with_the_name_of_a_secret_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TOKEN", "hunter2")
    for arguments in ((), ("--origins",), ("--format", "json"), ("--origins", "--format", "json")):
        shown = run(*arguments)
        assert shown.exit_code == 0
        assert "${DBT_TOKEN:-none}" in shown.stdout
        assert "hunter2" not in shown.output
    assert "hunter2" not in run("--variables").output


def test_a_bad_spec_is_told_and_not_printed(folder: Path) -> None:
    found = run("--environment", "prod")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "DW121" in found.stderr
    assert run("--environment", "prd").exit_code == 1
    assert run("--environment", "prd", "--variables").exit_code == 1
    assert run("no-such-file.yaml").exit_code == 1


def test_one_spec_must_be_meant(folder: Path) -> None:
    (folder / "other.dagwright.yaml").write_text(SPEC)
    refused = run()
    assert refused.exit_code == 2
    assert "other.dagwright.yaml, shop.dagwright.yaml" in refused.output
    assert run("shop.dagwright.yaml", "--origins", "--variables").exit_code == 2
