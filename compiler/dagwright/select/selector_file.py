"""Check the outside of a selectors.yml: a list of named definitions, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from dagwright.select import rules
from dagwright.select.refusal import Refused
from dagwright.select.request import Complaints
from dagwright.select.spec import Place

_SHAPES: Final[Mapping[str, tuple[tuple[type, ...], Any, str]]] = MappingProxyType(
    {
        "name": ((str,), None, "text"),
        "definition": ((str, dict), None, "text or a mapping"),
        "description": ((str,), "", "text"),
        "default": ((bool,), False, "true or false"),
    }
)
"""Key -> types that it may have, value where it is absent, and what to call these types."""

_TEMPLATE_MARKS: Final = ("{{", "{%", "{#")


def read_selector_file(
    document: Any, complaints: Complaints
) -> dict[str, Mapping[str, Any]] | None:
    """Return the entries of a selectors.yml for `Request.selectors`, or None after a complaint.

    `document` is the file as YAML gives it.
    """
    try:
        return entries_of(document)
    except Refused as refused:
        complaints.refuse(refused)
        return None


def entries_of(document: Any) -> dict[str, Mapping[str, Any]]:
    """Return the entries of `document`, a selectors.yml read as YAML, by name.

    Of two entries with one name the last one counts, as in dbt. An empty file has none. What
    the definitions say is looked at when they are used.

    Raises:
        Refused: dbt would not accept the file, or it holds Jinja, which is not rendered here.
    """
    if not document:
        return {}
    place = Place("selector", 0, 0, 0)
    if not isinstance(document, dict) or not isinstance(document.get("selectors"), list):
        raise _malformed(place, "it has no list `selectors`")
    if extra := sorted(set(map(str, document)) - {"selectors", "version"}):
        raise _malformed(place, f"it has the unknown key {extra[0]!r}")
    for value in _texts(document):
        if any(mark in value for mark in _TEMPLATE_MARKS):
            raise Refused(rules.SELECTOR_TEMPLATE, place, text=value)

    entries: dict[str, Mapping[str, Any]] = {}
    default = None
    for number, entry in enumerate(document["selectors"]):
        where = place.within("selectors", number)
        if why := _fault_of(entry):
            raise _malformed(where, f"entry {number + 1} {why}")
        if entry.get("default") and default is not None:
            raise _malformed(where, f"both {default!r} and {entry['name']!r} are the default")
        default = entry["name"] if entry.get("default") else default
        entries[entry["name"]] = entry
    return entries


def _fault_of(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return "is no mapping"
    if extra := sorted(set(map(str, entry)) - _SHAPES.keys()):
        return f"has the unknown key {extra[0]!r}"
    for key, (types, default, words) in _SHAPES.items():
        if not isinstance(entry.get(key, default), types):
            return f"has no `{key}` that is {words}"
    return None


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside `value`, at any depth."""
    pending = [value]
    while pending:
        match pending.pop():
            case str() as text:
                yield text
            case dict() as mapping:
                pending += mapping.values()
            case list() as items:
                pending += items
            case _:
                pass


def _malformed(place: Place, why: str) -> Refused:
    return Refused(rules.SELECTOR_FILE, place, why=why)
