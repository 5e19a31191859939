"""The variables that a spec uses: which are set, what stands in for them, where they are used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from dagwright.diagnostics.redact import is_secret_name
from dagwright.span import LineIndex
from dagwright.spec import SpecDocument
from dagwright.spec.variables import uses
from dagwright.text.tree import Table

HIDDEN: Final = "(hidden)"


@dataclass(frozen=True, slots=True)
class _Variable:
    """One way in which a variable is used; its value is never told."""

    name: str
    set: bool
    default: str | None
    required: str | None
    places: tuple[str, ...]


def list_variables(document: SpecDocument, environment: str | None, form: str) -> str:
    """Return the variables that a spec uses, or one environment of it: a table, or JSON.

    No value is told, and no default of what has the name of a secret.
    """
    found = _variables(document, environment)
    if form == "json":
        return json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False) + "\n"
    return _table([(one.name, _set(one), _without(one), ", ".join(one.places)) for one in found])


def _set(variable: _Variable) -> str:
    return "yes" if variable.set else "no"


def _without(variable: _Variable) -> str:
    """Return what happens where the variable is not set."""
    if variable.default is None:
        return f"error: {variable.required}" if variable.required else "error"
    return variable.default or '""'


def _table(rows: Sequence[tuple[str, str, str, str]]) -> str:
    whole = [("NAME", "SET", "WITHOUT IT", "USED AT"), *rows]
    widths = [max(len(row[column]) for row in whole) for column in range(3)]
    return "".join("  ".join((*map(str.ljust, row[:3], widths), row[3])) + "\n" for row in whole)


def _variables(document: SpecDocument, environment: str | None) -> list[_Variable]:
    lines = {path: LineIndex(text) for path, text in document.texts.items()}
    places: dict[tuple[str, str | None, str | None], list[str]] = {}
    for use in uses(_used(document.root, environment), document.texts):
        at = lines[use.span.file].position(use.span.start)
        hidden = HIDDEN if use.default and is_secret_name(use.name) else use.default
        here = places.setdefault((use.name, hidden, use.message), [])
        place = f"{use.span.file}:{at.line}:{at.column}"
        if place not in here:
            here.append(place)
    return [
        _Variable(name, bool(document.variables.get(name)), default, message, tuple(at))
        for (name, default, message), at in sorted(
            places.items(), key=lambda item: tuple(part or "" for part in item[0])
        )
    ]


def _used(root: Table, environment: str | None) -> Table:
    """Return what of a spec is read: no blocks of the author's own, no other environments."""
    entries = {name: entry for name, entry in root.entries.items() if not name.startswith("x-")}
    block = entries.get("environments")
    if environment is not None and block is not None and isinstance(block.value, Table):
        chosen = {name: one for name, one in block.value.entries.items() if name == environment}
        entries["environments"] = replace(block, value=replace(block.value, entries=chosen))
    return replace(root, entries=entries)
