"""The JSON Schema is the model's, and judges as the validator does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from dagwright.diagnostics import Report
from dagwright.spec.model import MODES, Spec, SpecPart
from dagwright.spec.schema import schema_text, spec_schema
from dagwright.text.document import parse_document
from dagwright.text.route import Route
from dagwright.text.tree import Items, Scalar, Table, Tree, plain
from spec_cases import GOOD, SPEC, Case, cases, findings

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas/spec-1.json"
CASES = [
    case
    for case in cases(ROOT / "tests/cases/spec")
    if len(case.contents()) == 1 and "${" not in case.chunk
]
VALIDATOR = Draft7Validator(spec_schema())
IN_SCHEMA = {
    "DW101",
    "DW102",
    "DW103",
    "DW104",
    "DW105",
    "DW106",
    "DW107",
    "DW108",
    "DW109",
    "DW128",
}
"""What a schema can see; the rest needs a parser of cron, a table of zones or two keys at once."""
BY_TWO_KEYS = {
    "a field of another method",
    "what the method decides",
    "no type",
    "a type without a connection",
}
"""Cases of profiles, whose keys may come from two files."""


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
    refused = not VALIDATOR.is_valid(data(contents[SPEC]))
    if refused:
        assert codes & (IN_SCHEMA | {"DW134", "DW156"})
    elif case.path.stem != "environments" and case.title not in BY_TWO_KEYS:
        assert not codes & IN_SCHEMA


def leaves(tree: Tree, route: Route = ()) -> Iterator[tuple[Route, Scalar]]:
    match tree:
        case Scalar():
            yield route, tree
        case Table():
            for name, entry in tree.entries.items():
                yield from leaves(entry.value, (*route, name))
        case Items():
            for number, item in enumerate(tree.items):
                yield from leaves(item, (*route, number))


def test_any_value_may_come_from_a_variable_for_both() -> None:
    document = parse_document(SPEC, GOOD, Report())
    assert document is not None
    tried = 0
    for _, leaf in leaves(document.root):
        whole = leaf.span.file == SPEC and leaf.style not in {"|", ">"}
        if not whole or leaf.notes or "$" in leaf.text:
            continue
        text = f'{GOOD[: leaf.span.start]}"${{X}}"{GOOD[leaf.span.end :]}'
        assert findings({SPEC: text}, {"X": leaf.text}) == [], leaf.text
        VALIDATOR.validate(data(text))
        tried += 1
    assert tried > 25


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/**/*.dagwright.y*ml")), ids=str)
def test_it_accepts_the_examples(path: Path) -> None:
    VALIDATOR.validate(data(path.read_text(encoding="utf-8")))


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
    assert [name for name, value in keys if not _referred(schema, value).get("description")] == []


def _referred(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = schema
    for part in value["$ref"].split("/")[1:]:
        found = found[part]
    return _referred(schema, found)


def test_modes_in_the_schema_are_those_of_the_table() -> None:
    definitions = spec_schema()["definitions"]
    assert {part.__name__ for part in MODES.values()} <= set(definitions)
    unnamed = {part.__name__ for part in parts(SpecPart)} - set(definitions)
    assert {name for name in unnamed if not name.endswith("Keys")} <= {"Spec", "ExecuteCommon"}
    assert set(spec_schema()["properties"]) == set(Spec.model_fields)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.floats(-2, 2).filter(lambda x: not x.is_integer()),  # To a schema 2.0 is whole.
        st.sampled_from(
            ["", "x", "5m", "local", "build", "s3://a/b", "a.b", "@daily", "2026-01-01"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["id", "x-a", "retries", "select", "all"]), inner, max_size=2
        ),
    ),
    max_leaves=4,
)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """Return the data of a good spec with a few values replaced, keys renamed or removed."""
    made = data(GOOD)
    del made["environments"]  # What is wrong in one is told where it is merged.
    for _ in range(draw(st.integers(1, 3))):
        at = made
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is None:
                break
            if isinstance(at[key], (dict, list)) and draw(st.booleans()):
                at = at[key]
                continue
            match draw(st.sampled_from(["replace", "remove", "rename"])):
                case "replace":
                    at[key] = draw(VALUES)
                case "rename" if isinstance(at, dict):
                    at[f"{key}s"] = at.pop(key)
                case _:
                    del at[key]
            break
    return made


@settings(max_examples=300, deadline=None)
@given(changed())
def test_it_judges_as_the_validator_does_of_any_data(made: Any) -> None:
    found = findings({SPEC: json.dumps(made)}, {})
    assert not any("is something else" in one.message for one in found)
    codes = {one.rule.code for one in found}
    if made and VALIDATOR.is_valid(made):
        assert not codes & IN_SCHEMA
    else:
        assert codes
