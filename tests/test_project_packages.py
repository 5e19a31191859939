"""Packages that are asked for, locked and installed must be the same ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.project.packages import check_packages

HUB = "packages:\n  - package: dbt-labs/dbt_utils\n    version: {}\n"
LOCK = HUB.format("1.1.1") + "    name: dbt_utils\nsha1_hash: x\n"


def found(**contents: str) -> list[tuple[str, str]]:
    files = MemoryFiles(
        {f"shop/{name.replace('__', '/')}": text.encode() for name, text in contents.items()}
    )
    report = Report()
    check_packages(files, "shop", report)
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
    check_packages(DiskFiles(), str(tmp_path / "shop"), report)
    assert report.sorted() == []
    (tmp_path / "shop/dbt_packages/parts").unlink()
    check_packages(DiskFiles(), str(tmp_path / "shop"), report)
    assert [one.rule.code for one in report.sorted()] == ["DW233"]
