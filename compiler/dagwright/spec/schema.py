"""The model to its JSON Schema (draft-07), for editors and for whoever checks specs without us.

What is said of a key is the docstring below its field. Three things differ from what pydantic
makes by itself: keys that begin with `x-` are free, any value may hold a `${variable}`, and what
is required may come from the file that is extended or from an environment.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from dagwright.spec.model import MODES, Dag, Environment, EnvironmentDag, Profile, Spec, SpecPart
from dagwright.spec.profile_schema import profile_definitions

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_VARIABLE: Final = "Variable"


def schema_text() -> str:
    """Return the JSON Schema of the spec as text, the same for the same model."""
    return json.dumps(spec_schema(), indent=2, ensure_ascii=False) + "\n"


def spec_schema() -> dict[str, Any]:
    """Return the JSON Schema of the spec."""
    made = Spec.model_json_schema(
        ref_template="#/definitions/{model}", schema_generator=_Plain, mode="validation"
    )
    definitions: dict[str, Any] = made.pop("$defs")
    definitions["Spec"] = made
    for part in _parts(SpecPart):
        if part.__name__ in definitions:
            _document(definitions[part.__name__], part)
    for name in ("dag", "task_group"):  # To leave one out is not to write null.
        made["properties"][name]["anyOf"].remove({"type": "null"})
    required = _take_required(definitions)
    definitions.update(profile_definitions(definitions[Profile.__name__]))
    _specialise(definitions)
    definitions = {name: _by_mode(schema, definitions) for name, schema in definitions.items()}
    definitions = {name: _with_variables(schema) for name, schema in definitions.items()}
    definitions[_VARIABLE] = {
        "description": "A value that `${NAME}` gives when the spec is read. Quoted or not, it is "
        "then read as the key wants it: as a number or a boolean where one belongs, else as text.",
        "type": "string",
        "pattern": r"\$\{",
    }
    root = definitions.pop("Spec")
    return {
        "$schema": _DRAFT,
        "title": "dagwright spec",
        **root,
        **required,
        "definitions": dict(sorted(definitions.items())),
    }


class _Plain(GenerateJsonSchema):
    """pydantic's generator, without the titles that only repeat the names of keys."""

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """Return the schema of a mapping; where keys have a form, there are no others."""
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return false: a key is its own title."""
        del schema
        return False


def _parts(part: type[SpecPart]) -> Iterator[type[SpecPart]]:
    for child in part.__subclasses__():
        yield child
        yield from _parts(child)


def _document(schema: dict[str, Any], part: type[SpecPart]) -> None:
    """Give the properties of `part` their docstrings, and let keys with `x-` through."""
    schema.pop("title", None)
    documented = {name: text for kind in part.__mro__[::-1] for name, text in _docs(kind)}
    for name, value in schema["properties"].items():
        schema["properties"][name] = _described(value, documented[name])
    schema["patternProperties"] = {"^x-": {}}


def _described(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    """Return `schema` with a description, and a default only where it says something."""
    inner = {key: value for key, value in schema.items() if key not in {"default", "description"}}
    if "$ref" in inner:  # What stands beside a reference is not read in draft-07.
        inner = {"allOf": [inner]}
    default = schema.get("default")
    shown = {} if default is None or isinstance(default, (dict, list)) else {"default": default}
    return {"description": description, **inner, **shown}


def _docs(kind: type) -> Iterator[tuple[str, str]]:
    """Yield the fields of a class with the docstrings below them."""
    if not issubclass(kind, SpecPart):
        return
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass  # A method, or the model's configuration.


def _take_required(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what a spec must have: all of it, unless it extends a file or has environments."""
    blocks = {"dag": "Dag", "task_group": "TaskGroup", "render": "Render"}
    for name in (*blocks.values(), "Spec", *(mode.__name__ for mode in MODES.values())):
        definitions[name].pop("required", None)
    return {
        "not": {"required": ["dag", "task_group"]},
        "if": {"required": ["extends"]},
        "else": {
            "required": ["version", "render"],
            "oneOf": [{"required": ["dag"]}, {"required": ["task_group"]}],
            "properties": {
                "dag": {"required": ["id"]},
                "task_group": {"required": ["id"]},
                "render": {"required": ["project_dir"]},
            },
            "if": {"properties": {"environments": {"maxProperties": 0}}},
            "then": {
                "required": ["execute"],
                "properties": {"execute": {"required": ["mode"]}},
            },
        },
    }


