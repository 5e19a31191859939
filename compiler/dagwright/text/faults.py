"""The parser's complaint to ours: which rule it is, where it stands, and what to do about it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from dagwright.diagnostics import Diagnostic, Note
from dagwright.span import Span
from dagwright.text.events import SyntaxFault
from dagwright.text.rules import INDENTATION, SYNTAX, TAB


class _Saying(NamedTuple):
    """What we say where the parser says something that matches `pattern`.

    Where `at_context` is true, the place to mend is where the construct began: its first
    character, or its first word where `whole_word` is true.
    """

    pattern: str
    problem: str
    hint: str
    at_context: bool = False
    whole_word: bool = False


_SAYINGS: Final = (
    _Saying(
        r"mapping values are not allowed",
        "this `:` makes a key where none can stand",
        "quote the value if the colon is part of it; else look at this line and the one above",
    ),
    _Saying(
        r"quoted scalar.*(end of stream|document separator)",
        "this quote is never closed",
        "close it, or use the other kind of quote around text with quotes in it",
        at_context=True,
    ),
    _Saying(
        r"unknown escape character|expected escape sequence",
        "no such escape in double quotes",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    _Saying(
        r"flow sequence",
        "this `[` is never closed, or a comma is missing in it",
        "a list is `[a, b]`; quote items that hold brackets, braces or `: `",
        at_context=True,
    ),
    _Saying(
        r"flow mapping",
        "this `{` is never closed, or a comma is missing in it",
        "a mapping is `{key: value, key: value}`; `{{ ds }}` and `${NAME}` need quotes",
        at_context=True,
    ),
    _Saying(
        r"could not find expected ':'",
        "a key without a `:`",
        "write `key: value`, with a space after the colon",
        at_context=True,
        whole_word=True,
    ),
    _Saying(
        r"character '[%@`]' that cannot start|unknown directive|directive",
        "a plain value cannot begin with this character",
        "quote the value",
    ),
    _Saying(
        r"sequence entries are not allowed|block sequence entries",
        "a list item cannot stand here",
        "put the dash on a line of its own, below the key",
    ),
    _Saying(
        r"alphabetic or numeric|anchor",
        "this is no name for an anchor",
        "use letters, digits, `-` and `_`",
    ),
)
_OTHERWISE: Final = "look for a missing quote, colon or bracket just before this place"


class _Slip(NamedTuple):
    """A mistake that the text tells of: where the parser says `said`, `pattern` is on the line.

    Its group is the place; where `quoted` is true, that only lacks quotes.
    """

    said: str
    pattern: re.Pattern[str]
    problem: str
    hint: str
    quoted: bool = False
    at_context: bool = False
    above: bool = False


_ENDS: Final = r"(?=\s*(?:[,}\]#]|$))"
_SLIPS: Final = (
    _Slip(
        r"alphabetic|anchor|alias|did not find|expected",
        re.compile(
            r"[:\-,\[{]\s+(\*\S*(?: +[0-9A-Za-z*/,?#\-]+){3,4} +[0-9A-Za-z*/?#\-]+"
            rf"(?:,[0-9A-Za-z*/?#\-]+)*){_ENDS}"
        ),
        "a plain value that begins with `*` is an alias",
        "quote it",
        quoted=True,
    ),
    _Slip(
        "cannot start",
        re.compile(rf"[:\-,\[{{]\s+(@[a-z]+){_ENDS}"),
        "a plain value cannot begin with `@`",
        "quote it",
        quoted=True,
    ),
    _Slip(
        "could not find expected ':'|mapping values are not allowed",
        re.compile(r"^\s*(-)[^\s\-]"),
        "a list item needs a space after its dash",
        "write `- `, then the item",
        at_context=True,
    ),
    _Slip(
        "flow",
        re.compile(r"[\[{,]\s*(#)\S"),
        "this `#` begins a comment",
        "quote it, and what it belongs to",
        at_context=True,
    ),
    _Slip(
        "mapping values are not allowed",
        re.compile(r"^\s*(?:- )?[\w\-]+(:)(?=[^\s/:])(?!.*:\s)"),
        "a key needs a space after its `:`",
        "write `: `, then the value",
        above=True,
    ),
)
"""The commonest slips, the surest first."""


def syntax_fault(path: str, text: str, fault: SyntaxFault) -> Diagnostic:
    """Return where and why the parser gave up."""
    at = _character(path, text, fault.index)
    if tab := _tab_near(text, at.start):
        return TAB.at(Span(path, *tab))
    if (slip := _slip(path, text, fault)) is not None:
        return slip
    said = f"{fault.context} {fault.problem}"
    if re.search(r"expected <block end>|unindent|wrongly indented|indentation", said):
        started = _character(path, text, fault.context_index)
        notes = (Note(started, "the block begins here"),) if fault.context_index >= 0 else ()
        return INDENTATION.at(at, notes=notes)
    for saying in _SAYINGS:
        if re.search(saying.pattern, said):
            if saying.at_context and fault.context_index >= 0:
                at = _character(path, text, fault.context_index)
                if saying.whole_word:
                    word = re.compile(r"[^\s#]*").match(text, at.start)
                    at = Span(path, at.start, max(at.end, word.end() if word else 0))
            return SYNTAX.at(at, problem=saying.problem, hint=saying.hint)
    problem = fault.problem.splitlines()[0] if fault.problem else "invalid syntax"
    return SYNTAX.at(at, problem=problem, hint=_OTHERWISE)


def _slip(path: str, text: str, fault: SyntaxFault) -> Diagnostic | None:
    """Return the slip that the line of the fault, or the one above it, has for sure."""
    said = f"{fault.context} {fault.problem}"
    for slip in _SLIPS:
        known = slip.at_context and fault.context_index >= 0
        start = text.rfind("\n", 0, fault.context_index if known else fault.index) + 1
        if slip.above:
            start = text.rfind("\n", 0, len(text[:start].rstrip())) + 1
        line = text[start : start + _LONGEST].partition("\n")[0]
        match = slip.pattern.search(line) if re.search(slip.said, said) else None
        if match is not None:
            span = Span(path, start + match.start(1), start + match.end(1))
            instead = f'"{match[1]}"' if slip.quoted else None
            return SYNTAX.at(span, problem=slip.problem, hint=slip.hint, instead=instead)
    return None


_LONGEST: Final = 1_000
"""How much of a line is looked at."""


def _character(path: str, text: str, index: int) -> Span:
    """Return the character at `index`; past the end of a line or the text, an empty span."""
    index = min(max(index, 0), len(text))
    return Span(path, index, index + int(text[index : index + 1] not in {"", "\n", "\r"}))


def _tab_near(text: str, index: int) -> tuple[int, int] | None:
    """Return the tab in the white space around `index`, if it is one that the parser met."""
    start = text.rfind("\n", 0, index) + 1
    before = re.compile(r"[ \t]*").match(text, start)
    indent_end = before.end() if before else start
    if "\t" in text[start:indent_end]:
        found = text.index("\t", start)
        return found, found + 1
    return (index, index + 1) if text[index : index + 1] == "\t" else None
