"""How names look that an API server of Kubernetes takes, by its own rules: one form a rule."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Form(NamedTuple):
    """How a text must look, for the machine and for people."""

    pattern: re.Pattern[str]
    words: str


_PART: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DOMAIN: Final = rf"{_PART}(\.{_PART})*"
_WORD: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

NAME: Final = Form(
    re.compile(rf"(?=.{{1,63}}$){_PART}"),
    "up to 63 small letters, digits and `-`, a letter or digit at both ends",
)
DOMAIN: Final = Form(
    re.compile(rf"(?=.{{1,253}}$){_DOMAIN}"),
    "small letters, digits, `-` and `.`, a letter or digit at both ends of each part",
)
"""A part of it may be longer than one of the DNS: only the whole is counted."""

KEY: Final = Form(
    re.compile(rf"((?=[^/]{{1,253}}/){_DOMAIN}/)?{_WORD}"),
    "up to 63 letters, digits, `-`, `_` and `.`, after a domain and a slash if need be",
)
"""The key of a label, a taint or, in small letters, of an annotation."""

VALUE: Final = Form(
    re.compile(rf"({_WORD})?"),
    "up to 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends",
)
"""The value of a label, which may be empty."""

FILE: Final = Form(
    re.compile(r"(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}"), "letters, digits, `-`, `_` and `.`"
)
"""The key of a Secret or a ConfigMap."""
