"""Check the schedules that are text, cron expressions and presets, without importing Airflow.

The grammar is that of croniter, which Airflow uses: five fields, and perhaps seconds after them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import PydanticCustomError

PRESETS: Final = (
    "@once",
    "@continuous",
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@quarterly",
    "@yearly",
)
"""The schedules that Airflow knows by name; `@continuous` needs `max_active_runs: 1`."""

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Field:
    called: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    question_mark: bool = False

    def number(self, text: str) -> int | None:
        """Return the number that `text` stands for, or None."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        if not re.fullmatch(r"[0-9]{1,4}", text):
            return None
        value = int(text)
        return value if self.low <= value <= self.high else None

    @property
    def range(self) -> str:
        """What the field may hold, in words."""
        names = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.low}-{self.high}{names}"


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31, question_mark=True),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS, question_mark=True),
    _Field("second", 0, 59),
)
_DAY, _MONTH = _FIELDS[2:4]


def checked_schedule(text: str) -> str:
    """Return `text`, a preset or a cron expression.

    Raises:
        PydanticCustomError: of type `preset` or `cron`; the context of the latter says which
            characters are wrong (`start`, `end`) and why.
    """
    if text.startswith("@"):
        if text not in PRESETS:
            raise PydanticCustomError("preset", "no such preset")
        return text
    fields = list(re.finditer(r"\S+", text))
    if not 5 <= len(fields) <= 6:
        why = f"a cron expression has 5 fields, and this has {len(fields)}"
        raise _fault(0, len(text), why)
    for field, match in zip(_FIELDS, fields, strict=False):
        at = match.start()
        for item in match[0].split(","):
            alone = "`?` stands alone in its field" if item == "?" != match[0] else None
            if fault := alone or _item_fault(field, item):
                raise _fault(at, at + len(item), fault)
            at += len(item) + 1
    days, months, weekdays = fields[2:5]
    particular = [_particular_day(item) is not None for item in weekdays[0].split(",")]
    if any(particular) and not all(particular):
        why = "`fri#2` and `L5` stand only beside their like"
        raise _fault(weekdays.start(), weekdays.end(), why)
    if weekdays[0] in {"*", "?"} and (never := _never(days[0], months[0])):
        raise _fault(days.start(), months.end(), never)
    return text


def _never(days: str, months: str) -> str | None:
    """Return why no month of `months` has a day of `days`, both right by themselves, or None.

    Airflow takes such a DAG, and then fails to find its next run.
    """
    firsts = [_DAY.number(re.split("[-/]", item)[0]) for item in days.split(",")]
    if None in firsts:  # `*`, `?` or `L`, which every month has.
        return None
    first = min(day for day in firsts if day is not None)
    longest = max(max(map(_longest, _months(item))) for item in months.split(","))
    return None if first <= longest else f"none of these months has a day {first}"


def _months(item: str) -> Sequence[int]:
    """Return the months of one item; with a step, all those that it steps over."""
    span, slash, _ = item.partition("/")
    low, dash, high = span.partition("-")
    first = _MONTH.number(low)
    last = _MONTH.number(high) if dash else None
    if first is None or (dash and last is None):
        return range(1, 13)
    if last is None:
        last = 12 if slash else first
    return range(first, last + 1) if first <= last else range(1, 13)


def _longest(month: int) -> int:
    """Return how many days a month has at most."""
    return 29 if month == 2 else 30 if month in {4, 6, 9, 11} else 31


def _fault(start: int, end: int, why: str) -> PydanticCustomError:
    return PydanticCustomError("cron", "bad cron", {"start": start, "end": end, "why": why})


def _item_fault(field: _Field, item: str) -> str | None:
    """Return what is wrong with one item of a field's list, or None."""
    if field.question_mark and item == "?":
        return None
    if field.called == "day of the month" and item.lower() == "l":
        return None
    if field.called == "day of the week" and (day := _particular_day(item)) is not None:
        return None if field.number(day) is not None else f"{field.called} is {field.range}"
    span, slash, step = item.partition("/")
    if slash and not (re.fullmatch(r"[0-9]{1,4}", step) and 1 <= int(step) <= field.high):
        return f"the step of {field.called} is 1-{field.high}"
    if span == "*":
        return None
    low, dash, high = span.partition("-")
    ends = [field.number(low), field.number(high) if dash else 0]
    return None if None not in ends else f"{field.called} is {field.range}"


def _particular_day(item: str) -> str | None:
    """Return the day of `fri#2` (the second of the month) and `L5` (the last one), or None."""
    if numbered := re.fullmatch(r"(\w+)#([1-5]|[lL])", item):
        return numbered[1]
    if last := re.fullmatch(r"[lL]([0-7])", item):
        return last[1]
    return None
