"""The texts that findings are about, fit to be shown: places made plain, secrets blanked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagwright.diagnostics.model import Diagnostic
from dagwright.diagnostics.redact import secret_stretches
from dagwright.span import LineIndex, Position, Span

_BLANK = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """A span as people and programs say it; `known` is false where the text is not at hand."""

    file: str
    start: Position
    end: Position
    known: bool

    def __str__(self) -> str:
        """Return `file:line:column`, which terminals and editors turn into a link."""
        return f"{self.file}:{self.start.line}:{self.start.column}"


class Sources:
    """Texts by their file names, with the places of all that is secret blanked out."""

    def __init__(self, texts: Mapping[str, str], diagnostics: Iterable[Diagnostic]) -> None:
        """Index the files that `diagnostics` speak of, as far as `texts` has them."""
        secrets: dict[str, list[Span]] = {}
        for diagnostic in diagnostics:
            if diagnostic.rule.secret:
                secrets.setdefault(diagnostic.span.file, []).append(diagnostic.span)
        self._texts = texts
        self._secrets = secrets
        self._lines: dict[str, LineIndex] = {}
        self._blanks: dict[str, list[tuple[int, int]]] = {}

    def place(self, span: Span) -> Place:
        """Return where `span` is; line 1, column 1 of a file that is not at hand."""
        if span.file not in self._texts:
            return Place(span.file, Position(1, 1), Position(1, 1), known=False)
        lines = self._index(span.file)
        start, end = lines.position(span.start), lines.position(max(span.start, span.end))
        return Place(span.file, start, end, known=True)

    def line(self, file: str, number: int) -> str:
        """Return a line of a file that is at hand, as it may be shown: one column a character."""
        return "".join(map(_visible, self._index(file).line(number)))

    def fix(self, diagnostic: Diagnostic) -> str | None:
        """Return what belongs at the place of `diagnostic`, where that is sure and no secret."""
        span = diagnostic.span
        if diagnostic.instead is None or span.file not in self._texts:
            return None
        self._index(span.file)
        blanks = self._blanks[span.file]
        secret = any(start < span.end and span.start < end for start, end in blanks)
        return None if secret else diagnostic.instead

    def _index(self, file: str) -> LineIndex:
        if file not in self._lines:
            text = self._texts[file]
            characters = list(text)
            found = [(span.start, span.end) for span in self._secrets.get(file, ())]
            self._blanks[file] = [*found, *secret_stretches(text)]
            for start, end in self._blanks[file]:
                for at in range(max(start, 0), min(end, len(characters))):
                    if characters[at] not in "\r\n":
                        characters[at] = _BLANK
            self._lines[file] = LineIndex("".join(characters))
        return self._lines[file]


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes.

    Example:
        >>> width("é"), width("日本")
        (1, 4)
    """
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _visible(character: str) -> str:
    """Return what to show for `character`: a terminal must not obey what a file says."""
    if character == "\t":
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
