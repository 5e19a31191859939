"""From a route, such as `("render", "select", 0)`, to the places in the text that made its value.

A route that was not written (a default) falls back to the longest part of it that was. A single
value may be asked for as the first item of the list that it is short for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dagwright.diagnostics import Note
from dagwright.span import Span
from dagwright.text.offsets import part_of
from dagwright.text.tree import Entry, Items, Scalar, Table, Tree

Route = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a route: the entry of a mapping, or the item of a list."""

    key: Scalar | None
    tree: Tree
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the values of one merged spec are written; `texts` are the files by their path."""

    root: Table
    texts: Mapping[str, str]

    def key(self, route: Route) -> Span:
        """Return the span of the key at `route`; of the value, where it is an item of a list."""
        last = self._walk(route)[-1]
        return last.tree.span if last.key is None else last.key.span

    def value(self, route: Route) -> Span:
        """Return the span of the value at `route`; of its key, where no value is written."""
        steps = self._walk(route)
        last = steps[-1]
        if len(steps) <= len(route) or last.tree.span.start == last.tree.span.end:
            return self.key(route)
        return last.tree.span

    def part(self, route: Route, start: int, end: int) -> Span:
        """Return the span of the characters `start` to `end` of the string at `route`.

        They count in the string's value, after quotes, escapes, folding and variables.
        """
        last = self._walk(route)[-1].tree
        if not isinstance(last, Scalar):
            return self.value(route)
        return part_of(last, self.texts.get(last.span.file, ""), start, end)

    def notes(self, route: Route) -> tuple[Note, ...]:
        """Return how the value at `route` came here: aliases, merge keys, `extends`, overlays."""
        found = {note: None for step in self._walk(route) for note in step.notes}
        return tuple(found)

    def written(self, route: Route) -> bool:
        """Return whether the value at `route` is written in a file, and so no default."""
        return len(self._walk(route)) == len(route) + 1

    def tree(self, route: Route) -> Tree | None:
        """Return the located value at `route`, or None where none is written."""
        steps = self._walk(route)
        return steps[-1].tree if len(steps) == len(route) + 1 else None

    def _walk(self, route: Route) -> list[Step]:
        """Return the steps along `route` as far as it is written, the root first."""
        steps = [Step(None, self.root, self.root.notes)]
        for part in route:
            match steps[-1].tree, part:
                case Table(entries=entries), str() if part in entries:
                    entry: Entry = entries[part]
                    notes = (*entry.notes, *entry.value.notes)
                    steps.append(Step(entry.key, entry.value, notes))
                case Items(items=items), int() if 0 <= part < len(items):
                    steps.append(Step(None, items[part], items[part].notes))
                case Scalar(), 0:  # One value, short for a list of one.
                    steps.append(Step(None, steps[-1].tree, ()))
                case _:
                    break
        return steps


def with_value(root: Table, route: Route, value: Tree) -> Table:
    """Return `root` with `value` at `route`, which is there and not empty."""
    name, *rest = route
    entry = root.entries[str(name)]
    changed = replace(entry, value=_with(entry.value, tuple(rest), value))
    return replace(root, entries={**root.entries, str(name): changed})


def _with(tree: Tree, route: Route, value: Tree) -> Tree:
    match tree, route:
        case Table(), (_, *_):
            return with_value(tree, route, value)
        case Items(items=items), (int(number), *rest):
            changed = _with(items[number], tuple(rest), value)
            return replace(tree, items=(*items[:number], changed, *items[number + 1 :]))
        case _:
            return value


def with_key(table: Table, old: str, new: str) -> Table:
    """Return `table` with its key `old` called `new`, in the order that it has."""
    entries = {
        name: replace(entry, key=replace(entry.key, text=new)) if name == old else entry
        for name, entry in table.entries.items()
    }
    return replace(table, entries={entry.key.text: entry for entry in entries.values()})
