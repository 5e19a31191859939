"""The formats that findings can be had in, by the names that the command line has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dagwright.diagnostics.machine import (
    render_concise,
    render_github,
    render_json,
    render_sarif,
)
from dagwright.diagnostics.model import Diagnostic
from dagwright.diagnostics.text import render_text


@dataclass(frozen=True, slots=True)
class Look:
    """What some formats want to know: whether colours are welcome, and the program's version."""

    colour: bool = False
    version: str = "0"


Renderer = Callable[[Sequence[Diagnostic], Mapping[str, str], Look], str]

FORMATS: Final[Mapping[str, Renderer]] = MappingProxyType(
    {
        "text": lambda found, texts, look: render_text(found, texts, colour=look.colour),
        "concise": lambda found, texts, _: render_concise(found, texts),
        "json": lambda found, texts, _: render_json(found, texts),
        "sarif": lambda found, texts, look: render_sarif(found, texts, version=look.version),
        "github": lambda found, texts, _: render_github(found, texts),
    }
)
"""Each returns text that ends in a line break; `texts` are the files by the names in the spans."""
