"""A scalar of one type where another is wanted: what is expected, and how it would be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Final

from dagwright.spec.model.settings import IN_SECONDS
from dagwright.text.tree import Scalar

EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "int_type": "a whole number",
        "string_type": "text",
        "bool_type": "true or false",
        "float_type": "a number",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "tuple_type": "a list",
        "none_required": "null",
        "backoff": "true, false or a factor from 0",
        "switch": "true, false or a template",
        "count_or_template": "a whole number from 1, or a template",
    }
)
"""What each error of pydantic about a type expects, in words."""

_TRUTHS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("true", "yes", "on"), "true") | dict.fromkeys(("false", "no", "off"), "false")
)


_DATES: Final = frozenset({"start_date", "end_date"})
_CLOCK: Final = re.compile(
    r"(?=.)(?:(?P<h>[0-9]+)h)?(?:(?P<m>[0-9]+)m)?(?:(?P<s>[0-9]+)s)?"
    r"|(?P<H>[0-9]{1,2}):(?P<M>[0-5][0-9]):(?P<S>[0-5][0-9])"
)
"""`1h30m`, as some write it, and `01:30:00`, as Python prints it."""


def converted(tree: Scalar, expected: str, key: str) -> str | None:
    """Return the scalar as `expected`, where it is only written as something else."""
    if tree.tag is not None or tree.template is not None:
        return None
    match expected:
        case "text" if key in _DATES:
            return None
        case "text" if not (tree.style or isinstance(tree.value, (str, NoneType))):
            return f'"{tree.text}"'
        case "true or false" if tree.text.lower() in _TRUTHS:
            return _TRUTHS[tree.text.lower()]
        case "a whole number" if tree.style in {"'", '"'} and re.fullmatch("[0-9]+", tree.text):
            return tree.text
        case _:
            return None


def conversion(tree: Scalar, expected: str, key: str) -> str:
    """Return how to write what was probably meant; empty where nobody knows."""
    text = isinstance(tree.value, str)
    match expected:
        case "text" if key in _DATES:
            return "write a date such as 2026-01-31"
        case "text" if not text:
            return f'quote it: "{tree.template or tree.text}"'
        case "a list" if text:
            return "put it in brackets: [...]"
        case "a mapping" if re.match(r"[\w\-]+:\S", tree.text):
            return "a key needs a space after its `:`"
        case "true or false" if tree.text.lower() in {"yes", "on", "no", "off"}:
            return f"write {_TRUTHS[tree.text.lower()]}"
    unquoted = Scalar(tree.text, tree.span)
    needless = tree.style in {"'", '"'} and not tree.pieces and not isinstance(unquoted.value, str)
    return "remove the quotes" if needless else ""


def as_duration(tree: Scalar | None, key: str) -> tuple[str, str | None]:
    """Return how to write the duration that `tree` may mean, and it, where that is sure."""
    text = "" if tree is None else tree.text
    if re.fullmatch("[1-9][0-9]*", text):
        sure = f"{text}s" if key in IN_SECONDS else None
        return f"write the unit: {text}s is {text} seconds", sure
    if (clock := _CLOCK.fullmatch(text)) and any(map(int, re.findall("[0-9]+", text))):
        units = ((unit.upper(), said) for unit, said in clock.groupdict().items() if said)
        sure = "PT" + "".join(f"{int(said)}{unit}" for unit, said in units if int(said))
        return f"write `{sure}`, or the whole in one unit", sure
    return "write a number and a unit, such as 90s, 5m, 2h or 1d", None


def cron_hint(tree: Scalar | None) -> str:
    """Return how to write the cron expression that `tree` may be meant for."""
    if tree is not None and re.fullmatch("[0-9]+[smhd]|P.*", tree.text):
        return "an interval is a cron expression too: every 5 minutes is `*/5 * * * *`"
    return "five fields: minute, hour, day of the month, month, day of the week"
