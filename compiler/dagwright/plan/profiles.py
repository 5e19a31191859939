"""The rows by which a worker makes a dbt profile from an Airflow connection, as data.

Everything that depends on the type of the profile is copied from the table of adapters, so the
runtime knows no adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagwright.spec.adapters import ADAPTERS, Field
from dagwright.spec.model import Profile


def profile_argument(profile: Profile) -> Mapping[str, Any] | None:
    """Return what the runtime needs to make `profile`; None where a file holds it.

    Fields go by the name that the table gives them, whatever other name of theirs was written. The
    rows of a method are all that differ from the `shared` ones.
    """
    if profile.connection is None or profile.type is None:
        return None
    adapter = ADAPTERS[profile.type]
    chosen = adapter.method(profile.method) if profile.method else None
    methods = adapter.methods if chosen is None else (chosen,)
    names = adapter.writable(profile.method)
    return {
        "connection": profile.connection,
        "type": profile.type,
        "connections": list(adapter.connections),
        "name": profile.used_name,
        "target": profile.used_target,
        "fields": {names[name].name: value for name, value in profile.fields.items()},
        "shared": _rows(adapter.fields),
        "methods": [
            {
                "name": method.name,
                **({"when": list(method.when)} if chosen is None and method.when else {}),
                "fields": _rows(method.fields),
            }
            for method in methods
        ],
    }


def _rows(fields: tuple[Field, ...]) -> Mapping[str, Any]:
    return {field.name: _row(field) for field in fields}


def _row(field: Field) -> Mapping[str, Any]:
    """Return the row of a field; what it has not is left out."""
    row: dict[str, Any] = {}
    if field.sources:
        row["from"] = list(field.sources)
    if field.form != "text":
        row["form"] = field.form
    if field.value is not None:
        row["value"] = field.value
    for word in ("required", "secret"):
        if getattr(field, word):
            row[word] = True
    if field.hidden:
        row["hidden"] = list(field.hidden)
    return row
