"""Shell completion by click's own protocol: the words so far in, the candidates out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagwright.cli import COMMANDS, program
from manifests import manifest

SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop}
environments: {dev: {}, prod: {}, proof: {}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop/target").mkdir(parents=True)
    (tmp_path / "shop/target/manifest.json").write_bytes(
        manifest("model.shop.orders\nmodel.shop.revenue <- model.shop.orders\n")
    )
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(*words: str) -> list[str]:
    """Return what bash is offered for the last of `words`."""
    environment = {
        "_DAGWRIGHT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("dagwright", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = CliRunner().invoke(program, env=environment, prog_name="dagwright")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_are_completed(folder: Path) -> None:
    assert completed("") == list(COMMANDS)
    assert completed("co") == ["config", "compile"]
    assert "--version" in completed("--")


@pytest.mark.parametrize("command", ["validate", "config", "compile", "check", "graph", "explain"])
def test_environments_are_completed(command: str, folder: Path) -> None:
    (folder / "other.dagwright.yaml").write_text(SPEC.replace("proof", "press"))
    named = (command, "shop.dagwright.yaml", "--environment")
    assert completed(*named, "pro") == ["prod", "proof"]
    if command in {"validate", "compile", "check"}:
        assert completed(command, "--environment", "pr") == ["press", "prod", "proof"]


def test_a_spec_that_cannot_be_read_offers_nothing(folder: Path) -> None:
    (folder / "shop.dagwright.yaml").write_text("{")
    assert completed("validate", "--environment", "") == []
    assert completed("explain", "shop.dagwright.yaml", "") == []


def test_tasks_are_completed_from_the_artifact(folder: Path) -> None:
    explain = ("explain", "shop.dagwright.yaml")
    assert completed(*explain, "") == []
    CliRunner().invoke(program, ["compile"], catch_exceptions=False)
    assert completed(*explain, "shop.r") == ["shop.revenue.run"]
    assert completed(*explain, "") == ["shop.orders.run", "shop.revenue.run"]
    (folder / "compiled/shop.dag.json").write_text("[]")
    assert completed(*explain, "") == []


def test_rules_are_completed(folder: Path) -> None:
    assert completed("explain", "DW10")[:3] == ["DW101", "DW102", "DW103"]
    assert completed("explain", "duplicate-k") == ["duplicate-key"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell: str, folder: Path) -> None:
    done = CliRunner().invoke(
        program, env={"_DAGWRIGHT_COMPLETE": f"{shell}_source"}, prog_name="dagwright"
    )
    assert done.exit_code == 0
    assert "_DAGWRIGHT_COMPLETE" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_itself_completes_an_environment(folder: Path) -> None:
    script = (
        'eval "$(_DAGWRIGHT_COMPLETE=bash_source dagwright)"\n'
        "COMP_WORDS=(dagwright validate --environment pr) COMP_CWORD=3\n"
        "_dagwright_completion dagwright\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "prod proof\n"


def test_the_schema_goes_to_a_file(folder: Path) -> None:
    printed = CliRunner().invoke(program, ["schema"])
    written = CliRunner().invoke(program, ["schema", "--output", ".dagwright/spec-1.json"])
    assert (written.exit_code, written.output) == (0, "")
    assert (folder / ".dagwright/spec-1.json").read_text(encoding="utf-8") == printed.stdout
    (folder / "taken").touch()
    assert CliRunner().invoke(program, ["schema", "--output", "taken/x"]).exit_code == 2
