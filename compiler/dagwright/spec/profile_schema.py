"""The JSON Schema of `execute.profile`: by type, the fields that the table of adapters has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dagwright.spec.adapters import ADAPTERS, Adapter, Field

_X: Final = "^x-"
_TYPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "int": ("integer",),
        "number": ("number",),
        "bool": ("boolean",),
        "list": ("array",),
        "mapping": ("object",),
        "data": ("boolean", "number", "array", "object"),
        "text": ("number", "boolean"),
    }
)
"""By form: the types of JSON beside text, which may be a template. Other forms are text."""

_READ: Final = "if not written, the key of its name in the connection's extra"
_FORMS: Final = MappingProxyType(
    {
        f"Field_{form}": {
            "description": f"A field of a profile; {_READ}.",
            "type": ["string", *types, "null"],
        }
        for form, types in _TYPES.items()
    }
)


def profile_definitions(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that tell profiles apart by their `type`, from that of the model.

    Without a type, which may come from elsewhere, a key may be of any; only the model's own are
    offered to a writer.
    """
    own: Mapping[str, Any] = profile["properties"]
    names = {name for adapter in ADAPTERS.values() for name in adapter.writable()}
    blocks = {f"Profile_{name}": _of_type(adapter, own) for name, adapter in ADAPTERS.items()}
    whole = {
        "description": profile["description"],
        "type": "object",
        "properties": dict(own),
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/definitions/Profile_{name}"},
            }
            for name in ADAPTERS
        ],
        "if": {"properties": {"type": {"enum": list(ADAPTERS)}}, "required": ["type"]},
        "else": {"propertyNames": {"anyOf": [{"pattern": _X}, {"enum": sorted({*names, *own})}]}},
    }
    return {"Profile": whole, **blocks, **_FORMS}


def _of_type(adapter: Adapter, own: Mapping[str, Any]) -> dict[str, Any]:
    methods = [method.name for method in adapter.methods]
    properties = {
        **{
            name: {"$ref": f"#/definitions/Profile/properties/{name}"}
            for name in own
            if name != "profiles_dir"
        },
        "method": {"description": own["method"]["description"], "enum": [*methods, None]},
        **{name: _field(name, field) for name, field in adapter.writable().items()},
    }
    return {
        "description": f"A profile of type `{adapter.type}`, made from an Airflow connection.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "patternProperties": {_X: {}},
    }


def _field(name: str, field: Field) -> dict[str, Any]:
    """Return the schema of a field; most are as their form says, and no more than a reference."""
    reference = {"$ref": f"#/definitions/Field_{field.form if field.form in _TYPES else 'text'}"}
    if name == field.name and field.sources == (f"extra.{name}",) and field.value is None:
        return reference
    text = f"dbt's `{name}`" if name == field.name else f"Another name of `{field.name}`"
    if field.sources:
        text += f"; if not written, {' or '.join(f'`{one}`' for one in field.sources)}"
        text += " of the connection"
    if field.value is not None:
        text += f", or {field.value}"
    return {"description": f"{text}.", "allOf": [reference]}
