"""From a place in a scalar's value to the place in the text where it is written.

Quotes, escapes, folding and indentation lie between the two. Each character of the value is
matched with the characters that it comes from; where that fails the whole scalar is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dagwright.span import Span
from dagwright.text.tree import Scalar

_ESCAPES = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*|.)", re.DOTALL
)
_HEADER = re.compile(r"[|>][^\n]*\n?")


def part_of(scalar: Scalar, text: str, start: int, end: int) -> Span:
    """Return where the characters `start` to `end` of the scalar's value are written in `text`.

    What a variable gave is written where the variable stands. An empty stretch gives an empty
    span; where the value cannot be followed, the span of the whole scalar is returned.
    """
    value = scalar.text if scalar.template is None else scalar.template
    places = _places(scalar, value, text[scalar.span.start : scalar.span.end])
    if places is None or not 0 <= start <= end <= len(scalar.text):
        return scalar.span
    if scalar.template is not None:
        places = _through_variables(scalar, places)
    if start == end:
        at = places[start][0] if start < len(places) else places[-1][1] if places else 0
        return _inside(scalar.span, at, at)
    return _inside(scalar.span, places[start][0], places[end - 1][1])


def _inside(span: Span, start: int, end: int) -> Span:
    return Span(span.file, span.start + start, min(span.start + end, span.end))


def _through_variables(scalar: Scalar, template: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places of the value's characters, from those of its template's."""
    places: list[tuple[int, int]] = []
    at = 0
    for piece in scalar.pieces:
        places += template[at : piece.template_start]
        whole = template[piece.template_start][0], template[piece.template_end - 1][1]
        places += [whole] * (piece.end - piece.start)
        at = piece.template_end
    return places + template[at:]


def _places(scalar: Scalar, value: str, written: str) -> list[tuple[int, int]] | None:
    """Return for each character of `value` the stretch of `written` that it comes from."""
    places: list[tuple[int, int]] = []
    at = _opening(scalar.style, written)
    tokens = list(_tokens(scalar.style, written, at))
    token = 0
    for character in value:
        while token < len(tokens) and tokens[token][0] != character and tokens[token][0].isspace():
            token += 1  # Indentation, or a line break that was folded away.
        if token < len(tokens) and tokens[token][0] == character:
            _, start, end = tokens[token]
            token += 1
        elif character.isspace():  # A folded line break: it stands where the next word begins.
            start = end = tokens[token][1] if token < len(tokens) else len(written)
        else:
            return None
        places.append((start, end))
    return places


def _opening(style: str, written: str) -> int:
    """Return where the contents begin: after the quote, or after the line of a block's header."""
    if style in {"|", ">"}:
        header = _HEADER.match(written)
        return header.end() if header else 0
    return len(style)


def _tokens(style: str, written: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield the characters that `written` stands for, each with where it begins and ends."""
    stop = len(written) - (1 if style in {"'", '"'} else 0)
    while at < stop:
        end = at + 1
        character = written[at]
        if style == '"' and character == "\\" and (escape := _ESCAPES.match(written, at)):
            end = escape.end()
            character = _unescaped(escape[0])
        elif style == "'" and character == "'":
            end = at + 2
        if character:
            yield character, at, end
        at = end


_NAMED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f"}
_NAMED |= {"e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}


def _unescaped(escape: str) -> str:
    """Return the character that an escape in double quotes stands for; none for a joined line."""
    kind = escape[1]
    if kind in "\r\n":
        return ""
    if kind in "xuU" and len(escape) > 2:
        code = int.from_bytes(bytes.fromhex(escape[2:]), "big")
        return chr(code) if code <= 0x10FFFF else ""
    return _NAMED.get(kind, kind)
