"""Schedules, dates and zones are judged as Airflow's own libraries judge them."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from dagwright.spec.cron import PRESETS, checked_schedule
from dagwright.spec.model.words import seconds
from dagwright.spec.moments import checked_moment
from dagwright.spec.zone_names import ZONE_NAMES

NUMBER = st.integers(0, 75).map(str)
NAME = st.sampled_from("jan dec mon SUN fri l L ? * x monday".split())  # noqa: SIM905 - short
ATOM = st.one_of(NUMBER, NAME)
RANGE = st.tuples(ATOM, ATOM).map("-".join)
STEP = st.tuples(st.one_of(st.just("*"), RANGE, NUMBER), NUMBER).map("/".join)
DAY = st.tuples(ATOM, st.integers(0, 6).map(str)).map("#".join)
ITEM = st.one_of(st.just("*"), ATOM, RANGE, STEP, DAY)
FIELD = st.lists(ITEM, min_size=1, max_size=3).map(",".join)
CRON = st.lists(st.one_of(st.just("*"), FIELD), min_size=4, max_size=7).map(" ".join)


def accepts(text: str) -> bool:
    try:
        checked_schedule(text)
    except PydanticCustomError:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(CRON)
@example("* * * * 0,1#1")
@example("* * * * L5,1")
@example("* * 31 2 *")
def test_what_is_accepted_is_good_to_croniter(text: str) -> None:
    croniter = pytest.importorskip("croniter").croniter
    if accepts(text):
        assert croniter.is_valid(text)
        # There is a next one: Airflow asks for it at every run.
        croniter(text, datetime(2026, 1, 1, tzinfo=timezone.utc)).get_next()


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 6 * * mon-fri",
        "*/15 6-18 1,15 jan-jun fri#2",
        "0 0 l * *",
        "0 0 * * L5",
        "0 0 ? * 7",
        "5/15 * * * *",
        "0 0 * * *  30",
        *PRESETS,
    ],
)
def test_common_schedules_are_accepted(text: str) -> None:
    assert checked_schedule(text) == text


@pytest.mark.parametrize("text", ["", " ", "@", "@Daily", "0 24 * * *", "60 * * * *", "* * 0 * *"])
def test_others_are_not(text: str) -> None:
    assert not accepts(text)


def test_zones_are_those_of_the_database() -> None:
    known = zoneinfo.available_timezones() - {"localtime", "posixrules"}
    assert {zone for zone in known if not zone.startswith(("posix/", "right/"))} <= ZONE_NAMES


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", "2026-01-01T06:00", "2026-01-01 06:00:30", "2026-01-01T06:00Z"],
)
def test_moments_are_kept_as_written(text: str) -> None:
    assert checked_moment(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-1-1",
        "2026-02-29",
        "2026-01-01T25:00",
        "today",
        "2026-01-01T06:00+99:00",
        "٢٠٢٦-01-01",
    ],
)
def test_other_moments_are_not(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        checked_moment(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1.5h", 5400),
        ("1d", 86400),
        ("PT90S", 90),
        ("P1DT2H", 93600),
        ("P1W", 604800),
    ],
)
def test_durations_are_seconds(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "-5m", "5M", "P", "PT", "P1DT", "1e3s", "99999999d", 5, None]
)
def test_other_durations_are_not(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        seconds(text)
