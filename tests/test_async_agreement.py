"""What compiler and worker both ask of a model, each by its own code: they answer the same.

Neither may import the other, and the worker looks again at what the compiler judged.
"""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.plan import async_safety
from dagwright.plan.async_safety import PLAIN, PLAIN_OF_COLUMNS, RULES, Candidate
from dagwright.project.code import Coded
from test_async_safety import FALLS_BACK, SAFE, project, spec, tasks_and_defaults

pytestmark = pytest.mark.airflow

EMPTY = st.sampled_from([None, "", [], {}, False, True, 0, {"enforced": False}])
VALUES = EMPTY | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["enforced", "a", ""]), inner, max_size=2)
    ),
    max_leaves=4,
)
"""Whatever JSON may hold, most often something that may mean nothing."""

PARTS = [
    *(
        ["", "bigquery__", "db2__", "_", "A__", "é__"],
        ["materialization_", "create_", "materialization"],
    ),
    *(["table", "view", "seed", ""], ["_", "", "s_"], ["bigquery", "default", "__as", ""]),
]
NAMES = st.tuples(*map(st.sampled_from, PARTS)).map("".join) | st.text(max_size=4)
"""Names of macros: with and without an adapter before them."""

COLUMN = st.dictionaries(
    st.sampled_from(["meta", "policy_tags"]), st.sampled_from([None, [], ["x"], False])
)
COLUMNS = st.dictionaries(
    st.sampled_from(["id", "day"]),
    st.builds(lambda own, config: {**own, "config": config}, COLUMN, COLUMN | st.none()) | COLUMN,
    max_size=2,
)
CONFIGS = st.dictionaries(
    st.sampled_from([*PLAIN, "labels", "contract", "grants", "pre-hook", "something_new"]),
    VALUES,
    max_size=4,
)


@pytest.fixture(scope="module")
def text(airflow: Path) -> ModuleType:
    """The worker's code."""
    from dagwright_airflow.statements import text

    return text


@given(VALUES)
def test_whether_a_value_says_something(text: ModuleType, value: Any) -> None:
    assert async_safety.says_something(value) == text.says_something(value)


@given(NAMES)
def test_which_macro_is_meant_and_whether_it_is_a_materialization(
    text: ModuleType, name: str
) -> None:
    assert async_safety.bare(name) == text.bare(name)
    ours, theirs = async_safety.MATERIALIZES, text.MATERIALIZES
    assert bool(ours.match(name)) == bool(theirs.match(name))


OF_A_MODEL = ("_language", "_config", "_constraints", "_columns")
"""The rules of the compiler that look at one model alone."""


@given(
    config=CONFIGS,
    columns=COLUMNS,
    constraints=st.lists(st.just({"type": "check"}), max_size=1),
    language=st.sampled_from(["sql", "sql", "python"]),
)
def test_which_models_are_in_doubt(
    text: ModuleType,
    config: dict[str, Any],
    columns: dict[str, Any],
    constraints: list[Any],
    language: str,
) -> None:
    config["materialized"] = "table"
    code = Coded(language=language, columns=columns, constraints=constraints)
    nobody: Any = None
    one = Candidate(nobody, nobody, config, code)
    refused = [rule(nobody, one) for rule in RULES if rule.__name__ in OF_A_MODEL]
    node = {"config": config, "columns": columns, "constraints": constraints, "language": language}
    doubted = text.doubt(node, "table", PLAIN, PLAIN_OF_COLUMNS)
    assert any(refused) == (doubted is not None)


CHANGES = {
    **{f"not {name}": (change, True) for name, (change, _) in FALLS_BACK.items()},
    **{name: (change, False) for name, change in SAFE.items()},
}
del CHANGES["not no macros"]  # dbt itself writes the manifest that a worker reads.


@pytest.mark.parametrize("name", CHANGES)
def test_a_worker_whose_project_changed_leaves_to_dbt_what_the_compiler_would(
    text: ModuleType, name: str
) -> None:
    from dagwright_airflow.statements.questions import asked

    change, doubtful = CHANGES[name]
    given = tasks_and_defaults(spec(), project("bigquery"))[1]["async_compile"]
    manifest = json.loads(project("bigquery", change))
    node = manifest["nodes"]["model.shop.orders"]
    wanted = "table" if node["config"]["materialized"] == "table" else "view"
    doubts = [
        text.doubt(node, wanted, given["plain"], given["plain_of_columns"]),
        text.doubt_of_all(manifest, given["guarded"], given["own_packages"]),
        asked(manifest, given["asks"]).get("model.shop.orders"),
    ]
    assert any(doubts) == doubtful, doubts
