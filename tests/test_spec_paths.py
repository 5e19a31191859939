"""A relative path starts at the folder of the file that it is written in, child or parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.pipeline import Options, compile_spec
from manifests import manifest

CHILD = "dags/nightly/shop.dagwright.yaml"
BASE = "shared/base.yaml"
EXTENDS = "extends: ../../shared/base.yaml\n"


def project_dir_at_run_time(child: str, base: str, manifest_at: str) -> str:
    """Return the `--project-dir` that a spec which extends another compiles to."""
    disk = MemoryFiles(
        {
            CHILD: (EXTENDS + child).encode(),
            BASE: ("version: 1\ndag: {id: shop}\n" + base).encode(),
            f"{manifest_at}/target/manifest.json": manifest("model.shop.orders\n"),
        }
    )
    report = Report()
    made = compile_spec(disk, CHILD, Options(), report)
    assert made is not None, report.sorted()
    (shared,) = made.plan.defaults.values()
    return str(shared["paths"]["--project-dir"])


def test_both_paths_of_the_base_start_at_the_base() -> None:
    base = (
        "render: {project_dir: ../dbt/shop}\n"
        "execute: {mode: local, paths: [{render: ../dbt, execute: /dbt}]}\n"
    )
    child = "render: {tests: none}\nexecute: {env: {A: b}}\n"
    assert project_dir_at_run_time(child, base, "dbt/shop") == "/dbt/shop"


def test_each_path_starts_where_it_is_written() -> None:
    base = "execute: {mode: local, paths: [{render: ../dbt, execute: /dbt}]}\n"
    child = "render: {project_dir: ../../dbt/shop}\n"
    assert project_dir_at_run_time(child, base, "dbt/shop") == "/dbt/shop"
    base = "render: {project_dir: ../dbt/shop}\n"
    child = "execute: {mode: local, paths: [{render: ../../dbt, execute: /dbt}]}\n"
    assert project_dir_at_run_time(child, base, "dbt/shop") == "/dbt/shop"


def test_what_the_child_writes_anew_starts_at_the_child() -> None:
    base = "render: {project_dir: shop}\nexecute: {mode: local, project_dir: ../shop}\n"
    child = "render: {project_dir: shop}\n"
    assert project_dir_at_run_time(child, base, "dags/nightly/shop") == "../shop"


DBT = """\
#!/bin/sh
while [ "$1" ]; do
  case "$1" in
    --project-dir) project="$2";;
    --profiles-dir) profiles="$2";;
  esac
  shift
done
mkdir -p "$project/target"
cp "$profiles/manifest.json" "$project/target/manifest.json"
"""


@pytest.mark.parametrize("absolute", [False, True])
def test_dbt_and_its_profiles_are_found_from_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, absolute: bool
) -> None:
    contents = {
        CHILD: EXTENDS,
        BASE: "version: 1\ndag: {id: shop}\n"
        "render:\n  project_dir: ../dbt/shop\n  load: dbt\n"
        "  dbt: {executable: bin/dbt, profiles_dir: profiles}\n"
        "execute: {mode: local, project_dir: shop}\n",
        "shared/bin/dbt": DBT,
        "shared/profiles/manifest.json": manifest("model.shop.orders\n").decode(),
        "dbt/shop/dbt_project.yml": "name: shop\n",
    }
    for name, text in contents.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "shared/bin/dbt").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    report = Report()
    spec = str(tmp_path / CHILD) if absolute else CHILD
    made = compile_spec(DiskFiles(), spec, Options(), report)
    assert made is not None, report.sorted()
