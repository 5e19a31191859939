"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

CODE = Path(__file__).parent.parent / "compiler"
MODULES = [
    ".".join(path.relative_to(CODE).with_suffix("").parts)
    for path in sorted((CODE / "dagwright").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_true(module: str) -> None:
    result = doctest.testmod(import_module(module))
    assert result.attempted > 0
    assert result.failed == 0
