"""Lay one tree over another: mappings are merged key by key, everything else is replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

from dagwright.diagnostics import Note
from dagwright.spec.model import COMMON_KEYS
from dagwright.text.tree import Entry, Scalar, Table, Tree, size_of

PROFILE_KEPT: Final = frozenset({"name", "target", "threads"})
"""The keys of a profile that an environment keeps when it changes its form or type."""

Notes: TypeAlias = tuple[Note, ...]


def overlay(base: Table, over: Table, base_notes: Notes = (), over_notes: Notes = ()) -> Table:
    """Return `base` with the keys of `over` laid over it.

    The notes say how the values of either came here. They move down to the values that are taken
    whole, so that none is told of a way that another one came. A mapping that both have is at the
    place of the overlay.
    """
    entries = {name: _noted(entry, base_notes) for name, entry in base.entries.items()}
    for name, entry in over.entries.items():
        below = base.entries.get(name)
        if below is not None and isinstance(below.value, Table) and isinstance(entry.value, Table):
            merged = overlay(
                below.value,
                entry.value,
                (*base_notes, *below.notes, *below.value.notes),
                (*over_notes, *entry.notes, *entry.value.notes),
            )
            entries[name] = Entry(entry.key, merged)
        else:
            entries[name] = _noted(entry, over_notes)
    size = 1 + sum(size_of(entry.value) for entry in entries.values())
    return Table(entries, over.span, size=size)


def overlay_environment(root: Table, environment: Table, note: Note) -> Table:
    """Return `root` with the `execute` and `dag` of one environment laid over its own.

    An environment of another mode starts from the keys that all modes have: the rest of the
    base's keys mean nothing to it.
    """
    known = {name: e for name, e in environment.entries.items() if name in {"execute", "dag"}}
    changes = {name: entry for name, entry in known.items() if isinstance(entry.value, Table)}
    base = dict(root.entries)
    below, over = _value(root, "execute"), _value(environment, "execute")
    if isinstance(below, Table) and isinstance(over, Table) and _changes_mode(below, over):
        below = _only_common(below)
    if isinstance(below, Table) and isinstance(over, Table):
        base["execute"] = replace(base["execute"], value=_other_profile(below, over))
    return overlay(replace(root, entries=base), replace(root, entries=changes), over_notes=(note,))


def _changes_mode(base: Table, over: Table) -> bool:
    mode = over.entries.get("mode")
    return mode is not None and _text(mode.value) != _text(_value(base, "mode"))


def _other_profile(base: Table, over: Table) -> Table:
    """Return `base` without what its profile has of a form or type that `over` does not keep.

    One profile is a file, another made from a connection; and each type has fields of its own.
    """
    below, changes = _value(base, "profile"), _value(over, "profile")
    if not isinstance(below, Table) or not isinstance(changes, Table):
        return base
    file = "profiles_dir" in changes.entries and "connection" in below.entries
    connection = "connection" in changes.entries and "profiles_dir" in below.entries
    ended = "connection" in changes.entries and _text(_value(changes, "connection")) == "null"
    kind = _value(changes, "type")
    other = kind is not None and _text(kind) != _text(_value(below, "type"))
    if not (file or connection or ended or other):
        return base
    kept = {name: entry for name, entry in below.entries.items() if name in PROFILE_KEPT}
    entry = replace(base.entries["profile"], value=replace(below, entries=kept))
    return replace(base, entries={**base.entries, "profile": entry})


def _only_common(execute: Table) -> Table:
    kept = {name: entry for name, entry in execute.entries.items() if name in COMMON_KEYS}
    return replace(execute, entries=kept)


def _value(table: Table, name: str) -> Tree | None:
    entry = table.entries.get(name)
    return None if entry is None else entry.value


def _text(tree: Tree | None) -> str | None:
    return tree.text if isinstance(tree, Scalar) else None


def _noted(entry: Entry, notes: Notes) -> Entry:
    return replace(entry, notes=(*entry.notes, *notes)) if notes else entry
