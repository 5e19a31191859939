"""Read YAML text into a located tree, reporting what is no YAML and what YAML would hide.

Only the syntax is judged here: duplicate keys, aliases, merge keys, tags, depth and size. What
the tree means is for `dagwright.spec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from dagwright.diagnostics import Note, Report
from dagwright.diagnostics.redact import is_secret_name
from dagwright.span import Span
from dagwright.text.events import SyntaxFault, events_of
from dagwright.text.faults import syntax_fault
from dagwright.text.ignores import find_ignores
from dagwright.text.merge_keys import MERGE_KEY, merge_into
from dagwright.text.near import near_miss
from dagwright.text.rules import (
    DUPLICATE_KEY,
    EMPTY,
    KEY_NOT_TEXT,
    SELF_ALIAS,
    SEVERAL_DOCUMENTS,
    TOO_DEEP,
    TOO_MANY_NODES,
    UNKNOWN_ANCHOR,
    UNKNOWN_TAG,
    YAML_1_1_WORD,
)
from dagwright.text.scalars import KNOWN_TAGS, other_reading
from dagwright.text.tree import Entry, Items, Scalar, Table, Tree, noted, size_of

MOST_VALUES: Final = 100_000
MOST_LEVELS: Final = 64


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read: its text, and the tree of its one mapping.

    `suspects` are the places of errors: what stands there now is a stopgap, not to be judged.
    """

    path: str
    text: str
    root: Table
    suspects: frozenset[Span] = frozenset()


def parse_document(path: str, text: str, report: Report) -> Document | None:
    """Return the document that `text` is, or None where there is no mapping to go on with.

    Comments of the form `# dagwright: ignore[CODE]` are made known to `report`.
    """
    reader = _Reader(path, text, Report())
    root = _read(reader)
    find_ignores(path, text, reader.scalars, report)
    for found in reader.report.found:
        report.add(found)
    suspects = frozenset(d.span for d in reader.report.found if d.rule.severity == "error")
    return Document(path, text, root, suspects) if root is not None else None


def _read(reader: _Reader) -> Table | None:
    """Return the mapping that the reader's text is, or None, with the reason reported."""
    try:
        root = reader.document()
    except SyntaxFault as fault:
        found = syntax_fault(reader.path, reader.text, fault)
        # What was read there before the parser gave up was read wrongly.
        earlier = [one for one in reader.report.found if one.span.start < found.span.start]
        reader.report.found = [*earlier, found]
        return None
    except _StopReadingError:
        return None
    if isinstance(root, Table):
        return root
    at = Span(reader.path, 0, 0) if root is None else root.span
    reader.report.add(EMPTY.at(at, path=reader.path))
    return None


class _StopReadingError(Exception):
    """What was found makes the rest unreadable; it has been reported."""


class _Opened(NamedTuple):
    """An anchor that an alias may name; `tree` is None while its value is being read."""

    tree: Tree | None
    span: Span


