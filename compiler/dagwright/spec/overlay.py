"""Lay one tree over another: mappings are merged key by key, everything else is replaced."""

from __future__ import annotations

from dataclasses import replace

from dagwright.diagnostics import Note
from dagwright.spec.model import COMMON_KEYS
from dagwright.text.tree import Entry, Scalar, Table, Tree, size_of


def overlay(
    base: Table, over: Table, *, base_note: Note | None = None, over_note: Note | None = None
) -> Table:
    """Return `base` with the keys of `over` laid over it.

    The notes say how the values came here: `base_note` those that only the base has, `over_note`
    those of the overlay. A mapping that both have is at the overlay's place.
    """
    entries = {name: _noted(entry, base_note) for name, entry in base.entries.items()}
    for name, entry in over.entries.items():
        below = base.entries.get(name)
        if below is not None and isinstance(below.value, Table) and isinstance(entry.value, Table):
            merged = overlay(below.value, entry.value, base_note=base_note, over_note=over_note)
            notes = (*below.value.notes, *entry.value.notes)
            entries[name] = replace(entry, value=replace(merged, notes=notes))
        else:
            entries[name] = _noted(entry, over_note)
    return replace(over, entries=entries, size=1 + sum(size_of(e.value) for e in entries.values()))


def overlay_environment(root: Table, environment: Table, note: Note) -> Table:
    """Return `root` with the `execute` and `dag` of one environment laid over its own.

    An environment of another mode starts from the keys that all modes have: the rest of the
    base's keys mean nothing to it.
    """
    entries = dict(root.entries)
    for name in ("execute", "dag"):
        over, below = environment.entries.get(name), entries.get(name)
        if over is None or not isinstance(over.value, Table):
            continue
        if below is None or not isinstance(below.value, Table):
            entries[name] = _noted(over, note)
            continue
        start = below.value
        if name == "execute" and _changes_mode(start, over.value):
            start = _only_common(start)
        merged = overlay(start, over.value, over_note=note)
        entries[name] = replace(over, value=merged)
    return replace(root, entries=entries)


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


def _noted(entry: Entry, note: Note | None) -> Entry:
    return entry if note is None else replace(entry, notes=(*entry.notes, note))