def _specialise(definitions: dict[str, Any]) -> None:
    """Give environments the schemas of what they lay over the base."""
    overlay: dict[str, Any] = {}
    for mode in MODES.values():
        for name, schema in definitions[mode.__name__]["properties"].items():
            overlay[name] = _either(overlay.get(name), schema)
    definitions["Overlay"] = {
        "description": "Keys laid over those of `execute`; nothing is required.",
        "type": "object",
        "properties": overlay,
        "additionalProperties": False,
        "patternProperties": {"^x-": {}},
    }
    environment = definitions[Environment.__name__]["properties"]
    text = environment["execute"]["description"]
    environment["execute"] = _described({"$ref": "#/definitions/Overlay"}, text)
    properties = definitions[EnvironmentDag.__name__]["properties"]
    for name in properties:
        schema = definitions[Dag.__name__]["properties"][name]
        properties[name] = {**schema, "description": properties[name]["description"]}


def _either(one: Any, other: Any) -> Any:
    """Return the schema of what is right by one of two schemas; `one` may be None."""
    if one is None or one == other:
        return other
    branches = one.get("anyOf", [one])
    known = branches if all("description" in branch for branch in branches) else [one]
    if other in known:
        return one
    return {"description": known[0]["description"], "anyOf": [*known, other]}


def _by_mode(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return `schema` with its unions told apart by their key `mode`, as editors follow best.

    Where no mode is written, it may come from elsewhere: each key is judged by itself.
    """
    if isinstance(schema, list):
        return [_by_mode(item, definitions) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "discriminator" not in schema:
        return {key: _by_mode(value, definitions) for key, value in schema.items()}
    blocks = {name: ref.rpartition("/")[2] for name, ref in _tags(schema).items()}
    words = [
        {"const": name, "description": definitions[block]["description"].partition("\n")[0]}
        for name, block in blocks.items()
    ]
    described = {key: schema[key] for key in ("description",) if key in schema}
    return {
        **described,
        "type": "object",
        "properties": {"mode": {"description": "Where dbt runs.", "oneOf": words}},
        "allOf": [
            {
                "if": {"properties": {"mode": {"const": name}}, "required": ["mode"]},
                "then": {"$ref": f"#/definitions/{block}"},
            }
            for name, block in blocks.items()
        ],
        "if": {"properties": {"mode": {"enum": list(blocks)}}, "required": ["mode"]},
        "else": {"$ref": "#/definitions/Overlay"},
    }


def _tags(schema: Mapping[str, Any]) -> Mapping[str, str]:
    mapping: Mapping[str, str] = schema["discriminator"]["mapping"]
    return mapping


def _with_variables(schema: Any) -> Any:
    """Return `schema` with a `${variable}` allowed wherever text of any form is not."""
    if isinstance(schema, list):
        return [_with_variables(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if _is_narrow(schema):
        outside = {
            key: value for key, value in schema.items() if key in {"description", "default"}
        }
        inside = {key: value for key, value in schema.items() if key not in outside}
        return {**outside, "anyOf": [inside, {"$ref": f"#/definitions/{_VARIABLE}"}]}
    return {
        key: value
        if key in {"default", "examples", "if", "propertyNames"}
        else _with_variables(value)
        for key, value in schema.items()
    }


def _is_narrow(schema: Mapping[str, Any]) -> bool:
    """Return whether `schema` is of a single value that is not just any text."""
    kind = schema.get("type")  # A schema itself, where this is the properties of a profile.
    if (isinstance(kind, str) and kind in {"integer", "number", "boolean"}) or "const" in schema:
        return True
    if isinstance(schema.get("pattern"), str):
        return True
    choices = schema.get("oneOf")
    return isinstance(choices, list) and all("const" in choice for choice in choices)
