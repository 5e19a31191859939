"""The forms that fields of a dbt profile have: what is made of the text of a connection.

Each raises TypeError or ValueError for what is not of its form.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

_TRUTHS: Final = MappingProxyType(
    dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True)
    | dict.fromkeys(("false", "f", "no", "n", "off", "0"), False)
)
_KEY: Final = "-----BEGIN"


class Form(NamedTuple):
    """What makes a value of the form, and how a value is called that has it."""

    convert: Callable[[Any], Any]
    called: str


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list)):
        raise TypeError
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return _TRUTHS[str(value).strip().lower()]
    except KeyError:
        raise ValueError from None


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        value = json.loads(text) if text.startswith("[") else [s.strip() for s in text.split(",")]
    if not isinstance(value, (list, tuple)):
        raise TypeError
    return list(value)


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, Mapping):
        raise TypeError
    return dict(value)


def _data(value: Any) -> Any:
    """Return a boolean, a number or a list where the text is one in JSON; else the text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return str(value)


def _url_host(value: Any) -> str:
    """Return the host of an address, which some connections hold with its scheme."""
    text = _text(value)
    return text.partition("://")[2].rstrip("/") if "://" in text else text.rstrip("/")


def _account(value: Any) -> str:
    """Return a Snowflake account: its region once, and not at all where it is the first one."""
    text = _text(value).removesuffix(".us-west-2")
    head, _, region = text.rpartition(".")
    return head if region and head.endswith(f".{region}") else text


def _pem(value: Any) -> str:
    """Return a private key as text; Airflow's Snowflake provider keeps it in base64."""
    text = _text(value)
    if _KEY in text:
        return text
    try:
        decoded = base64.b64decode(text, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text  # A key without its frame, which dbt takes as well.
    return decoded if _KEY in decoded else text


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "text": Form(_text, "a text"),
        "int": Form(_whole, "a whole number"),
        "number": Form(_number, "a number"),
        "bool": Form(_truth, "true or false"),
        "list": Form(_list, "a list"),
        "mapping": Form(_mapping, "a mapping, or the JSON of one"),
        "data": Form(_data, "a value of JSON"),
        "url_host": Form(_url_host, "a host"),
        "account": Form(_account, "an account"),
        "pem": Form(_pem, "a private key"),
    }
)
"""The closed table of forms, by the words of the artifact."""
