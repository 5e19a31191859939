"""What people and programs get to see of findings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from dagwright.diagnostics import Diagnostic, Note, Rule
from dagwright.diagnostics.formats import FORMATS, Look
from dagwright.diagnostics.redact import secret_stretches
from dagwright.span import Span

ERROR = Rule("DW900", "some-error", "error", "{what} is wrong", "{advice}", "    Why.\n")
WARNING = Rule("DW901", "some-warning", "warning", "{what} is odd", "", "    Why.\n")
SECRET = Rule("DW902", "some-secret", "error", "a secret", "", "    Why.\n", secret=True)
TEXT = 'dag:\n  id: shop\n  schedul: "@daily"\n'
SARIF_SCHEMA = Path(__file__).parent / "standards/sarif-schema-2.1.0.json"
SOURCES = {"spec.yaml": TEXT, "base.yaml": "x: 1\n"}


def at(start: int, end: int, file: str = "spec.yaml") -> Span:
    return Span(file, start, end)


def found() -> list[Diagnostic]:
    return [
        ERROR.at(
            at(18, 25),
            what="the key",
            advice="mend it",
            notes=(Note(at(0, 3), "in this block"), Note(at(0, 1, "base.yaml"), "and there")),
        ),
        WARNING.at(at(11, 15), what="50%\nof it"),
    ]


def test_text_points_at_the_characters() -> None:
    assert (
        FORMATS["text"](found(), SOURCES, Look())
        == """\
error[DW900]: the key is wrong
 --> spec.yaml:3:3
  |
1 | dag:
  | --- in this block
...
3 |   schedul: "@daily"
  |   ^^^^^^^
  = help: mend it
  = note: base.yaml:1:1: and there

warning[DW901]: 50% of it is odd
 --> spec.yaml:2:7
  |
2 |   id: shop
  |       ^^^^

