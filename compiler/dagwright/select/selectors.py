"""Read selectors.yml, or the copy of it in a manifest, into selections by name.

dbt reads every definition on every command, so that one mistake breaks them all; and it has
corners that surprise, all of them kept: a string is one criterion, spaces and commas included; a
key and a value are taken word for word; among the members of a union or intersection, anything
with an `exclude` key is an exclusion and nothing else; and all groups are eager.
Source: dbt's graph/cli.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dagwright.select import rules
from dagwright.select.refusal import Refused
from dagwright.select.spec import INDIRECT, Criterion, Group, Place, Selection
from dagwright.select.syntax import Reader, default_method


@dataclass(frozen=True, slots=True)
class Named:
    """One entry of selectors.yml."""

    selection: Selection
    default: bool = False


class Definitions:
    """Reads definitions in their order; `named` are the good ones, `refused` the others."""

    def __init__(self, reader: Reader, *, copied: bool, substitutes: bool) -> None:
        """Read criteria with `reader`.

        Args:
            reader: knows the methods and the mode for tests.
            copied: whether these are the manifest's copies, in which dbt drops empty values.
            substitutes: whether `method: selector` is replaced by an earlier definition while
                reading, with all that stands beside it ignored: dbt before 1.12.
        """
        self._reader = reader
        self._copied = copied
        self._substitutes = substitutes
        self.named: dict[str, Named] = {}
        self.refused: dict[str, Refused] = {}

    def read(self, name: str, entry: Mapping[str, Any], place: Place) -> None:
        """Add the selector `name`; `place` is where it is asked for."""
        where = place.within(name, "definition")
        try:
            selection = self._root(entry.get("definition"), where)
        except Refused as refused:
            self.refused[name] = refused
        else:
            self.named[name] = Named(selection, entry.get("default") is True)

    def _root(self, definition: Any, place: Place) -> Selection:
        grouped = isinstance(definition, dict) and not definition.keys().isdisjoint(
            ("union", "intersection")
        )
        if grouped and len(definition) > 1:
            keys = ", ".join(map(str, definition))
            raise _malformed(
                place, f"beside `union` or `intersection` no key may stand; found {keys}"
            )
        return self._definition(definition, place)

    def _definition(self, definition: Any, place: Place) -> Selection:
        if isinstance(definition, str):
            return self._reader.atom(definition, place)
        if not isinstance(definition, dict):
            raise _malformed(place, f"a definition is text or a mapping, not {_kind(definition)}")
        for operation in ("union", "intersection"):
            if operation in definition:
                return self._group(operation, definition, place)
        return self._dictionary(definition, place)

    def _group(self, operation: Any, definition: dict[str, Any], place: Place) -> Selection:
        included: list[Selection] = []
        excluded: Selection | None = None
        for step, member in enumerate(_members(definition, operation, place)):
            where = place.within(operation, step)
            if isinstance(member, dict) and "exclude" in member:
                if excluded is not None:
                    raise _malformed(where, "a union or intersection has one `exclude` at most")
                excluded = self._exclusions(member, where)
            else:
                included.append(self._definition(member, where))
        group = Group(operation, tuple(included))
        return group if excluded is None else Group("difference", (group, excluded))

    def _exclusions(self, definition: dict[str, Any], place: Place) -> Selection | None:
        members = _members(definition, "exclude", place)
        parts = tuple(
            self._definition(member, place.within("exclude", step))
            for step, member in enumerate(members)
        )
        if len(parts) > 1:
            return Group("union", parts)
        return parts[0] if parts else None

    def _dictionary(self, definition: dict[str, Any], place: Place) -> Selection:
        if self._copied and "method" in definition:
            definition = {"value": "", **definition}
        if len(definition) == 1:
            ((method, value),) = definition.items()
            return self._criterion({"method": method, "value": value}, place)
        if self._substitutes and definition.get("method") == "selector":
            return self._earlier(definition.get("value"), place)
        if "method" not in definition or "value" not in definition:
            keys = ", ".join(map(str, definition)) or "none"
            raise _malformed(
                place, f"it needs one key, or `method` and `value` among others; found {keys}"
            )
        excluded = self._exclusions(definition, place) if "exclude" in definition else None
        criterion = self._criterion(definition, place)
        return criterion if excluded is None else Group("difference", (criterion, excluded))

    def _earlier(self, name: Any, place: Place) -> Selection:
        earlier = self.named.get(name) if isinstance(name, str) else None
        if earlier is None:
            raise _malformed(
                place, f"no selector {name!r} stands above it, which dbt before 1.12 needs"
            )
        return earlier.selection

    def _criterion(self, definition: dict[str, Any], place: Place) -> Criterion:
        written, value = definition["method"], definition["value"]
        if written is None and isinstance(value, str):
            written = default_method(value)
        if not isinstance(written, str):
            raise _malformed(place, f"`method` is text, not {_kind(written)}")
        method, arguments = self._reader.method(written, place)
        criterion = Criterion(
            method,
            arguments,
            value,
            place,
            place,
            childrens_parents=bool(definition.get("childrens_parents")),
            parents=bool(definition.get("parents")),
            parents_depth=_depth(definition, "parents_depth", place),
            children=bool(definition.get("children")),
            children_depth=_depth(definition, "children_depth", place),
            indirect=self._reader.indirect,
        )
        if criterion.children and criterion.childrens_parents:
            raise _malformed(place, "`children` and `childrens_parents` exclude each other")
        mode = definition.get("indirect_selection", self._reader.indirect)
        for known in INDIRECT:
            if mode == known:
                return replace(criterion, indirect=known)
        raise _malformed(
            place, f"`indirect_selection` is one of {', '.join(INDIRECT)}, not {mode!r}"
        )


def _members(definition: dict[str, Any], key: str, place: Place) -> list[Any]:
    members = definition[key]
    if not isinstance(members, list):
        raise _malformed(place, f"`{key}` is a list, not {_kind(members)}")
    for step, member in enumerate(members):
        if not isinstance(member, (str, dict)):
            where = place.within(key, step)
            raise _malformed(
                where, f"a member of `{key}` is text or a mapping, not {_kind(member)}"
            )
    return members


def _depth(definition: dict[str, Any], key: str, place: Place) -> int | None:
    """Return a depth; 0, as everything empty, is none to dbt, and so has no limit."""
    raw = definition.get(key)
    if not raw:
        return None
    try:
        return int(raw)
    except (TypeError, ValueError):
        raise _malformed(place, f"`{key}` is a number, not {raw!r}") from None


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def _malformed(place: Place, why: str) -> Refused:
    route = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place.route)
    return Refused(rules.SELECTOR_DEFINITION, place, route=route.lstrip("."), why=why)
