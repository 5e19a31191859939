"""Versions of the spec language: a row of the table is all that a new one needs.

There is one version today, so the rows here are made up: they lead from versions that never were
to the one that is.
"""

from __future__ import annotations

from typing import get_args

import pytest

from dagwright.diagnostics import Diagnostic, Report
from dagwright.files import MemoryFiles
from dagwright.spec import LoadedSpec, read_spec, resolve, variants
from dagwright.spec.model import VERSION
from dagwright.spec.model.spec import Version
from dagwright.spec.versions import MIGRATIONS, Migration, Renamed, Reworded
from dagwright.upgrade import Upgrading

ROWS = (
    Migration(
        -1,
        (
            Renamed(("render", "nodes"), "models"),
            Reworded(("render", "tests"), {"each": "per_node"}),
        ),
    ),
    Migration(
        0,
        (
            Renamed(("render", "models"), "select"),
            Renamed(("render", "overrides", "*", "models"), "select"),
            Renamed(("execute", "variables"), "vars"),
            Reworded(("render", "tests"), {"per_node": "after_each", "in_node": "build"}),
            Reworded(("dag", "tags"), {"elt": "dbt"}),
        ),
    ),
)
OLD = """\
# What the shop runs
version: 0   # of the language
dag:
  id: shop
  tags: [elt, "models"]  # both
render:
  project_dir: shop
  models: "tag:elt"   # not a tag of the DAG
  tests:   'in_node'
  overrides:
    - {models: "tag:heavy", pool: heavy}
execute:
  mode: local
  project_dir: /srv/shop
  variables: {variables: models, tests: in_node}
environments:
  prod:
    dag: {tags: ["elt"]}
    execute:
      variables: {models: elt}
"""
NEW = """\
# What the shop runs
version: 1   # of the language
dag:
  id: shop
  tags: [dbt, "models"]  # both
render:
  project_dir: shop
  select: "tag:elt"   # not a tag of the DAG
  tests:   'build'
  overrides:
    - {select: "tag:heavy", pool: heavy}
execute:
  mode: local
  project_dir: /srv/shop
  vars: {variables: models, tests: in_node}
environments:
  prod:
    dag: {tags: ["dbt"]}
    execute:
      vars: {models: elt}
"""
SPEC = "shop.dagwright.yaml"


def read(contents: dict[str, str]) -> tuple[dict[str | None, LoadedSpec | None], list[Diagnostic]]:
    """Return the spec as every environment has it, and what is found."""
    files, report = MemoryFiles({n: t.encode() for n, t in contents.items()}), Report()
    document = read_spec(files, SPEC, {}, report, ROWS)
    names = variants(document) if document is not None else ()
    loaded = {name: resolve(document, name, report) for name in names if document is not None}
    return loaded, report.sorted()


def upgraded(contents: dict[str, str], *specs: str) -> dict[str, str]:
    """Return the files after an upgrade, which must find nothing to refuse."""
    files = MemoryFiles({name: text.encode() for name, text in contents.items()})
    fixed = Upgrading(specs or [SPEC], {}, tuple, ROWS).upgraded(files)
    assert fixed.left.sorted() == []
    return {name: fixed.drafts.read(name).decode() for name in contents}


def test_the_table_leads_to_the_version_of_the_model() -> None:
    assert get_args(get_args(Version)[0]) == (VERSION,)
    befores = [row.before for row in MIGRATIONS]
    assert befores == list(range(VERSION - len(MIGRATIONS), VERSION))
    assert [row.before for row in ROWS] == [VERSION - 2, VERSION - 1]


def test_an_old_file_reads_as_the_new_one_does() -> None:
    old, new = read({SPEC: OLD}), read({SPEC: NEW})
    assert [spec and spec.long_form() for spec in old[0].values()] == [
        spec and spec.long_form() for spec in new[0].values()
    ]
    assert all(old[0].values())
    [warning] = old[1]
    assert (warning.rule.code, OLD[warning.span.start : warning.span.end]) == ("DW129", "0")
    assert warning.instead is None  # `validate --fix` would do half of it.
    assert new[1] == []


