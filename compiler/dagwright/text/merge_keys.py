"""Merge keys: `<<` copies the keys of other mappings into the one it stands in."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Note, Report
from dagwright.text.rules import BAD_MERGE
from dagwright.text.tree import Entry, Items, Scalar, Table, Tree

MERGE_KEY: Final = "<<"


def merge_into(entries: dict[str, Entry], merge: Entry, report: Report) -> dict[str, Entry]:
    """Return `entries` with the keys that `merge` adds after them; keys that are there win.

    Of several mappings in a list the first that has a key wins, as everywhere in YAML.
    """
    merged = dict(entries)
    for table in _tables(merge.value, report):
        note = table.notes[-1] if table.notes else Note(merge.key.span, "merged in here")
        for name, entry in table.entries.items():
            if name not in merged:
                merged[name] = Entry(entry.key, entry.value, (*entry.notes, note))
    return merged


def _tables(tree: Tree, report: Report) -> list[Table]:
    match tree:
        case Table():
            return [tree]
        case Items():
            return [table for item in tree.items for table in _tables_of_item(item, report)]
        case Scalar():
            report.add(BAD_MERGE.at(tree.span, found="a single value"))
            return []


def _tables_of_item(item: Tree, report: Report) -> list[Table]:
    if isinstance(item, Table):
        return [item]
    found = "a list in a list" if isinstance(item, Items) else "a single value"
    report.add(BAD_MERGE.at(item.span, found=found))
    return []
