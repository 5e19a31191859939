"""Check dates, times and time zones without a clock, a locale or a time zone database."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from pydantic_core import PydanticCustomError

from dagwright.spec.zone_names import ZONE_NAMES

MOMENT_PATTERN: Final = (
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def checked_moment(text: str) -> str:
    """Return `text`, a date or a date and time of ISO 8601.

    Raises:
        PydanticCustomError: of type `moment`.

    Example:
        >>> checked_moment("2026-01-01"), checked_moment("2026-01-01T06:00+02:00")
        ('2026-01-01', '2026-01-01T06:00+02:00')
    """
    if match := re.fullmatch(MOMENT_PATTERN, text):
        offset = (match["offset"] or "").replace("Z", "+00:00")
        try:
            datetime.fromisoformat(f"{match['date']}T{match['clock'] or '00:00'}{offset}")
        except ValueError:  # There is no 30 February and no 25 o'clock.
            pass
        else:
            return text
    raise PydanticCustomError("moment", "not a moment")


def checked_timezone(text: str) -> str:
    """Return `text`, the name of an IANA time zone.

    Raises:
        PydanticCustomError: of type `timezone`.
    """
    if text not in ZONE_NAMES:
        raise PydanticCustomError("timezone", "no such zone")
    return text
