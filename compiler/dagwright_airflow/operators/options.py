"""dbt's options as words, once their templates are rendered: typed here, and refused by name.

Which command knows an option, and how it is written, is the artifact's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from dagwright_airflow.airflow_api import AirflowException

_TRUE: Final = frozenset({"true", "1", "yes", "y", "on", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "off", "f"})
_NOT_GIVEN: Final = frozenset({"", "none", "null"})
"""What a template renders to where its value is missing: as if the option were not given."""


class Words(NamedTuple):
    """What the options of one command become: arguments, and variables where no flag says no."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def typed_options(
    options: Mapping[str, Any], forms: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `options` with every value of the type that its form names; None if not given.

    Raises:
        AirflowException: a value is of another type; the sentence names the key.
    """
    typed = {key: _typed(key, value, forms[key]["type"]) for key, value in options.items()}
    start, end = typed.get("event_time_start"), typed.get("event_time_end")
    if start is not None and start == end:
        message = (
            f"`event_time` is empty: it starts and ends at {start}. Airflow 3 gives runs of a "
            "cron schedule no data interval, unless its option create_cron_data_intervals is on; "
            "write `event_time_start` and `event_time_end` instead"
        )
        raise AirflowException(message)
    if start is not None and end is not None and start > end:
        message = f"`event_time_start` is {start}, which is after `event_time_end`, {end}"
        raise AirflowException(message)
    return typed


def option_words(
    command: Sequence[str], typed: Mapping[str, Any], forms: Mapping[str, Mapping[str, Any]]
) -> Words:
    """Return the words of the options that `command` knows."""
    name = " ".join(command[:2]) if command[0] == "source" else command[0]
    arguments: list[str] = []
    environment: dict[str, str] = {}
    for key, value in typed.items():
        form = forms[key]
        if value is None or name not in form["commands"]:
            continue
        if value is True:
            arguments.append(form["flag"])
        elif value is not False:
            arguments += (form["flag"], str(value))
        elif "off" in form:
            arguments.append(form["off"])
        else:  # The worker's environment may say yes.
            variable = form["variable"]
            environment |= {f"DBT_{variable}": "False", f"DBT_ENGINE_{variable}": "False"}
    return Words(tuple(arguments), environment)


def typed_vars(given: Iterable[tuple[str, Any]], rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `rendered` variables with true, false and nothing as such, where they were text.

    The text "False" is true for dbt. It is what a template that stands alone renders to; what the
    spec itself calls "False", or any other text, stays text. `given` are the variables before.
    """
    return {key: _typed_var(value, rendered[key]) for key, value in given}


def _typed_var(given: Any, rendered: Any) -> Any:
    match given, rendered:
        case str(), str() if _ALONE.fullmatch(given):
            return _SPELLED.get(rendered.strip(), rendered)
        case Mapping(), Mapping():
            return {key: _typed_var(value, rendered[key]) for key, value in given.items()}
        case ((list() | tuple()), (list() | tuple())):
            return [_typed_var(*pair) for pair in zip(given, rendered, strict=True)]
        case _:
            return rendered


_ALONE: Final = re.compile(r"\s*(\{\{.*\}\}|\{%.*%\})\s*", re.DOTALL)
"""A template with no text around it."""
_SPELLED: Final = MappingProxyType({"True": True, "False": False, "None": None})


def _typed(key: str, value: Any, kind: str) -> Any:
    if value is None or str(value).strip().lower() in _NOT_GIVEN:
        return None
    try:
        return _TYPES[kind](value)
    except ValueError as error:
        message = f"`{key}` is {error}, and its value now is {str(value)[:80]!r}"
        raise AirflowException(message) from None


def _switch(value: object) -> bool:
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return word in _TRUE


def _count(value: object) -> int:
    word = str(value).strip()
    if not word.isdecimal() or int(word) < 1:
        raise ValueError("a whole number from 1")
    return int(word)


def _moment(value: object) -> str:
    """Return a moment in the form that dbt takes, which knows no offset and means UTC."""
    try:
        found = datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("a date, or a date and a time") from None
    if found.tzinfo is not None:
        found = found.astimezone(timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%S")


_TYPES: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {"switch": _switch, "count": _count, "text": str, "moment": _moment}
)
