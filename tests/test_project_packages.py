"""Packages that are asked for, locked and installed must be the same ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.project.packages import read_packages
from manifests import manifest

SCHEMAS = Path(__file__).parent.parent / "schemas"
SPEC = "version: 1\ndag: {id: shop}\nrender: {project_dir: ../shop}\n"
HUB = "packages:\n  - package: dbt-labs/dbt_utils\n    version: {}\n"
LOCK = HUB.format("1.1.1") + "    name: dbt_utils\nsha1_hash: x\n"


def found(**contents: str) -> list[tuple[str, str]]:
    files = MemoryFiles(
        {f"shop/{name.replace('__', '/')}": text.encode() for name, text in contents.items()}
    )
    report = Report()
    read_packages(files, "shop", report)
    texts = {path: data.decode() for path, data in files.contents.items()}
    return [
        (one.rule.code, texts[one.span.file][one.span.start : one.span.end])
        for one in report.sorted()
    ]


def check(packages: str, lock: str | None = LOCK, **more: str) -> list[tuple[str, str]]:
    lock_file = {} if lock is None else {"package-lock.yml": lock}
    return found(**{"packages.yml": packages, **lock_file, **more})


@pytest.mark.parametrize(
    "version",
    [
        *("1.1.1", '"1.1.1"', '"=1.1.1"', '[">=1.0.0", "<2.0.0"]', '">=1.1.1,<1.2"', '["1.1.1"]'),
        *('"<=1.1.1"', '">1.1"', "\"{{ env_var('UTILS') }}\"", '">=1.0.0-rc1"'),
    ],
)
def test_a_lock_that_fits_is_no_finding(version: str) -> None:
    assert check(HUB.format(version)) == []


@pytest.mark.parametrize(
    "version", ["1.3.0", '">=1.2.0"', '[">=1.0.0", "<1.1.1"]', '">1.1.1"', '"<1.1"']
)
def test_a_lock_of_another_version_is_one(version: str) -> None:
    assert check(HUB.format(version)) == [("DW232", "dbt-labs/dbt_utils")]


def test_a_package_that_was_added_since_is_one() -> None:
    more = HUB.format("1.1.1") + "  - git: https://host/org/extra.git\n    revision: v1\n"
    assert check(more) == [("DW232", "https://host/org/extra.git")]
    git = "  - git: https://host/org/extra\n    revision: {}\n"
    assert check(more, LOCK.replace("sha1", git.format("v1") + "sha1")) == []
    assert check(more, LOCK.replace("sha1", git.format("v2") + "sha1"))[0][0] == "DW232"


def test_each_file_is_read_once() -> None:
    lock = LOCK.replace("    name: dbt_utils", "")  # Nothing to look for below dbt_packages.
    files = MemoryFiles({f"shop/{name}": b"" for name in ("dependencies.yml", "dbt_project.yml")})
    files.contents["shop/packages.yml"] = HUB.format("1.1.1").encode()
    files.contents["shop/package-lock.yml"] = lock.encode()
    read_packages(files, "shop", Report())
    assert sorted(files.reads) == sorted(files.contents)


def test_no_lock_is_one_finding() -> None:
    assert check(HUB.format("1.3.0"), None) == [("DW231", "dbt-labs/dbt_utils")]
    assert found(**{"dependencies.yml": HUB.format("1.3.0")}) == [("DW231", "dbt-labs/dbt_utils")]


def test_what_is_locked_is_installed_where_anything_is() -> None:
    one = {"dbt_packages/other/dbt_project.yml": "name: other\n"}
    assert check(HUB.format("1.1.1"), **one) == [("DW233", "dbt_utils")]
    both = {**one, "dbt_packages/dbt_utils/dbt_project.yml": "name: dbt_utils\n"}
    assert check(HUB.format("1.1.1"), **both) == []
    moved = {
        "dbt_project.yml": "packages-install-path: lib\n",
        "lib/other/dbt_project.yml": "x: 1\n",
    }
    assert check(HUB.format("1.1.1"), **moved) == [("DW233", "dbt_utils")]


def test_a_project_without_packages_needs_nothing() -> None:
    assert found() == check("packages: []\n", None) == check("- broken: [", None) == []


@pytest.mark.dbt
def test_what_the_real_dbt_locks_and_installs_is_no_finding(tmp_path: Path) -> None:
    for name in ("shop", "parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dbt_project.yml").write_text(f"name: {name}\nprofile: shop\n")
    (tmp_path / "shop/packages.yml").write_text("packages:\n  - local: ../parts\n")
    profile = "shop: {target: dev, outputs: {dev: {type: duckdb}}}\n"
    (tmp_path / "shop/profiles.yml").write_text(profile)
    dbt = [str(Path(sys.executable).parent / "dbt"), "deps", "--project-dir", "."]
    subprocess.run(dbt, cwd=tmp_path / "shop", check=True, capture_output=True)
    report = Report()
    read_packages(DiskFiles(), str(tmp_path / "shop"), report)
    assert report.sorted() == []
    (tmp_path / "shop/dbt_packages/parts").unlink()
    read_packages(DiskFiles(), str(tmp_path / "shop"), report)
    assert [one.rule.code for one in report.sorted()] == ["DW233"]


PACKAGES = {
    "packages.yml": HUB.format("1.1.1"),
    "package-lock.yml": LOCK,
    "dbt_project.yml": "name: shop\npackages-install-path: deps\n",
}


@pytest.mark.parametrize(
    ("execute", "kind"),
    [
        ("mode: local", "dbt"),
        ("mode: virtualenv, prebuilt: /opt/venv", "dbt"),
        ("mode: local, docs: {path: /srv/docs}", "docs"),
        ("mode: watcher, producer: {mode: local, install_deps: true}", "producer_dbt"),
    ],
)
def test_a_worker_is_told_of_packages_where_it_may_install_them(execute: str, kind: str) -> None:
    asked = execute if "watcher" in execute else f"{execute}, install_deps: true"
    told = {"folder": "deps", "names": ["dbt_utils"]}
    assert defaults(asked, kind, PACKAGES)["packages"] == told
    assert "packages" not in defaults(asked, kind, {})
    assert "packages" not in defaults(asked.replace("true", "false"), kind, PACKAGES)


def defaults(execute: str, kind: str, project: Mapping[str, str]) -> dict[str, Any]:
    """Return the shared arguments of a kind, in an artifact that fits its schema."""
    block = f"{{{execute}, project_dir: /srv/shop}}"
    spec = SPEC + f"execute: {block}\n"
    texts = {f"shop/{name}": text.encode() for name, text in project.items()}
    files = MemoryFiles({**texts, "dags/shop.dagwright.yaml": spec.encode()})
    files.contents["shop/target/manifest.json"] = manifest("model.shop.a")
    report = Report()
    made = compile_spec(files, "dags/shop.dagwright.yaml", Options(), report)
    assert made is not None, report.sorted()
    document = json.loads(made.text)
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft7Validator)
    found: dict[str, Any] = document["defaults"][kind]
    return found
