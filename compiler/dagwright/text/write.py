"""Data to YAML text: block style, one value a line, and the same to readers of YAML 1.1 and 1.2.

Strings are plain where no reader can take them for anything else, and quoted as in JSON where
one could.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dagwright.text.route import Route
from dagwright.text.scalars import other_reading, plain_value

_PLAIN: Final = re.compile(
    r"(?=.*[A-Za-z])(?!0b)[A-Za-z0-9_./][A-Za-z0-9_./+-]*,?(?: [A-Za-z0-9_./+-]+,?)*"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)
_INVISIBLE: Final = re.compile("[\\x7f-\\xa0\\xad\\u2028\\u2029\\ufeff\\ufffe\\uffff]")


def yaml_text(data: Mapping[str, Any], remark: Callable[[Route], str] = lambda _: "") -> str:
    """Return `data`, which is what JSON can hold, as a YAML document.

    `remark` says of the place of each value what comment stands behind it, if any.

    Example:
        >>> print(yaml_text({"id": "shop", "tags": ["a b", "no"], "x": {}}), end="")
        id: shop
        tags:
          - a b
          - "no"
        x: {}
    """
    return "".join(f"{line}\n" for line in _lines(data, (), remark))


def scalar_text(value: object) -> str:
    """Return one value in YAML's manner: a scalar, or an empty list or mapping.

    Example:
        >>> [scalar_text(value) for value in ("a", "1", 1, None, "a: b", "on")]
        ['a', '"1"', '1', 'null', '"a: b"', '"on"']
    """
    if not isinstance(value, str):
        return json.dumps(value)
    safe = _PLAIN.fullmatch(value) and isinstance(plain_value(value), str)
    if safe and other_reading(value) is None:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _lines(
    value: Mapping[str, Any] | list[Any], route: Route, remark: Callable[[Route], str]
) -> Iterator[str]:
    """Yield the lines of a mapping or list that is not empty, indented as at the top."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            head, at = f"{scalar_text(key)}:", (*route, key)
            if isinstance(item, (Mapping, list)) and item:
                yield head
                yield from (f"  {line}" for line in _lines(item, at, remark))
            else:
                yield _remarked(f"{head} {scalar_text(item)}", remark(at))
        return
    for index, item in enumerate(value):
        at = (*route, index)
        if isinstance(item, (Mapping, list)) and item:
            first, *others = _lines(item, at, remark)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
        else:
            yield _remarked(f"- {scalar_text(item)}", remark(at))


def _remarked(line: str, remark: str) -> str:
    return f"{line}  # {remark}" if remark else line
