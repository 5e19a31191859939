"""Where something stands in a source text.

A span counts characters (Unicode code points), never bytes, so that columns agree with editors.
Lines and columns are made only when a person or a program is told about a place.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters in one source file; offsets count from 0."""

    file: str
    start: int
    end: int

    def part(self, start: int, end: int) -> Span:
        """Return the piece of this span from `start` to `end`, both counted from its start."""
        return Span(self.file, self.start + start, min(self.start + end, self.end))


class Position(NamedTuple):
    """A place as people say it: both count from 1, columns in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LineIndex:
    r"""The line starts of one text, to turn offsets into lines and columns.

    Example:
        >>> LineIndex("a: 1\nb: 2\n").position(5)
        Position(line=2, column=1)
    """

    text: str
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Walk the text once."""
        self._starts.append(0)
        at = self.text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = self.text.find("\n", at + 1)

    def position(self, offset: int) -> Position:
        """Return the line and column of `offset`; one past the end is a place too."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1, without its line break."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