@dataclass(slots=True)
class _Reader:
    """The state of one reading: events still to come, anchors so far, values so far."""

    path: str
    text: str
    report: Report
    events: Iterator[Any] = field(init=False)
    anchors: dict[str, _Opened] = field(default_factory=dict)
    scalars: list[Span] = field(default_factory=list)
    depth: int = 0
    copied: int = 0

    def __post_init__(self) -> None:
        """Start the parser, which reads no further than it is asked to."""
        self.events = iter(events_of(self.text))

    def document(self) -> Tree | None:
        """Return the tree of the only document, or None where there is none."""
        next(self.events)  # The start of the stream.
        started = next(self.events)
        if _kind(started) != "DocumentStart":
            return None
        tree = self.tree(next(self.events))
        next(self.events)  # The end of the document.
        another = next(self.events)
        if _kind(another) == "DocumentStart":
            at = another.start_mark.index
            dashes = self.text.find("---", max(at - 3, 0))
            start = dashes if dashes >= 0 else at
            self.report.add(SEVERAL_DOCUMENTS.at(self.span(start, start + 3)))
            raise _StopReadingError
        return tree

    def span(self, start: int, end: int) -> Span:
        """Return the characters from `start` to `end`, held inside the text."""
        last = len(self.text)
        start = min(max(start, 0), last)
        return Span(self.path, start, min(max(end, start), last))

    def tree(self, event: Any) -> Tree:
        """Return the value that begins with `event`."""
        kind = _kind(event)
        if kind == "Alias":
            return self.alias(event)
        anchor = getattr(event, "anchor", None)
        tag = self.known_tag(event)
        if kind == "Scalar":
            tree: Tree = self.scalar(event, tag)
        else:
            if anchor:
                at = self.span(event.start_mark.index, event.end_mark.index)
                self.anchors[anchor] = _Opened(None, at)
            tree = self.nested(event)
        if anchor:
            self.anchors[anchor] = _Opened(tree, tree.span)
        return tree

    def nested(self, event: Any) -> Table | Items:
        """Return the mapping or list that begins with `event`, one level deeper."""
        if self.depth == MOST_LEVELS:
            index = event.start_mark.index
            self.report.add(TOO_DEEP.at(self.span(index, index + 1), limit=MOST_LEVELS))
            raise _StopReadingError
        self.depth += 1
        tree = self.table(event) if _kind(event) == "MappingStart" else self.items(event)
        self.depth -= 1
        return tree

    def scalar(self, event: Any, tag: str | None) -> Scalar:
        """Return the scalar that `event` is."""
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        written = self.text[start:end]
        if event.anchor or tag:  # Events begin at the properties; those are no part of it.
            start += _length_of_properties(written)
            written = self.text[start:end]
        if not style and not event.value:  # Nothing is written: the parsers differ on where.
            return Scalar("", self.span(start, start), tag=tag)
        span = self.span(start, start + len(written.rstrip()))
        self.scalars.append(span)
        return Scalar(str(event.value), span, style, tag)

    def known_tag(self, event: Any) -> str | None:
        """Return the tag of `event`, if it has one of YAML's own; report any other."""
        tag = getattr(event, "tag", None)
        if tag is None or str(tag) in KNOWN_TAGS:
            return None if tag is None else str(tag)
        start = max(self.text.find("!", event.start_mark.index), event.start_mark.index)
        written = re.compile(r"\S*").match(self.text, start)
        at = self.span(start, written.end() if written else start)
        self.report.add(UNKNOWN_TAG.at(at, tag=self.text[at.start : at.end]))
        return None

    def alias(self, event: Any) -> Tree:
        """Return the tree that an alias stands for, with a note of the alias."""
        name = str(event.anchor)
        at = self.span(event.start_mark.index, event.end_mark.index)
        at = self.span(at.start, at.start + len(name) + 1)
        opened = self.anchors.get(name)
        if opened is None:
            hint = near_miss(name, self.anchors) or "mark the value with it first"
            self.report.add(UNKNOWN_ANCHOR.at(at, name=name, hint=hint))
            return Scalar(f"*{name}", at)
        if opened.tree is None:
            note = Note(opened.span, "the value begins here")
            self.report.add(SELF_ALIAS.at(at, name=name, notes=(note,)))
            return Scalar(f"*{name}", at)
        self.count(size_of(opened.tree), at)
        return noted(opened.tree, Note(at, f"used here, through the alias `*{name}`"))

    def count(self, values: int, at: Span) -> None:
        """Count values that aliases add, and stop where there are too many."""
        self.copied += values
        if self.copied > MOST_VALUES:
            self.report.add(TOO_MANY_NODES.at(at, limit=f"{MOST_VALUES:,}"))
            raise _StopReadingError

    def items(self, start: Any) -> Items:
        """Return the list that `start` opens."""
        items: list[Tree] = []
        while _kind(event := next(self.events)) != "SequenceEnd":
            item = self.tree(event)
            self.check_word(item)
            items.append(item)
        size = 1 + sum(map(size_of, items))
        span = self.whole(start, event, items[-1].span if items else None)
        return Items(tuple(items), span, size=size)

    def table(self, start: Any) -> Table:
        """Return the mapping that `start` opens, its merge keys applied."""
        entries: dict[str, Entry] = {}
        merges: list[Entry] = []
        last: Span | None = None
        while _kind(event := next(self.events)) != "MappingEnd":
            key = self.tree(event)
            value = self.tree(next(self.events))
            last = value.span if value.span.end > value.span.start else key.span
            if not (isinstance(key, Scalar) and is_secret_name(key.text)):
                self.check_word(value)
            if isinstance(key, Scalar) and not key.style and key.text == MERGE_KEY:
                merges.append(Entry(key, value))
            elif (name := self.key_text(key)) is not None:
                self.enter(entries, name, Entry(name, self.placed(value, name)))
        for merge in merges:
            entries = merge_into(entries, merge, self.report)
            self.count(len(entries), merge.key.span)
        size = 1 + sum(size_of(entry.value) for entry in entries.values())
        return Table(entries, self.whole(start, event, last), size=size)

    def placed(self, value: Tree, key: Scalar) -> Tree:
        """Return `value`; where nothing is written, it stands at the end of its key."""
        if isinstance(value, Scalar) and not (value.style or value.text or value.notes):
            end = key.span.end
            return replace(value, span=Span(self.path, end, end))
        return value

    def enter(self, entries: dict[str, Entry], key: Scalar, entry: Entry) -> None:
        """Add `entry`, unless its key is there already."""
        if (first := entries.get(key.text)) is not None:
            note = Note(first.key.span, "the first is here")
            self.report.add(DUPLICATE_KEY.at(key.span, key=key.text, notes=(note,)))
            return
        entries[key.text] = entry

    def key_text(self, key: Tree) -> Scalar | None:
        """Return `key` where it is text; report it otherwise."""
        if not isinstance(key, Scalar):
            found = "a mapping" if isinstance(key, Table) else "a list"
            hint = "Jinja such as `{{ ds }}` needs quotes; else write a plain word"
            self.report.add(KEY_NOT_TEXT.at(key.span, found=found, hint=hint))
            return None
        value = key.value
        if isinstance(value, str) and (key.text or key.style):
            other = None if key.style else other_reading(key.text)
            if other is not None:
                better = f'"{key.text}"'
                other = other._replace(better=better)
                self.report.add(
                    YAML_1_1_WORD.at(key.span, text=key.text, instead=better, **other._asdict())
                )
            return key
        found = f"`{key.text}`, a {_NAMES[type(value)]}" if key.text else "missing"
        hint = f'write "{key.text}"' if key.text else "write a word before the colon"
        self.report.add(KEY_NOT_TEXT.at(key.span, found=found, hint=hint))
        return None

    def check_word(self, value: Tree) -> None:
        """Warn of a plain scalar that tools with YAML 1.1 read otherwise."""
        if isinstance(value, Scalar) and not (value.style or value.tag or value.notes):
            other = other_reading(value.text)
            if other is not None:
                instead = other.better if " or " not in other.better else None
                self.report.add(
                    YAML_1_1_WORD.at(
                        value.span, text=value.text, instead=instead, **other._asdict()
                    )
                )

    def whole(self, start: Any, end: Any, last: Span | None) -> Span:
        """Return the span of a collection: to its bracket, or in block style to its last value."""
        first = start.start_mark.index
        if end.end_mark.index > end.start_mark.index:
            return self.span(first, end.end_mark.index)
        stop = last.end if last is not None and last.end > first else end.start_mark.index
        return self.span(first, stop)


_NAMES: Final = {int: "number", float: "number", bool: "boolean", type(None): "null", str: "text"}


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _length_of_properties(written: str) -> int:
    """Return how long the anchor and the tag before a scalar are, with the space after them."""
    rest = written
    while rest[:1] in {"&", "!"}:
        rest = rest.lstrip("&!")
        word = rest.split(None, 1)
        rest = word[1] if len(word) > 1 else ""
    return len(written) - len(rest)