def test_a_place_in_an_old_file_is_where_it_is_written() -> None:
    loaded, _ = read({SPEC: OLD})
    spec = loaded[None]
    assert spec is not None
    at = spec.places.value(("render", "select"))
    assert OLD[at.start : at.end] == '"tag:elt"'


def test_an_upgrade_writes_the_new_words_and_leaves_the_rest() -> None:
    assert upgraded({SPEC: OLD}) == {SPEC: NEW}
    assert upgraded({SPEC: NEW}) == {SPEC: NEW}


def test_an_upgrade_goes_through_every_version_at_once() -> None:
    oldest = OLD.replace("version: 0", "version: -1").replace('  models: "tag', '  nodes: "tag')
    oldest = oldest.replace("'in_node'", "'each'")
    assert upgraded({SPEC: oldest}) == {SPEC: NEW.replace("'build'", "'after_each'")}


BASE = "x-common: {tests: in_node}\nrender:\n  project_dir: shop\n  tests: in_node\n"


@pytest.mark.parametrize("version", ["", "version: 0\n"])
def test_what_a_spec_extends_is_of_its_version_or_of_its_own(version: str) -> None:
    contents = {SPEC: f"extends: base.yaml\n{OLD}", "base.yaml": version + BASE}
    made = upgraded(contents)
    assert made[SPEC] == f"extends: base.yaml\n{NEW}"
    new = BASE.replace("  tests: in_node", "  tests: build")
    assert made["base.yaml"] == version.replace("0", "1") + new


def test_a_spec_may_have_its_version_from_what_it_extends() -> None:
    child = OLD.replace("version: 0   # of the language\n", "extends: base.yaml\n")
    made = upgraded({SPEC: child, "base.yaml": "version: 0\n"})
    assert made["base.yaml"] == "version: 1\n"
    assert made[SPEC] == NEW.replace("version: 1   # of the language\n", "extends: base.yaml\n")


def test_two_specs_that_extend_one_file_are_upgraded_once() -> None:
    other = f"extends: base.yaml\n{OLD}".replace("id: shop", "id: other")
    contents = {SPEC: f"extends: base.yaml\n{OLD}", "other.yaml": other, "base.yaml": BASE}
    made = upgraded(contents, SPEC, "other.yaml")
    assert made["base.yaml"].count("tests: build") == 1
    assert "version: 1" in made["other.yaml"]


def test_an_upgrade_is_refused_where_a_text_that_is_shared_means_two_things() -> None:
    shared = OLD.replace("variables: {variables: models, tests: in_node}", "variables: *tests")
    shared = shared.replace("render:\n", "render: &tests\n")
    files = MemoryFiles({SPEC: shared.encode()})
    fixed = Upgrading([SPEC], {}, tuple, ROWS).upgraded(files)
    assert {found.rule.code for found in fixed.left.sorted()} == {"DW651"}
    assert fixed.drafts.texts == {}


def test_a_block_with_both_words_is_nobodys_to_decide() -> None:
    loaded, found = read(
        {SPEC: OLD.replace("  project_dir: shop", "  project_dir: shop\n  select: a")}
    )
    assert loaded[None] is None
    assert {one.rule.code for one in found} == {"DW103", "DW129"}


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("2", "pip install --upgrade"),
        ("-2", "write `version: 1`"),
        ("99", "pip install --upgrade"),
    ],
)
def test_of_a_version_that_nobody_knows_nothing_more_is_said(version: str, hint: str) -> None:
    loaded, [found] = read({SPEC: OLD.replace("version: 0", f"version: {version}")})
    assert (loaded, found.rule.code) == ({}, "DW128")
    assert hint in found.help
