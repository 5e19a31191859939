"""Without the packages of official models: nothing is said, unless the spec asks for the check.

What the models find is in `backends/test_official_models.py`, where they are installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagwright.cli import program
from dagwright.diagnostics import Diagnostic
from dagwright.official.check import MODELS
from dagwright.plan.async_rules import NOTHING_ASYNC
from dagwright.spec.model import MODES
from test_container_modes import found, spec

missing = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("kubernetes_validate") is not None,
    reason="the models are installed here",
)
ASKED = "requires: {schemas: true}\n"


def told(text: str) -> list[Diagnostic]:
    """Return what is found, but for that the spec's one task, a `dbt build`, is no statement."""
    return [one for one in found(text) if one.rule is not NOTHING_ASYNC]


@missing
@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_said_where_nobody_asks(mode: str) -> None:
    assert told(spec(mode, "env: {}")) == []


@missing
@pytest.mark.parametrize("mode", MODES)
def test_a_spec_that_asks_names_the_extra_that_is_missing(mode: str) -> None:
    text = spec(mode, "env: {}").replace("version: 1\n", f"version: 1\n{ASKED}")
    codes = [(one.rule.code, text[one.span.start : one.span.end]) for one in told(text)]
    assert codes == ([("DW541", "schemas")] if mode in MODELS else [])


@missing
def test_a_version_of_kubernetes_asks_too() -> None:
    (one,) = found(spec("aws_eks", "kubernetes_version: '1.31'"))
    assert one.rule.code == "DW541"
    assert one.help == 'pip install "dagwright[kubernetes]"'


@missing
def test_a_producers_pods_are_asked_for_as_well() -> None:
    producer = "mode: kubernetes, image: x, kubernetes_version: '1.31'"
    (one,) = found(
        spec("watcher", f"producer: {{{producer}}}").replace("producer: {mode: local}, ", "")
    )
    assert one.rule.code == "DW541"


@missing
def test_validate_asks_too(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = spec("kubernetes", "env: {}").replace("version: 1\n", f"version: 1\n{ASKED}")
    Path("shop.dagwright.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(program, ["validate", "--format", "concise"])
    assert done.exit_code == 1
    assert "DW541" in done.output


def test_a_compile_imports_no_model() -> None:
    code = """
import sys
import dagwright.cli.compile, dagwright.pipeline
print(*sys.modules)
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"botocore", "kubernetes_validate", "azure", "google.cloud", "referencing"} & {
        *printed
    } == set()
