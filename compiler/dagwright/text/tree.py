"""The located tree: scalars, mappings and lists, each with its span and how it came here.

Trees are shared where the text shares them (an alias is the tree of its anchor with one more
note), so that a tree is never larger in memory than its text. Depth is bounded by the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dagwright.diagnostics import Note
from dagwright.span import Span
from dagwright.text.scalars import Plain, plain_value, tagged_value


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a value that `${...}` gave, and the stretch of `template` it replaced."""

    start: int
    end: int
    template_start: int
    template_end: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `text` is its value once quotes, escapes and folding are undone.

    `style` is the quote or block character, empty for a plain scalar. Where variables were
    replaced, `template` is the text as it was before, and `pieces` say what they gave.
    """

    text: str
    span: Span
    style: str = ""
    tag: str | None = None
    notes: tuple[Note, ...] = ()
    template: str | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def value(self) -> Plain:
        """What the scalar means by the core schema of YAML 1.2."""
        if self.tag is not None:
            return tagged_value(self.text, self.tag)
        return self.text if self.style else plain_value(self.text)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; `notes` say how both came into their mapping."""

    key: Scalar
    value: Tree
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the order written; `size` counts its values, aliases written out."""

    entries: Mapping[str, Entry]
    span: Span
    notes: tuple[Note, ...] = ()
    size: int = 1


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `size` counts its values, aliases written out."""

    items: tuple[Tree, ...]
    span: Span
    notes: tuple[Note, ...] = ()
    size: int = 1


Tree = Scalar | Table | Items


def noted(tree: Tree, note: Note) -> Tree:
    """Return `tree` with one more note on how it came to be used."""
    return replace(tree, notes=(*tree.notes, note))


def size_of(tree: Tree) -> int:
    """Return how many values `tree` has, aliases written out."""
    return 1 if isinstance(tree, Scalar) else tree.size


def plain(tree: Tree) -> Any:
    """Return the data of `tree`: dictionaries, tuples and scalars."""
    match tree:
        case Scalar():
            return tree.value
        case Table():
            return {key: plain(entry.value) for key, entry in tree.entries.items()}
        case Items():
            return tuple(plain(item) for item in tree.items)
