"""A secret in a spec is in nothing that comes out, whatever else is wrong with the spec."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

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
    f"  env: {{DBT_ENV_SECRET_GIT: {CANARY}, PGPASSWORD: {CANARY}}}\n",
    f'  env: {{A: "driver;user=shop;password={CANARY}"}}\n',
    f'  env: {{A: "Bearer {CANARY}0123456789"}}\n',
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


def is_a_value(text: str) -> bool:
    """Return whether the secret is part of what the YAML says: a comment is none."""
    try:
        return CANARY in str(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, ValueError):
        return True  # What is no YAML is a finding by itself.


def shown(text: str) -> str:
    found = findings({SPEC: text}, {})
    return "".join(render(found, {SPEC: text}, Look()) for render in FORMATS.values())


@settings(max_examples=200, deadline=None)
@given(broken())
@example(GOOD.replace(PLAIN, f"#{SECRET[0]}"))
def test_no_format_shows_it(text: str) -> None:
    assert findings({SPEC: text}, {}) or not is_a_value(text)
    assert CANARY not in shown(text)


@pytest.mark.parametrize("line", SECRET)
def test_no_format_shows_it_in_a_comment_beside_a_mistake(line: str) -> None:
    comment = " ".join(line.split())
    text = GOOD.replace(PLAIN, f"  nev: {{}}  # {comment}\n")
    assert "nev:" in shown(text)
    assert CANARY not in shown(text)


@pytest.mark.parametrize("line", SECRET)
def test_it_is_found(line: str) -> None:
    codes = {one.rule.code for one in findings({SPEC: GOOD.replace(PLAIN, line)}, {})}
    assert codes & {"DW701", "DW702", "DW703"}
