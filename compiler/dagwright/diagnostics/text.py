"""Findings for people: a sentence, the source line with carets under the exact characters, help.

error[DW103]: unknown key `schedul` in `dag`
 --> shop.dagwright.yaml:4:3
  |
4 |   schedul: "@daily"
  |   ^^^^^^^
  = help: did you mean `schedule`?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dagwright.diagnostics.model import Diagnostic
from dagwright.diagnostics.sources import Place, Sources, width
from dagwright.diagnostics.summary import summary

_WIDEST: Final = 120
_COLOURS: Final = {"error": "1;31", "warning": "1;33", "rail": "1;34", "bold": "1"}


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is drawn under a line: `character` from `column`, `length` times, then a label."""

    line: int
    column: int
    length: int
    character: str
    label: str


def render_text(
    diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], *, colour: bool = False
) -> str:
    """Return the findings one below the other, and a line that counts them."""
    sources = Sources(texts, diagnostics)
    paint = _Paint(colour)
    blocks = ["\n".join(_lines(found, sources, paint)) for found in diagnostics]
    return "\n\n".join([*blocks, summary(diagnostics)]) + "\n"


@dataclass(frozen=True, slots=True)
class _Paint:
    """Colours by their use, or none."""

    on: bool

    def __call__(self, text: str, use: str) -> str:
        return f"\x1b[{_COLOURS[use]}m{text}\x1b[0m" if self.on else text


def _lines(diagnostic: Diagnostic, sources: Sources, paint: _Paint) -> Iterator[str]:
    rule, place = diagnostic.rule, sources.place(diagnostic.span)
    head = paint(f"{rule.severity}[{rule.code}]", rule.severity)
    yield f"{head}{paint(f': {_one_line(diagnostic.message)}', 'bold')}"
    marks = list(_marks(diagnostic, place, sources)) if place.known else []
    gutter = max((len(str(mark.line)) for mark in marks), default=1)
    rail = " " * gutter
    yield f"{rail}{paint('-->', 'rail')} {place if place.known else place.file}"
    if marks:
        yield f"{rail} {paint('|', 'rail')}"
        yield from _snippet(place.file, marks, gutter, sources, paint)
    if diagnostic.help:
        first, *rest = diagnostic.help.split("\n")
        yield f"{rail} {paint('=', 'rail')} {paint('help', 'bold')}: {first}".rstrip()
        yield from (f"{rail}   {line}".rstrip() for line in rest)
    for note in diagnostic.notes:
        at = sources.place(note.span)
        if at.file != place.file or not place.known:
            where = f"{at}: " if at.known else ""
            yield f"{rail} {paint('=', 'rail')} {paint('note', 'bold')}: {where}{note.text}"


def _marks(diagnostic: Diagnostic, place: Place, sources: Sources) -> Iterator[_Mark]:
    """Yield the mark of the finding, and those of its notes in the same file."""
    yield _mark(place, sources, "^", "")
    for note in diagnostic.notes:
        if note.span.file == place.file:
            yield _mark(sources.place(note.span), sources, "-", _one_line(note.text))


def _mark(place: Place, sources: Sources, character: str, label: str) -> _Mark:
    line = sources.line(place.file, place.start.line)
    end = place.end.column if place.end.line == place.start.line else len(line) + 1
    length = max(1, min(end, len(line) + 1) - place.start.column)
    return _Mark(place.start.line, place.start.column, length, character, label)


def _snippet(
    file: str, marks: Sequence[_Mark], gutter: int, sources: Sources, paint: _Paint
) -> Iterator[str]:
    """Yield the lines that have marks, the marks below them, and dots for the lines between."""
    bar = paint("|", "rail")
    severity = "error" if marks else "bold"
    before: int | None = None
    for number in sorted({mark.line for mark in marks}):
        if before is not None and number > before + 1:
            yield paint("...", "rail")
        before = number
        here = sorted(
            (mark for mark in marks if mark.line == number),
            key=lambda mark: (mark.character != "^", mark.column),
        )
        line = sources.line(file, number)
        shift = _shift(line, here)
        shown = _window(line, shift)
        yield f"{paint(str(number).rjust(gutter), 'rail')} {bar} {shown}".rstrip()
        for mark in here:
            start = max(mark.column - 1 - shift, 0)
            pad = width(shown[:start])
            under = mark.character * max(1, width(shown[start : start + mark.length]))
            use = severity if mark.character == "^" else "rail"
            label = f" {mark.label}" if mark.label else ""
            yield f"{' ' * gutter} {bar} {' ' * pad}{paint(under + label, use)}"


def _shift(line: str, marks: Sequence[_Mark]) -> int:
    """Return how many characters to leave out on the left, so that the first mark can be seen."""
    if len(line) <= _WIDEST:
        return 0
    return max(0, min(marks[0].column - 1 - _WIDEST // 3, len(line) - _WIDEST))


def _window(line: str, shift: int) -> str:
    shown = line[shift : shift + _WIDEST]
    if shift:
        shown = f"…{shown[1:]}"
    return f"{shown[:-1]}…" if shift + _WIDEST < len(line) else shown


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))
