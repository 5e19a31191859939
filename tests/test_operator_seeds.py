"""Seeds that are loaded only if they changed: what is remembered, and what leaves doubt."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

Load = Callable[..., int]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The Variables of an Airflow, in memory."""
    from dagwright_airflow.operators import seeds

    kept: dict[str, str] = {}
    monkeypatch.setattr(seeds, "get_variable", kept.get)
    monkeypatch.setattr(seeds, "set_variable", kept.__setitem__)
    return kept


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "shop/seeds/raw.csv"
    path.parent.mkdir(parents=True)
    path.write_text("id\n1\n")
    return path


@pytest.fixture
def load(csv: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Load:
    """Run the task of a seed, and return how often dbt was called for it."""
    from dagwright_airflow.operators.dbt import DbtOperator

    calls: list[Path] = []

    def run_dbt(_self: object, project: Path, _context: object) -> dict[str, Any]:
        calls.append(project)
        during()
        return {"nodes": []}

    def during() -> None:
        for one in meanwhile:
            one()

    meanwhile: list[Callable[[], object]] = []
    monkeypatch.setattr(DbtOperator, "_run_dbt", run_dbt)

    def task(checksum: str = "a", **changes: Any) -> int:
        meanwhile[:] = changes.pop("meanwhile", [])
        arguments = {
            "command": ("seed", "--select", "raw"),
            "nodes": ("seed.shop.raw",),
            "paths": {"--project-dir": str(csv.parents[1])},
            "seed": {"node": "seed.shop.raw", "file": "seeds/raw.csv", "checksum": checksum},
            **changes,
        }
        before = len(calls)
        DbtOperator(task_id="raw", **arguments).execute({})
        return len(calls) - before

    return task


def test_an_unchanged_seed_is_loaded_once(load: Load, variables: dict[str, str]) -> None:
    assert [load(), load(), load()] == [1, 0, 0]
    (name,) = variables
    assert name.startswith("dagwright_seed_")


@pytest.mark.parametrize(
    "changes",
    [
        {"checksum": "b"},
        {"vars": {"day": "2"}},
        {"env": {"DBT_SCHEMA": "other"}},
        {"flags": ("--target", "prod")},
    ],
)
def test_whatever_changed_it_is_loaded(load: Load, changes: dict[str, Any]) -> None:
    assert [load(), load(**changes), load(**changes)] == [1, 1, 0]


def test_the_file_on_the_worker_counts(load: Load, csv: Path) -> None:
    assert [load(), load()] == [1, 0]
    csv.write_text("id\n2\n")
    assert [load(), load()] == [1, 0]
    csv.unlink()
    assert [load(), load()] == [1, 1]


def test_a_load_that_fails_leaves_doubt(load: Load) -> None:
    def fail() -> None:
        raise RuntimeError("no warehouse")

    assert load() == 1
    with pytest.raises(RuntimeError):
        load("b", meanwhile=[fail])
    assert [load("a"), load("a")] == [1, 0]


def test_loads_side_by_side_leave_doubt(load: Load) -> None:
    assert load("a", meanwhile=[lambda: load("b")]) > 0
    assert [load("a"), load("a")] == [1, 0]
    assert load("a", meanwhile=[lambda: load("b")]) == 0  # Nothing to load, so no meanwhile.


def test_what_cannot_be_read_is_doubt(load: Load, variables: dict[str, str]) -> None:
    assert [load(), load()] == [1, 0]
    (name,) = variables
    for text in ("{", "[]", "null", json.dumps({"loaded": None}), json.dumps({"doubt": "x"})):
        variables[name] = text
        assert [load(), load()] == [1, 0]


def test_other_targets_have_their_own_memory(load: Load, variables: dict[str, str]) -> None:
    assert [load(), load(flags=("--target", "prod")), load()] == [1, 1, 0]
    assert len(variables) == 2


def test_a_full_refresh_loads_whatever_was_loaded_before(load: Load) -> None:
    forms = {
        "full_refresh": {
            "flag": "--full-refresh",
            "variable": "FULL_REFRESH",
            "type": "switch",
            "commands": ["seed"],
        }
    }

    def refresh(value: str) -> int:
        return load(options={"full_refresh": value}, option_forms=forms)

    assert [refresh("False"), refresh("False"), refresh("True"), refresh("True")] == [1, 0, 1, 1]
