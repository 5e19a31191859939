"""Lay one tree over another: mappings are merged key by key, everything else is replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from dagwright.diagnostics import Note
from dagwright.spec.model import COMMON_KEYS
from dagwright.text.tree import Entry, Scalar, Table, Tree, size_of

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
        base["execute"] = replace(base["execute"], value=_only_common(below))
    return overlay(replace(root, entries=base), replace(root, entries=changes), over_notes=(note,))


def _changes_mode(base: Table, over: Table) -> bool:
    mode = over.entries.get("mode")
    return mode is not None and _text(mode.value) != _text(_value(base, "mode"))


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
