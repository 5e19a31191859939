from __future__ import annotations

from dagwright.diagnostics import Report
from dagwright.spec.rules import RULES as SPEC_RULES
from dagwright.text.document import parse_document
from dagwright.text.ignores import check_ignores
from dagwright.text.rules import RULES as TEXT_RULES

RULES = {name: rule for rule in (*TEXT_RULES, *SPEC_RULES) for name in (rule.code, rule.name)}


def told(text: str, *, checked: bool = True) -> list[tuple[str, str]]:
    report = Report()
    parse_document("spec.yaml", text, report)
    check_ignores(report, RULES, lambda _: checked)
    return [(d.rule.code, text[d.span.start : d.span.end]) for d in report.sorted()]


def test_a_used_comment_is_silent() -> None:
    assert told("a: yes  # dagwright: ignore[DW015] so be it\n") == []


def test_an_unused_one_is_found() -> None:
    assert told("a: 1  # dagwright: ignore[DW015, DW013]\n") == [
        ("DW021", "DW015"),
        ("DW021", "DW013"),
    ]


def test_what_was_not_looked_for_cannot_be_missing() -> None:
    assert told("a: 1  # dagwright: ignore[DW015]\n", checked=False) == []


def test_an_error_cannot_be_hidden() -> None:
    assert told("a: 1\na: 2  # dagwright: ignore[DW001]\n") == [
        ("DW001", "a"),
        ("DW022", "DW001"),
    ]


def test_an_unknown_code_is_found() -> None:
    assert told("a: 1  # dagwright: ignore[DW999]\n") == [("DW022", "DW999")]
