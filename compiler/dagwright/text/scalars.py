"""What a scalar means: the core schema of YAML 1.2, as editors read it.

`no`, `on`, `1:30` and `010` are a string, a string, a string and the number 10.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Plain = str | int | float | bool | None
Kind = Literal["str", "int", "float", "bool", "null"]

_WORDS: Final[Mapping[str, Plain]] = MappingProxyType(
    dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
    | dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf)
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf)
    | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
)
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MOST_DIGITS: Final = 4_000
"""Python refuses to read longer integers; they stay text."""


def plain_value(text: str) -> Plain:
    """Return what `text` means when it stands unquoted.

    Example:
        >>> [plain_value(text) for text in ("no", "0x1F", "010", "1e3", "~", "1:30")]
        ['no', 31, 10, 1000.0, None, '1:30']
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MOST_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


_TAGGED: Final[Mapping[str, type]] = {
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:null": type(None),
}
KNOWN_TAGS: Final = frozenset(
    {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")}
    | {"!"}
)


def tagged_value(text: str, tag: str) -> Plain:
    """Return what `text` means under `tag`; where it does not fit the tag it stays text."""
    wanted = _TAGGED.get(tag)
    if wanted is None:
        return text
    value = plain_value(text)
    if wanted is float and type(value) is int and abs(value) < 2**1000:
        return float(value)
    fits = type(value) is wanted
    return value if fits else text


class OtherReading(NamedTuple):
    """How a reader of YAML 1.1 takes a scalar that YAML 1.2 takes otherwise."""

    here: str
    there: str
    better: str


_WORDS_1_1: Final = re.compile(r"yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF")
_SEXAGESIMAL: Final = re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_OCTAL_1_1: Final = re.compile(r"[-+]?0[0-7_]+")
_UNDERSCORED: Final = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)")


def other_reading(text: str) -> OtherReading | None:
    """Return how YAML 1.1 would read the unquoted `text`, or None where there is no difference.

    Dates are left out: specs are full of them, and a string and a date print alike.
    """
    if _WORDS_1_1.fullmatch(text):
        meant = "true" if text.lower() in {"yes", "on"} else "false"
        return OtherReading("a string", meant, f'{meant} or "{text}"')
    if _SEXAGESIMAL.fullmatch(text):
        return OtherReading("a string", "a number to the base of 60", f'"{text}"')
    if _OCTAL_1_1.fullmatch(text):
        return OtherReading(
            "a decimal number", "an octal number", f'{text.lstrip("+0") or 0} or "{text}"'
        )
    if "_" in text and _UNDERSCORED.fullmatch(text):
        return OtherReading("a string", "a number", f'{text.replace("_", "")} or "{text}"')
    return None
