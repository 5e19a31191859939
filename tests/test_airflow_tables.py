"""The tables of what each Airflow accepts are true, and every word of them is accounted for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from airflow_tables.tables import MODULE, PROBE, VERSIONS, committed, module_text
from dagwright.spec import airflow_tables as tables
from dagwright.spec.airflow_versions import (
    DEFAULT,
    dag_argument_versions,
    required_versions,
)
from dagwright.spec.cron import PRESETS
from dagwright.spec.model import Dag, TaskSettings
from dagwright.spec.model.dag import RunType
from dagwright.spec.model.settings import REFUSED, RENAMED, TriggerRule, WeightRule

RETIRED_RULES = {"dummy", "none_failed_or_skipped"}
"""Trigger rules of Airflow 2 that have other names since 2.2."""


def words(of: Any) -> set[str]:
    """Return the words of an annotated enumeration."""
    literal, *_ = get_args(of)
    return set(get_args(literal))


def test_the_module_is_as_it_was_made() -> None:
    assert tables.VERSIONS == VERSIONS
    assert MODULE.read_text(encoding="utf-8") == module_text(committed())


@pytest.mark.airflow
def test_the_airflow_at_hand_accepts_what_the_table_says() -> None:
    asked = subprocess.run([sys.executable, PROBE], capture_output=True, text=True, check=True)
    ((version, found),) = json.loads(asked.stdout.splitlines()[-1]).items()
    assert found == committed()[version]


def test_every_argument_is_a_key_or_is_refused_with_a_reason() -> None:
    assert set(tables.DAG_ARGUMENTS) - set(Dag.model_fields) <= set(REFUSED) | {"fail_stop"}
    assert set(tables.TASK_ARGUMENTS) - set(TaskSettings.model_fields) <= set(REFUSED)


def test_no_key_is_both_taken_and_refused_in_one_block() -> None:
    assert set(REFUSED) & set(TaskSettings.model_fields) == set()
    both = {"start_date", "end_date", "params", "default_args"}
    assert set(REFUSED) & set(Dag.model_fields) == both
    assert both & set(TaskSettings.model_fields) == set()
    assert set(RENAMED) <= set(REFUSED)


def test_every_key_is_known_to_some_version() -> None:
    assert [key for key in Dag.model_fields if not dag_argument_versions(key)] == []
    assert set(TaskSettings.model_fields) <= set(tables.TASK_ARGUMENTS)


def test_the_words_of_the_language_are_those_of_the_tables() -> None:
    assert words(TriggerRule) == set(tables.TRIGGER_RULES) - RETIRED_RULES
    assert words(WeightRule) == set(tables.WEIGHT_RULES)
    assert words(RunType) == set(tables.RUN_TYPES)
    assert set(PRESETS) == set(tables.PRESETS)
    everywhere = " ".join(VERSIONS)
    assert set(tables.WEIGHT_RULES.values()) == {everywhere}
    assert tables.FEATURES["asset_conditions"] == everywhere


@pytest.mark.parametrize(
    ("wanted", "versions"),
    [
        (DEFAULT, ("3.0", "3.1", "3.2", "3.3")),
        (">=2.10, <3", ("2.10", "2.11")),
        (">3.0.2", ("3.0", "3.1", "3.2", "3.3")),
        ("<=3.0", ("2.10", "2.11", "3.0")),
        ("==3.1", ("3.1",)),
        ("==3.1.*", ("3.1",)),
        ("!=3.1.*,>=3", ("3.0", "3.2", "3.3")),
        ("~=3.1.4", ("3.1",)),
        ("~=2.10", ("2.10", "2.11")),
        ("<2", ()),
        (">=4", ()),
    ],
)
def test_ranges(wanted: str, versions: tuple[str, ...]) -> None:
    assert required_versions(wanted) == versions


NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=2).map(lambda n: ".".join(map(str, n)))
SIGNS = [">=", "<=", "<", ">", "==", "~="]
MAJORS = st.sampled_from(["2.", "3."])
CLAUSES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(SIGNS), MAJORS, NUMBERS),
    st.builds("{}{}{}.*".format, st.sampled_from(["==", "!="]), MAJORS, st.integers(0, 12)),
)


@settings(deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=3).map(",".join))
def test_ranges_mean_what_packaging_says(wanted: str) -> None:
    allowed = SpecifierSet(wanted)
    patches = range(16)
    assert required_versions(wanted) == tuple(
        version
        for version in VERSIONS
        if any(allowed.contains(f"{version}.{patch}") for patch in patches)
    )
