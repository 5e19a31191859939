"""A scalar of one type where another is wanted: what is expected, and how it would be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Final

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


def converted(tree: Scalar, expected: str) -> str | None:
    """Return the scalar as `expected`, where it is only written as something else."""
    if tree.tag is not None:
        return None
    match expected:
        case "text" if not (tree.style or isinstance(tree.value, (str, NoneType))):
            return f'"{tree.text}"'
        case "true or false" if tree.text.lower() in _TRUTHS:
            return _TRUTHS[tree.text.lower()]
        case "a whole number" if tree.style in {"'", '"'} and re.fullmatch("[0-9]+", tree.text):
            return tree.text
        case _:
            return None


def conversion(tree: Scalar, expected: str) -> str:
    """Return how to write what was probably meant; empty where nobody knows."""
    if expected == "text" and not isinstance(tree.value, str):
        return f'quote it: "{tree.template or tree.text}"'
    if tree.style in {"'", '"'} and not tree.pieces:
        unquoted = Scalar(tree.text, tree.span)
        if not isinstance(unquoted.value, str):
            return "remove the quotes"
    if expected == "a list" and isinstance(tree.value, str):
        return "put it in brackets: [...]"
    if expected == "true or false" and tree.text.lower() in {"yes", "on", "no", "off"}:
        return f"write {_TRUTHS[tree.text.lower()]}"
    return ""
