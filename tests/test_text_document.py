"""Files that are no text, and places inside scalars."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.spec import load_spec
from dagwright.text.document import parse_document
from dagwright.text.events import slow_events
from dagwright.text.route import Places
from dagwright.text.scalars import plain_value

SPEC = (
    "version: 1\ndag: {id: shop}\nrender: {project_dir: shop}\n"
    "execute: {mode: local, project_dir: shop}\n"
)


def codes(data: bytes) -> list[str]:
    report = Report()
    load_spec(MemoryFiles({"spec.yaml": data}), "spec.yaml", None, {}, report)
    return [found.rule.code for found in report.sorted()]


def places(text: str) -> Places:
    report = Report()
    document = parse_document("spec.yaml", text, report)
    assert document is not None
    assert report.found == []
    return Places(document.root, {"spec.yaml": text})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ["DW010"]),
        (b"\xef\xbb\xbf", ["DW010"]),
        (b"\x1f\x8b\x08\x00\x00", ["DW007"]),
        (SPEC.encode("utf-16"), ["DW007"]),
        ("dag: ä\n".encode("latin-1"), ["DW007"]),
        (b"dag: \x00\n", ["DW008"]),
        (b"dag: \x1b[31m\n", ["DW008"]),
        (b"\xef\xbb\xbf" + SPEC.encode(), ["DW013"]),
        (SPEC.replace("\n", "\r\n").encode(), ["DW014"]),
        (b"a" * 1_000_001, ["DW020"]),
        (b"[" * 100_000, ["DW012"]),
        (b"? " * 100_000, ["DW012"]),
        (b"- " * 100_000, ["DW012"]),
        (b"%YAML 1.1\n---\n" + SPEC.encode(), []),
        (SPEC.encode() + b"...\n", []),
    ],
)
def test_odd_files_give_one_finding_each(data: bytes, expected: list[str]) -> None:
    assert codes(data) == expected


def test_a_missing_file_and_a_folder_are_findings(tmp_path: Path) -> None:
    said = []
    for path in (tmp_path / "no.yaml", tmp_path):
        report = Report()
        assert load_spec(DiskFiles(), str(path), None, {}, report) is None
        (found,) = report.found
        assert found.rule.code == "DW009"
        said.append(found.message.rpartition(": ")[2])
    assert said == ["there is no such file", "it is a folder"]


@pytest.mark.parametrize(
    ("written", "value", "part", "expected"),
    [
        ("abcdef", "abcdef", (1, 3), "bc"),
        ("'it''s here'", "it's here", (2, 4), "''s"),
        ('"a\\tb"', "a\tb", (1, 2), "\\t"),
        ('"\\u00e9x\\U0001F600y"', "éx😀y", (2, 4), "\\U0001F600y"),
        ('"a\\\n    b"', "ab", (1, 2), "b"),
        ("a\n    b c", "a b c", (2, 3), "b"),
        ('"a\n\n    b"', "a\nb", (2, 3), "b"),
        ("|\n    x\n    yz\n", "x\nyz\n", (2, 4), "yz"),
        (">-\n    x\n    yz", "x yz", (2, 4), "yz"),
        ("|2\n      x\n    yz\n", "  x\nyz\n", (4, 6), "yz"),
        ("|-\n\n\n    x", "\n\nx", (2, 3), "x"),
        ("é😀x", "é😀x", (1, 2), "😀"),
        ('"abc"', "abc", (3, 3), ""),
        ("'a'", "a", (0, 9), "'a'"),
    ],
)
def test_part_of_a_scalar_is_where_it_is_written(
    written: str, value: str, part: tuple[int, int], expected: str
) -> None:
    text = f"a:\n  b: {written}\n"
    found = places(text)
    assert found.root.entries["a"].value.entries["b"].value.text == value  # type: ignore[union-attr]
    span = found.part(("a", "b"), *part)
    assert text[span.start : span.end] == expected


def test_every_character_of_a_folded_scalar_is_found() -> None:
    text = "a: >\n  one two\n   more\n\n  three\n"
    found = places(text)
    value = found.tree(("a",)).text  # type: ignore[union-attr]
    for at, character in enumerate(value):
        if not character.isspace():
            span = found.part(("a",), at, at + 1)
            assert text[span.start : span.end] == character


def test_a_route_that_is_not_written_falls_back() -> None:
    text = "a:\n  b: 1\n  c:\n"
    found = places(text)
    spans = [found.value(route) for route in (("a", "b"), ("a", "x", 3), ("a", "c"), ("z",))]
    assert [text[span.start : span.end] for span in spans] == ["1", "a", "c", text[:-2]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        (".5", 0.5),
        ("+1", 1),
        ("~", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    got = plain_value(text)
    assert got == value
    assert type(got) is type(value)


def test_the_slow_parser_gives_the_same_document(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = places(SPEC)
    monkeypatch.setattr("dagwright.text.document.events_of", slow_events)
    assert places(SPEC) == fast
