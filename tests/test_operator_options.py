"""dbt's options at run time: rendered, typed, refused by name, sent where they are known."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dagwright.plan.options import OPTIONS, option_forms

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

FORMS = option_forms(OPTIONS, (1, 11))


def typed(**options: Any) -> dict[str, Any]:
    from dagwright_airflow.operators.options import typed_options

    return typed_options(options, FORMS)


def typed_var(given: Any, rendered: Any) -> Any:
    from dagwright_airflow.operators.options import typed_vars

    return typed_vars({"x": given}.items(), {"x": rendered})["x"]


@pytest.mark.parametrize(
    ("given", "rendered", "meant"),
    [
        ("{{ params.full }}", "False", False),
        ("{{ params.full }}", "True", True),
        (" {% if a %}{{ b }}{% endif %}\n", " False\n", False),
        ("{{ params.gone }}", "None", None),
        ("{{ params.full }}", "false", "false"),
        ("{{ ds_nodash }}", "20260101", "20260101"),
        ("False", "False", "False"),
        ("No {{ a }}", "None", "None"),
        (["{{ a }}", "False", 0], ["False", "False", 0], [False, "False", 0]),
        ({"b": {"c": "{{ a }}"}}, {"b": {"c": "True"}}, {"b": {"c": True}}),
        (3, 3, 3),
    ],
)
def test_a_variable_that_a_template_made_false_is_false(
    given: Any, rendered: Any, meant: Any
) -> None:
    assert typed_var(given, rendered) == meant
    assert type(typed_var(given, rendered)) is type(meant)


def words(*command: str, **options: Any) -> tuple[list[str], dict[str, str]]:
    from dagwright_airflow.operators.options import option_words

    made = option_words(command, typed(**options), FORMS)
    return list(made.arguments), dict(made.environment)


@pytest.mark.parametrize("value", ["False", "false", "0", "no", "off", " F ", False])
def test_what_renders_to_a_no_is_a_no(value: object) -> None:
    assert typed(empty=value) == {"empty": False}


@pytest.mark.parametrize("value", ["True", "true", "1", "YES", "on", True])
def test_what_renders_to_a_yes_is_a_yes(value: object) -> None:
    assert typed(full_refresh=value) == {"full_refresh": True}


@pytest.mark.parametrize("value", ["", "None", "null", None])
@pytest.mark.parametrize("key", list(OPTIONS))
def test_what_renders_to_nothing_is_not_given(key: str, value: object) -> None:
    assert typed(**{key: value}) == {key: None}
    assert words("run", **{key: value}) == ([], {})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("full_refresh", "maybe", "`full_refresh` is true or false, and its value now is 'maybe'"),
        ("threads", "0", "`threads` is a whole number from 1, and its value now is '0'"),
        ("threads", "four", "`threads` is a whole number"),
        ("threads", "1.5", "`threads` is a whole number"),
        ("event_time_start", "yesterday", "`event_time_start` is a date, or a date and a time"),
    ],
)
def test_what_is_no_value_is_refused_by_its_key(key: str, value: str, said: str) -> None:
    from airflow.sdk.exceptions import AirflowException

    with pytest.raises(AirflowException, match=said):
        typed(**{key: value})


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-29T02:30:00+02:00",
        "2026-03-29 00:30:00+00:00",
        "2026-03-29T00:30:00Z",
        "2026-03-29T00:30:00",
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_moments_are_sent_in_utc_in_the_form_that_dbt_takes(moment: object) -> None:
    given, _ = words("run", event_time_start=moment, event_time_end="2026-03-30")
    assert given == [
        *("--event-time-start", "2026-03-29T00:30:00"),
        *("--event-time-end", "2026-03-30T00:00:00"),
    ]


def test_an_empty_data_interval_is_explained() -> None:
    from airflow.sdk.exceptions import AirflowException

    same = "2026-03-29T00:00:00+00:00"
    with pytest.raises(AirflowException, match="create_cron_data_intervals"):
        typed(event_time_start=same, event_time_end=same)


def test_times_in_the_wrong_order_are_both_named() -> None:
    from airflow.sdk.exceptions import AirflowException

    with pytest.raises(AirflowException, match="is 2026-02-01T00:00:00, which is after"):
        typed(event_time_start="2026-02-01", event_time_end="2026-01-01T23:00:00+01:00")


def test_each_command_gets_what_it_knows() -> None:
    options = {"full_refresh": True, "empty": "no", "threads": "4", "sample": "3 days"}
    assert words("seed", "--select", "a", **options) == (
        ["--full-refresh", "--threads", "4"],
        {},
    )
    everything = ["--full-refresh", "--no-empty", "--threads", "4", "--sample", "3 days"]
    assert words("build", **options) == (everything, {})
    assert words("source", "freshness", **options) == (["--threads", "4"], {})
    assert words("test", **options) == (["--threads", "4"], {})


def test_a_no_without_a_flag_is_said_by_the_environment() -> None:
    no = {"DBT_FULL_REFRESH": "False", "DBT_ENGINE_FULL_REFRESH": "False"}
    assert words("run", full_refresh="False") == ([], no)
    assert words("test", full_refresh="False") == ([], {})
