"""The JSON Schema is the model's, and judges as the validator does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dagwright.diagnostics import Report
from dagwright.spec.model import MODES, Spec, SpecPart
from dagwright.spec.schema import schema_text, spec_schema
from dagwright.text.document import parse_document
from dagwright.text.tree import plain
from spec_cases import SPEC, Case, cases, findings

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas/spec-1.json"
CASES = [
    case
    for case in cases(ROOT / "tests/cases/spec")
    if len(case.contents()) == 1 and "${" not in case.chunk
]
IN_SCHEMA = {"DW101", "DW102", "DW103", "DW104", "DW105", "DW106", "DW107", "DW108", "DW109"}
"""What a schema can see; the rest needs a parser of cron, a table of zones or two keys at once."""


def data(text: str) -> Any:
    document = parse_document(SPEC, text, Report())
    assert document is not None
    return json.loads(json.dumps(plain(document.root)))


def test_the_committed_schema_is_that_of_the_model(update: bool) -> None:  # noqa: FBT001
    if update:
        SCHEMA.write_text(schema_text(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(spec_schema())


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c.path.stem}: {c.title}") for c in CASES])
def test_it_judges_as_the_validator_does(case: Case) -> None:
    contents = case.contents()
    codes = {found.rule.code for found in findings(contents, {})}
    refused = not Draft7Validator(spec_schema()).is_valid(data(contents[SPEC]))
    if refused:
        assert codes & IN_SCHEMA
    elif case.path.stem != "environments":
        assert not codes & IN_SCHEMA


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/**/*.dagwright.y*ml")), ids=str)
def test_it_accepts_the_examples(path: Path) -> None:
    Draft7Validator(spec_schema()).validate(data(path.read_text(encoding="utf-8")))


def parts(part: type[SpecPart]) -> Iterator[type[SpecPart]]:
    for child in part.__subclasses__():
        yield child
        yield from parts(child)


def test_every_key_says_what_it_is() -> None:
    schema = spec_schema()
    blocks = [schema, *schema["definitions"].values()]
    keys = [
        (name, value) for block in blocks for name, value in block.get("properties", {}).items()
    ]
    assert len(keys) > 100
    assert [name for name, value in keys if not value.get("description")] == []


def test_modes_in_the_schema_are_those_of_the_table() -> None:
    definitions = spec_schema()["definitions"]
    assert {part.__name__ for part in MODES.values()} <= set(definitions)
    assert {part.__name__ for part in parts(SpecPart)} - set(definitions) <= {
        "Spec",
        "ExecuteCommon",
    }
    assert set(spec_schema()["properties"]) == set(Spec.model_fields)
