"""The table of what has really run says nothing that cannot be repeated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dagwright.spec.model import MODES
from run_table import Fault, Run, faults, runs

ROOT = Path(__file__).parent.parent
APART = ("tests/backends/", "tests/live/")
"""Folders that plain pytest leaves out where the providers are not installed."""


def recipes() -> dict[str, str]:
    """Return the recipe of each target, those of the targets that it makes included."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.compile(r"^([a-z-]+):[^\n]*\n((?:\t[^\n]*\n?)+)", re.MULTILINE)
    own = dict(rule.findall(text))
    made = re.compile(r"\$\(MAKE\)[^\n]*?((?: [a-z][a-z-]*)+)$", re.MULTILINE)
    return {
        name: recipe + "".join(own[one] for all_ in made.findall(recipe) for one in all_.split())
        for name, recipe in own.items()
    }


def collected(recipe: str, file: str) -> bool:
    """Return whether a recipe's calls of pytest collect a file."""
    for call in re.findall(r"pytest ?([^\n]*)", recipe):
        named = re.findall(r"\btests\S*", call)
        if any(file == one or file.startswith(f"{one}/") for one in named):
            return True
        if not named and not file.startswith(APART):
            return True
    return False


def names_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def name(run: Run) -> str:
    return ", ".join(run.modes)


def test_every_mode_has_a_row() -> None:
    with_row = {mode for run in runs() for mode in run.modes}
    assert with_row == set(MODES), "add a row to runs.toml, then `make update`"


@pytest.mark.parametrize("run", runs(), ids=name)
def test_its_tests_are_there_and_its_target_runs_them(run: Run) -> None:
    make, _, target = run.repeat.partition(" ")
    assert make == "make"
    assert run.tests
    for test in run.tests:
        file, _, function = test.partition("::")
        assert collected(recipes()[target], file), f"{target} does not run {file}"
        assert any(one.startswith("test_") for one in names_of(file))
        assert not function or function in names_of(file)


@pytest.mark.parametrize("fault", faults(), ids=lambda one: one.what)
def test_each_fault_is_seen_by_a_test_with_that_very_case(fault: Fault) -> None:
    for test in fault.tests:
        file, _, case = test.partition("::")
        function, _, values = case.rstrip("]").partition("[")
        assert collected(recipes()["test-backends"], file)
        assert function in names_of(file)
        text = (ROOT / file).read_text(encoding="utf-8")
        assert [one for one in values.split("-") if f'"{one}"' not in text] in ([], [""])


def test_every_live_test_of_watchers_sees_one_or_a_run_in_which_nothing_goes_wrong() -> None:
    named = {test.partition("[")[0] for fault in faults() for test in fault.tests}
    file = "tests/live/test_watcher.py"
    mine = {f"{file}::{one}" for one in names_of(file) if one.startswith("test_")}
    assert {one.partition("::")[2] for one in mine - named} == {
        "test_watchers_in_a_group_of_a_hand_written_dag_find_their_producer",
        "test_watchers_that_start_in_a_worker_end_the_same",
    }


@pytest.mark.parametrize("run", runs(), ids=name)
def test_its_tests_are_of_its_modes(run: Run) -> None:
    """At least by name: another mode's tests would show nothing."""
    texts = [(ROOT / test.partition("::")[0]).read_text(encoding="utf-8") for test in run.tests]
    missing = [mode for mode in run.modes if not any(mode in text for text in texts)]
    assert [mode for mode in missing if mode != "local"] == []


def test_a_target_that_does_not_run_a_file_is_told_apart() -> None:
    known = recipes()
    assert not collected(known["test-docker"], "tests/backends/test_operators.py")
    assert collected(known["test"], "tests/backends/test_clouds.py")
    assert not collected(known["quick"], "tests/live/test_watcher.py")
