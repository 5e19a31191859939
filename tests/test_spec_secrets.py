"""A secret in a spec is in nothing that comes out, whatever else is wrong with the spec."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagwright.diagnostics.formats import FORMATS, Look
from spec_cases import GOOD, SPEC, findings

CANARY = "c4n4ry"
PLAIN = '  env: {A: "1"}\n'
SECRET = [
    f'  env: {{DB_PASSWORD: {CANARY}, B: "1"}}\n',
    f"  env:\n    DB_PASSWORD: {CANARY}\n",
    f'  env: {{"DB_PASSWORD": "{CANARY}"}}\n',
    f"  env: {{A: 'x', API_KEY: '{CANARY}'}}\n",
    f"  env: {{A: postgresql://shop:{CANARY}@host/db}}\n",
    f"  env: {{'DB_PASSWORD':{CANARY}}}\n",
    f"  env: {{DB_PASSWORD: !x {CANARY}}}\n",
]
PIECES = [
    "{",
    "}",
    "[",
    "'",
    '"',
    ":",
    "\n",
    "\t",
    "- ",
    "&a ",
    "*a",
    "|",
    "#",
    "!x ",
    "${X}",
    "@",
]


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Return the good spec with a secret in it, and odd pieces around that."""
    head, _, tail = GOOD.partition(PLAIN)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(head)))
        head = head[:at] + draw(st.sampled_from(PIECES)) + head[at:]
    return head + draw(st.sampled_from(SECRET)) + tail


@settings(max_examples=200, deadline=None)
@given(broken())
def test_no_format_shows_it(text: str) -> None:
    found = findings({SPEC: text}, {})
    assert found
    for render in FORMATS.values():
        assert CANARY not in render(found, {SPEC: text}, Look())


@pytest.mark.parametrize("line", SECRET)
def test_it_is_found(line: str) -> None:
    codes = {one.rule.code for one in findings({SPEC: GOOD.replace(PLAIN, line)}, {})}
    assert codes & {"DW701", "DW703"}
