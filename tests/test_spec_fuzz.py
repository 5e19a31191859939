"""No text makes the front end fail: only findings, each at a place inside its file."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.diagnostics.formats import FORMATS, Look
from dagwright.files import MemoryFiles
from dagwright.spec import load_spec
from dagwright.text.document import parse_document
from dagwright.text.events import SyntaxFault, events_of, slow_events
from spec_cases import GOOD, SPEC, findings

PIECES = """
: , - { } [ ] ' " # & * ! | > % @ ` ? ~ $ ${ } <<
\\ &a *a !!str ${X} ${X:-1} $$ é 😀 null true no 1 -1 2h
[] {} x- dag render execute environments retries select @daily 'a''b' 111111111111111111111111 .inf
""".split()  # noqa: SIM905 - a list of strings would be five times as long
PIECES += [
    "\n",
    "\t",
    "\r",
    "\n  ",
    "\n    ",
    "  ",
    "- ",
    ": ",
    "key: ",
    "<<: *a",
    "---\n",
    "...\n",
]
PIECES += ["|\n  x\n", ">-\n  y\n", "\u2028", "mode: local", "extends: a", '"\\u0041\\\n"']
PIECES += ["# dagwright: ignore[DW015]"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return the good spec with some stretches cut out, doubled, or replaced."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        new = draw(
            st.one_of(
                st.sampled_from(PIECES),
                st.just(""),
                st.just(text[start:end] * 2),
                st.text(max_size=4),
            )
        )
        text = text[:start] + new + text[end:]
    return text


soup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=14).map("".join)


def check(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:  # A lone surrogate is in no file.
        return
    found = findings({SPEC: text}, {"X": "1"})
    size = len(text.removeprefix("\ufeff"))
    for one in found:
        for span in (one.span, *(note.span for note in one.notes)):
            assert span.file in {SPEC, "a"}
            assert 0 <= span.start <= span.end <= size
    for render in FORMATS.values():
        render(found, {SPEC: text}, Look())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(mutated(), soup))
def test_any_text_gives_findings(text: str) -> None:
    check(text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(mutated(), soup))
def test_very_many_texts_give_findings(text: str) -> None:
    check(text)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_give_findings(data: bytes) -> None:
    report = Report()
    load_spec(MemoryFiles({SPEC: data}), SPEC, None, {}, report)
    assert report.failed


def test_the_good_one_is_good() -> None:
    assert findings({SPEC: GOOD}, {}) == []


@settings(max_examples=300, deadline=None)
@given(st.one_of(mutated(), soup))
@example("&a:")
@example("- &a:b 1\n- *a:b\n")
def test_both_parsers_agree(text: str) -> None:
    """What is accepted, and every place, is the same with PyYAML's C parser and without."""
    pytest.importorskip("yaml")
    got = []
    for parse in (events_of, slow_events):
        try:
            events = [
                (
                    type(event).__name__,
                    *((event.start_mark.index, event.end_mark.index) if written(event) else ()),
                    getattr(event, "value", None),
                    getattr(event, "style", None) or "",
                    getattr(event, "anchor", None),
                )
                for event in parse(text)
            ]
        except SyntaxFault as fault:
            events = [(fault.problem, fault.index)]
        got.append(events)
    assert got[0] == got[1]


def written(event: object) -> bool:
    """Return whether the event has a place of its own: the parsers differ on empty scalars."""
    return bool(getattr(event, "value", "x") or getattr(event, "style", ""))


@pytest.mark.parametrize(
    "line",
    ["a\n", "- a\n", "a: b\n", "'x'\n", "a,", "[a, ", "? a\n", "&a x\n", "# c\n", " \n", "${X}"],
)
def test_a_large_file_of_one_kind_ends(line: str) -> None:
    text = "x-a:\n" + f"  {line}" * (100_000 // len(line))
    for whole in (text, f"# \t\n{text}"):  # The second is for the slower parser.
        report = Report()
        parse_document(SPEC, whole, report)
        assert all(found.span.end <= len(whole) for found in report.found)


def test_shuffled_lines_give_findings() -> None:
    lines = GOOD.splitlines(keepends=True)
    for seed in range(60):
        order = random.Random(seed).sample(lines, len(lines))  # noqa: S311 - no secret
        check("".join(order))