Found 1 error, 1 warning in 1 file
"""
    )


def test_colours_are_all_that_colour_adds() -> None:
    plain = FORMATS["text"](found(), SOURCES, Look())
    coloured = FORMATS["text"](found(), SOURCES, Look(colour=True))
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_carets_stand_below_wide_characters() -> None:
    text = "a: 日本 x\n"
    shown = FORMATS["text"]([WARNING.at(at(6, 7), what="x")], {"spec.yaml": text}, Look())
    assert "1 | a: 日本 x\n  |         ^\n" in shown


def test_long_lines_are_cut_around_the_place() -> None:
    text = f"a: {'x' * 500}!{'y' * 500}\n"
    shown = FORMATS["text"]([WARNING.at(at(503, 504), what="x")], {"spec.yaml": text}, Look())
    line, carets = shown.splitlines()[3:5]
    assert len(line) < 130
    assert line[carets.index("^")] == "!"


def test_a_terminal_does_not_obey_the_file() -> None:
    text = "a: \x1b[31mred\x07\n"
    shown = FORMATS["text"]([WARNING.at(at(0, 1), what="x")], {"spec.yaml": text}, Look())
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_concise_is_one_line_each() -> None:
    assert FORMATS["concise"](found(), SOURCES, Look()) == (
        "spec.yaml:3:3: DW900 the key is wrong\nspec.yaml:2:7: DW901 50% of it is odd\n"
    )


def test_json_has_ends_and_related_places() -> None:
    document = json.loads(FORMATS["json"](found(), SOURCES, Look()))
    assert (document["format_version"], document["valid"]) == ("1.1", False)
    assert (document["error_count"], document["warning_count"]) == (1, 1)
    first = document["diagnostics"][0]
    assert first["start"] == {"line": 3, "column": 3}
    assert first["end"] == {"line": 3, "column": 10}
    assert [note["file"] for note in first["related"]] == ["spec.yaml", "base.yaml"]
    assert first["fix"] is None


def test_what_is_sure_to_belong_at_a_place_is_a_fix() -> None:
    sure = [ERROR.at(at(18, 25), instead="schedule", what="x", advice="y"), *found()]
    document = json.loads(FORMATS["json"](sure, SOURCES, Look()))
    assert [one["fix"] for one in document["diagnostics"]] == ["schedule", None, None]
    log = json.loads(FORMATS["sarif"](sure, SOURCES, Look()))
    first, *others = log["runs"][0]["results"]
    ((change,),) = (fix["artifactChanges"] for fix in first["fixes"])
    assert change["artifactLocation"]["uri"] == "spec.yaml"
    assert change["replacements"] == [
        {
            "deletedRegion": {
                "startLine": 3,
                "startColumn": 3,
                "endLine": 3,
                "endColumn": 10,
            },
            "insertedContent": {"text": "schedule"},
        }
    ]
    assert not [one for one in others if "fixes" in one]


def test_sarif_names_rules_by_their_number() -> None:
    log = json.loads(FORMATS["sarif"](found() * 2, SOURCES, Look(version="1.2.3")))
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["version"] == "1.2.3"
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "DW900",
        "DW901",
        "DW900",
        "DW901",
    ]
    prints = [result["partialFingerprints"]["dagwright/v1"] for result in run["results"]]
    assert len(set(prints)) == 4
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "spec.yaml", "uriBaseId": "%SRCROOT%"}


def test_sarif_is_valid_by_its_official_schema() -> None:
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    everywhere = [*found(), ERROR.at(at(0, 3, "/abs/a b.yaml"), what="x", advice="")]
    everywhere.append(ERROR.at(at(18, 25), instead="schedule", what="x", advice=""))
    for diagnostics in ([], everywhere):
        log = json.loads(FORMATS["sarif"](diagnostics, SOURCES, Look(version="1.2.3")))
        Draft4Validator(schema).validate(log)


def test_github_escapes_what_would_end_a_command() -> None:
    lines = FORMATS["github"](found(), SOURCES, Look()).splitlines()
    assert lines[1] == (
        "::warning file=spec.yaml,line=2,endLine=2,col=7,endColumn=11,"
        "title=DW901 some-warning::50%25%0Aof it is odd"
    )
    assert lines[-1] == "Found 1 error, 1 warning in 1 file"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_said_too(name: str) -> None:
    assert FORMATS[name]([], {}, Look()).endswith("\n") or name == "concise"


@pytest.mark.parametrize("name", FORMATS)
def test_a_secret_is_in_no_format(name: str) -> None:
    text = "env:\n  DB_PASSWORD: hunter2\n  OTHER: 1 # hunter2 is not to be seen\n"
    text = text.replace(" # hunter2 is not to be seen", "")
    start = text.index("hunter2")
    quoted = WARNING.at(at(start, start + 7), what="it", instead='"hunter2"')
    diagnostics = [SECRET.at(at(start, start + 7)), WARNING.at(at(0, 3), what="it"), quoted]
    assert "hunter2" not in FORMATS[name](diagnostics, {"spec.yaml": text}, Look())


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD: hunter2",
        "env: {PORT: 1, apiKey: 'hunter2', X: 2}",
        '  "client-secret" : "hunter2',
        "url: postgresql://shop:hunter2@db/shop",
        "env: {DB_PASSWORD: !x hunter2}",
        "env: {'DB_PASSWORD':hunter2}",
        "secret: [hunter2, hunter2]",
        "secret: {of: hunter2, and: hunter2}",
    ],
)
def test_secrets_are_blank_on_lines_with_other_findings(line: str) -> None:
    diagnostics = [WARNING.at(at(0, 1), what="it")]
    for name in FORMATS:
        assert "hunter2" not in FORMATS[name](diagnostics, {"spec.yaml": line}, Look())


@pytest.mark.parametrize("piece", ["password: ", "password: [", "eyJ-", "x://a:", "a-", "a://:"])
def test_a_long_line_of_almost_secrets_ends(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert all(0 <= start <= end <= len(text) for start, end in secret_stretches(text))


def test_references_to_secrets_stay_readable() -> None:
    text = 'DB_PASSWORD: "{{ conn.db.password }}"\nTOKEN: ${TOKEN}\ncompass: north\n'
    assert list(secret_stretches(text)) == []


@given(st.text(max_size=60), st.integers(-5, 80), st.integers(-5, 80), st.sampled_from([*FORMATS]))
def test_any_span_of_any_text_can_be_shown(text: str, start: int, end: int, name: str) -> None:
    note = Note(at(end, start), "here")
    diagnostics = [ERROR.at(at(start, end), what="x", advice="y", notes=(note,))]
    for sources in ({"spec.yaml": text}, {}):
        assert FORMATS[name](diagnostics, sources, Look()).endswith("\n")
