"""Comments that ignore a finding, by `validate`, `compile` and `check`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagwright.cli import program
from manifests import manifest

BASE = """\
version: 1
render: {project_dir: shop}
execute:
  mode: local
  project_dir: shop
  env:
    CSRF_TOKEN: X-Header  # dagwright: ignore[literal-secret] the name of a header
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs dagwright on one spec in a folder with a project."""
    monkeypatch.chdir(tmp_path)
    Path("shop/target").mkdir(parents=True)
    Path("shop/target/manifest.json").write_bytes(manifest("model.shop.orders\n"))

    def run(command: str, *files: str, spec: str = BASE + "dag: {id: shop}\n") -> Result:
        Path("shop.dagwright.yaml").write_text(spec)
        arguments = [command, "--format", "concise", *files]
        return CliRunner().invoke(program, arguments, catch_exceptions=False)

    return run


def told(result: Result) -> list[str]:
    return re.findall(r"^(\S+?): (DW\d+)", result.output, re.MULTILINE)


@pytest.mark.parametrize("command", ["validate", "compile", "check"])
def test_a_comment_with_a_use_is_silent(run: Run, command: str) -> None:
    run("compile")
    assert (told(run(command)), run(command).exit_code) == ([], 0)


@pytest.mark.parametrize("command", ["validate", "compile", "check"])
@pytest.mark.parametrize(
    ("ignored", "code"),
    [
        ("DW702", "DW021"),  # Nothing here has the shape of a secret.
        ("yaml-1-1-word", "DW021"),
        ("DW103", "DW022"),  # An error that cannot be hidden.
        ("DW999", "DW022"),
    ],
)
def test_a_comment_without_one_is_a_finding(
    run: Run, command: str, ignored: str, code: str
) -> None:
    run("compile")
    spec = f"{BASE}dag: {{id: shop}}  # dagwright: ignore[{ignored}] because\n"
    assert told(run(command, spec=spec)) == [("shop.dagwright.yaml:8:38", code)]


@pytest.mark.parametrize("command", ["validate", "check"])
def test_what_a_later_stage_looks_for_is_not_missed_by_an_earlier_one(
    run: Run, command: str
) -> None:
    run("compile")
    spec = f"{BASE}dag: {{id: shop}}  # dagwright: ignore[DW509] later\n"
    assert told(run(command, spec=spec)) == []


def test_a_base_that_one_of_two_specs_needs_the_comment_of(run: Run) -> None:
    Path("base.yaml").write_text(BASE)
    Path("other.dagwright.yaml").write_text(
        "extends: base.yaml\ndag: {id: other}\nexecute: {env: {CSRF_TOKEN: '{{ var.value.a }}'}}\n"
    )
    spec = "extends: base.yaml\ndag: {id: shop}\n"
    for order in (("shop", "other"), ("other", "shop")):
        result = run("validate", *(f"{name}.dagwright.yaml" for name in order), spec=spec)
        assert told(result) == []
    assert [code for _, code in told(run("validate", "other.dagwright.yaml"))] == ["DW021"]
