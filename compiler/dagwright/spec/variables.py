"""Replace `${NAME}` in the scalars of a tree, each with the place where it was written.

    ${NAME}             the variable's value; it must be set
    ${NAME:-default}    the default where it is unset or empty
    ${NAME:?message}    the message where it is unset or empty
    $$                  a dollar sign

Only values are read, never keys or the raw text, so that no value can change the structure. What
a scalar becomes is read as its key wants it (`spec.wanted`); where any data may stand, it is read
as YAML reads it, a number without quotes and text with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from dagwright.diagnostics import Report
from dagwright.span import Span
from dagwright.spec.rules import MALFORMED_VARIABLE, REQUIRED_VARIABLE, UNSET_VARIABLE
from dagwright.text.near import near_miss
from dagwright.text.offsets import part_of
from dagwright.text.tree import Entry, Items, Piece, Scalar, Table, Tree

_VARIABLE: Final = re.compile(
    r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<kind>:[-?])(?P<rest>[^{}]*))?\}|(?P<bad>\{))"
)


class Use(NamedTuple):
    """One `${NAME}`: where it is written, and what it falls back on or asks for, if anything."""

    name: str
    span: Span
    default: str | None
    message: str | None


def uses(tree: Tree, texts: Mapping[str, str]) -> Iterator[Use]:
    """Yield every use of a variable in the scalars of `tree`, replaced or not."""
    match tree:
        case Scalar():
            text = tree.text if tree.template is None else tree.template
            written = replace(tree, text=text, template=None, pieces=())
            for match in _VARIABLE.finditer(text):
                if match["name"]:
                    span = part_of(written, texts[tree.span.file], *match.span())
                    default = match["rest"] if match["kind"] == ":-" else None
                    message = match["rest"] if match["kind"] == ":?" else None
                    yield Use(match["name"], span, default, message)
        case Table(entries=entries):
            for entry in entries.values():
                yield from uses(entry.value, texts)
        case Items(items=items):
            for item in items:
                yield from uses(item, texts)


@dataclass(slots=True)
class Interpolation:
    """One replacing of variables: what they are, which were read, and which scalars lack one."""

    variables: Mapping[str, str]
    texts: Mapping[str, str]
    report: Report
    read: set[str] = field(default_factory=set)
    failed: set[Span] = field(default_factory=set)

    def tree(self, tree: Tree) -> Tree:
        """Return `tree` with the variables in its scalars replaced; itself if there are none."""
        match tree:
            case Scalar():
                return self.scalar(tree) if "$" in tree.text else tree
            case Table():
                return self.table(tree)
            case Items():
                items = tuple(map(self.tree, tree.items))
                same = all(new is old for new, old in zip(items, tree.items, strict=True))
                return tree if same else replace(tree, items=items)

    def table(self, table: Table, leave: frozenset[str] = frozenset()) -> Table:
        """Return `table` with the variables in its values replaced, but for the keys `leave`."""
        entries: dict[str, Entry] = {}
        changed = False
        for name, entry in table.entries.items():
            value = entry.value if name in leave else self.tree(entry.value)
            changed = changed or value is not entry.value
            entries[name] = entry if value is entry.value else replace(entry, value=value)
        return replace(table, entries=entries) if changed else table

    def scalar(self, scalar: Scalar) -> Scalar:
        """Return `scalar` with its variables replaced; `pieces` say what they gave."""
        written: list[str] = []
        pieces: list[Piece] = []
        at = length = 0
        for match in _VARIABLE.finditer(scalar.text):
            literal = scalar.text[at : match.start()]
            value = self.value(scalar, match)
            start = length + len(literal)
            written += (literal, value)
            length = start + len(value)
            pieces.append(Piece(start, length, match.start(), match.end()))
            at = match.end()
        if not pieces:
            return scalar
        text = "".join((*written, scalar.text[at:]))
        return replace(scalar, text=text, template=scalar.text, pieces=tuple(pieces))

    def value(self, scalar: Scalar, match: re.Match[str]) -> str:
        """Return what one variable stands for; report it where there is nothing."""
        if match[0] == "$$":
            return "$"
        where = part_of(scalar, self.texts[scalar.span.file], *match.span())
        if match["bad"]:
            self.failed.add(scalar.span)
            self.report.add(MALFORMED_VARIABLE.at(where, notes=scalar.notes))
            return match[0]
        name, rest = match["name"], match["rest"]
        self.read.add(name)
        value = self.variables.get(name)
        if match["kind"] is None:
            if value is None:
                self.failed.add(scalar.span)
                hint = near_miss(name, self.variables)
                hint = f"{hint} Or" if hint else "set it, or"
                self.report.add(UNSET_VARIABLE.at(where, name=name, hint=hint, notes=scalar.notes))
            return value or ""
        if value:
            return value
        if match["kind"] == ":?":
            self.failed.add(scalar.span)
            sentence = rest.strip() or "it must be set"
            self.report.add(
                REQUIRED_VARIABLE.at(where, name=name, sentence=sentence, notes=scalar.notes)
            )
            return ""
        return rest
