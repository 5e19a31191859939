"""Versions of the spec language: what a newer one calls otherwise, and how an older file reads.

A file of an older version is read as if it were written in the newest words, each key and value
where it stands, so that it still compiles; `dagwright upgrade` writes those words into the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from dagwright.diagnostics import Diagnostic, Report
from dagwright.span import Span
from dagwright.spec.model import VERSION
from dagwright.spec.rules import OLD_VERSION, UNKNOWN_VERSION
from dagwright.text.route import Route
from dagwright.text.tree import Entry, Items, Scalar, Table, Tree

Siblings: TypeAlias = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A key that has another name now. `route` leads to it; `*` there is any key or any item."""

    route: Route
    name: str

    def entry(self, entry: Entry, siblings: Siblings) -> Entry:
        """Return `entry` under its new name, unless the block has a key of that name already."""
        if self.name in siblings:
            return entry
        return replace(entry, key=replace(entry.key, text=self.name))


@dataclass(frozen=True, slots=True)
class Reworded:
    """A word, or a list of words, of which some are called otherwise now. `route` leads to it."""

    route: Route
    words: Mapping[str, str]

    def entry(self, entry: Entry, _: Siblings) -> Entry:
        """Return `entry` in the new words."""
        return replace(entry, value=self._reworded(entry.value))

    def _reworded(self, tree: Tree) -> Tree:
        match tree:
            case Scalar(text=text) if text in self.words:
                return replace(tree, text=self.words[text])
            case Items(items=items):
                return replace(tree, items=tuple(map(self._reworded, items)))
            case _:
                return tree


Change: TypeAlias = Renamed | Reworded


@dataclass(frozen=True, slots=True)
class Migration:
    """What makes a file of version `before` one of the version after it, change by change.

    What is said of `execute` and `dag` holds in every environment too.
    """

    before: int
    changes: tuple[Change, ...]


MIGRATIONS: Final[tuple[Migration, ...]] = ()
"""A row for each version that is no longer the newest, the oldest first.

To make a new version of the language: raise `VERSION`, and add the row of the one before it.
"""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a spec, as it reads now.

    `outdated` has a finding for each key and value that is written in the words of an older
    version, with what belongs there instead.
    """

    root: Table
    outdated: tuple[Diagnostic, ...] = ()


def in_newest_words(
    roots: Sequence[Table], report: Report, rows: Sequence[Migration] = MIGRATIONS
) -> list[Layer] | None:
    """Return the files of one spec, from the spec to the last that it extends, as they read now.

    Each is read by its own `version`. One that has none goes by the nearest that extends it, else
    by the nearest that it extends. None where one is of a version that is not known here.
    """
    known = [*(row.before for row in rows), VERSION]
    versions = [_version(root) for root in roots]
    for root, version in zip(roots, versions, strict=True):
        if version is not None and version not in known:
            hint = _NEWER if version > VERSION else f"write `version: {VERSION}`"
            report.add(UNKNOWN_VERSION.at(_place(root), version=version, hint=hint))
        elif version is not None and version < VERSION:
            report.add(OLD_VERSION.at(_place(root), version=version, newest=VERSION))
    if any(version is not None and version not in known for version in versions):
        return None
    return [
        _newest(root, version, rows)
        for root, version in zip(roots, _filled(versions), strict=True)
    ]


_NEWER: Final = "a newer dagwright may: `pip install --upgrade dagwright`"


def _version(root: Table) -> int | None:
    """Return the version that a file says; None where it says none, or what is none."""
    entry = root.entries.get("version")
    value = entry.value if entry is not None else None
    if isinstance(value, Scalar) and type(value.value) is int:
        return value.value
    return None


def _place(root: Table) -> Span:
    return root.entries["version"].value.span


def _filled(versions: Sequence[int | None]) -> list[int]:
    """Return the version of each file, where some say none."""
    made = list(versions)
    for at in range(1, len(made)):
        made[at] = made[at - 1] if made[at] is None else made[at]
    for at in range(len(made) - 2, -1, -1):
        made[at] = made[at + 1] if made[at] is None else made[at]
    return [VERSION if version is None else version for version in made]


def _newest(root: Table, version: int, rows: Sequence[Migration]) -> Layer:
    """Return a file of `version` as it reads now."""
    if version >= VERSION:
        return Layer(root)
    new = root
    for row in rows:
        for change in row.changes if row.before >= version else ():
            for route in _everywhere(change.route):
                new = _along(new, route, change.entry)
    new = _along(new, ("version",), Reworded((), {str(version): str(VERSION)}).entry)
    changed = dict.fromkeys(_changed(root, new))
    return Layer(
        new,
        tuple(
            OLD_VERSION.at(old.span, instead=text, version=version, newest=VERSION)
            for old, text in changed
        ),
    )


def _everywhere(route: Route) -> Iterator[Route]:
    """Yield `route`, and where an environment may say the same."""
    yield route
    if route[0] in {"dag", "execute"}:
        yield ("environments", "*", *route)


def _along(table: Table, route: Route, change: Callable[[Entry, Siblings], Entry]) -> Table:
    """Return `table` with what `route` leads to changed; keys that begin with `x-` are free."""
    head, *rest = route
    entries: dict[str, Entry] = {}
    for name, entry in table.entries.items():
        made = entry
        if head == name or (head == "*" and not name.startswith("x-")):
            made = (
                change(entry, table.entries) if not rest else _inside(entry, tuple(rest), change)
            )
        entries[made.key.text] = made
    return replace(table, entries=entries)


def _inside(entry: Entry, route: Route, change: Callable[[Entry, Siblings], Entry]) -> Entry:
    match entry.value:
        case Table() as table:
            return replace(entry, value=_along(table, route, change))
        case Items() as items if route[0] == "*" and len(route) > 1:
            made = tuple(
                _along(item, route[1:], change) if isinstance(item, Table) else item
                for item in items.items
            )
            return replace(entry, value=replace(items, items=made))
        case _:
            return entry


def _changed(old: Tree, new: Tree) -> Iterator[tuple[Scalar, str]]:
    """Yield the keys and values of `old` that `new` has otherwise, with what belongs there."""
    match old, new:
        case Scalar(), Scalar() if old.text != new.text and old.style in _QUOTES:
            yield old, f"{old.style}{new.text}{old.style}"
        case Items(), Items():
            for one, other in zip(old.items, new.items, strict=True):
                yield from _changed(one, other)
        case Table(), Table():
            pairs = zip(old.entries.values(), new.entries.values(), strict=True)
            for one_entry, other_entry in pairs:
                yield from _changed(one_entry.key, other_entry.key)
                yield from _changed(one_entry.value, other_entry.value)
        case _:
            return


_QUOTES: Final = ("", "'", '"')
