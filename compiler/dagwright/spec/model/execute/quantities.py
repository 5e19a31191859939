"""Amounts of CPU and of bytes, written as Kubernetes writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from dagwright.spec.model.words import Shown

CPU_FORM: Final = r"[0-9]+m|[0-9]+(?:\.[0-9]{1,3})?"
"""Thousandths of a CPU, or CPUs: none takes less than a thousandth."""

BYTES_FORM: Final = r"[0-9]+(?:\.[0-9]+)?(?:[kMGTPE]|[KMGTPE]i)?"
"""Bytes; `m` is left out, which means thousandths of a byte there and is always a mistake."""


def _reader(form: str, called: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = f"{value}" if number else value
        if not isinstance(text, str) or not re.fullmatch(form, text):
            raise PydanticCustomError("form", "no quantity", {"called": called})
        return text

    return read


def _shown(form: str, *examples: str) -> Shown:
    text = {"type": "string", "pattern": f"^(?:{form})$", "examples": list(examples)}
    return Shown({"anyOf": [text, {"type": "number", "minimum": 0}]})


Cpu = Annotated[
    str,
    PlainValidator(_reader(CPU_FORM, "an amount of CPU such as `500m` or `2`")),
    _shown(CPU_FORM, "500m", "2"),
]
"""CPUs as text: `500m` is half of one."""

Bytes = Annotated[
    str,
    PlainValidator(_reader(BYTES_FORM, "a number of bytes such as `512Mi` or `2Gi`")),
    _shown(BYTES_FORM, "512Mi", "2Gi"),
]
"""Bytes as text: `1Gi` is 1024 * 1024 * 1024, `1G` a thousand millions."""
