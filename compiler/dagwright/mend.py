"""Findings to edits: mend in texts what there is no doubt about, and leave every other character.

What belongs at the place of a finding is the finding's own `instead`; the few rules whose mending
is no replacement stand in `_WHOLE` and in `_without_ignores`. Nothing here decides what is wrong.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final, NamedTuple

from dagwright.diagnostics import Diagnostic, Report
from dagwright.files import Drafts, Files
from dagwright.span import LineIndex, Span
from dagwright.text.ignores import COMMENT
from dagwright.text.rules import BYTE_ORDER_MARK, CARRIAGE_RETURN, UNUSED_IGNORE

MARK: Final = codecs.BOM_UTF8.decode()

_MOST_ROUNDS: Final = 10
"""A mended key shows what is wrong with its value, and that may be mended in turn."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What mending gave: the files as they would be, what was done, and what is still found."""

    drafts: Drafts
    done: tuple[str, ...]
    left: Report


def fix(
    files: Files,
    check: Callable[[Files], Report],
    wanted: Callable[[Diagnostic], bool] = lambda _: True,
) -> Fixed:
    """Return what mending everything that `check` finds, that is certain and `wanted`, gives.

    Nothing is written: the mended files are drafts.
    """
    drafts, done = Drafts(files), list[str]()
    for _ in range(_MOST_ROUNDS):
        report = check(drafts)
        found = [one for one in report.sorted() if wanted(one)]
        paths = sorted({one.span.file for one in found})
        said = [line for path in paths for line in _mend_file(drafts, path, found)]
        done += said
        if not said:
            break
    return Fixed(drafts, tuple(done), check(drafts))


def _mend_file(drafts: Drafts, path: str, found: Sequence[Diagnostic]) -> Iterator[str]:
    """Mend the file at `path` in `drafts`, and yield a line for each finding that is gone."""
    try:
        text = drafts.read(path).decode()
    except (OSError, UnicodeDecodeError):
        return  # What is wrong with it is among the findings, and nothing to be mended here.
    mended = mend(text, [one for one in found if one.span.file == path])
    if mended.done:
        drafts.write(path, mended.text.encode())
    lines = LineIndex(text.removeprefix(MARK))
    for one in mended.done:
        yield f"{path}:{lines.position(one.span.start).line}: {_told(one, lines.text)}"


def _told(found: Diagnostic, text: str) -> str:
    """Return what was done about `found`."""
    what = f"{found.rule.code} {found.rule.name}"
    if found.instead is None:
        return what
    return f"{what}: {text[found.span.start : found.span.end]} -> {found.instead}"


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after its edits, and the findings that these are about, in the order of the text."""

    text: str
    done: tuple[Diagnostic, ...]


class _Edit(NamedTuple):
    start: int
    end: int
    new: str
    found: tuple[Diagnostic, ...]


def mend(text: str, found: Sequence[Diagnostic]) -> Mended:
    """Return `text` without those findings of one file that have one certain remedy.

    `text` may begin with a byte order mark, which the spans of findings do not count. Of edits
    that overlap only the first is made; the others are found again.
    """
    mark, body = text[: text.startswith(MARK)], text.removeprefix(MARK)
    made: list[Diagnostic] = []
    edits = [*_replacements(found), *_without_ignores(body, found)]
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit[:3]):
        if edit.start >= at:
            pieces += (body[at : edit.start], edit.new)
            at = edit.end
            made += edit.found
    body = mark + "".join((*pieces, body[at:]))
    for one in found:
        if (change := _WHOLE.get(one.rule.code)) is not None:
            body = change(body)
            made.append(one)
    return Mended(body, tuple(sorted(made, key=lambda one: (one.span, one.rule.code))))


_WHOLE: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        BYTE_ORDER_MARK.code: lambda text: text.removeprefix(MARK),
        CARRIAGE_RETURN.code: lambda text: text.replace("\r\n", "\n").replace("\r", "\n"),
    }
)
"""What is done to a whole file, by the code of the rule that finds it."""


def _replacements(found: Sequence[Diagnostic]) -> Iterator[_Edit]:
    """Yield what belongs at each place; nothing where two findings want different things there."""
    at_place: dict[Span, list[Diagnostic]] = {}
    for one in found:
        if one.instead is not None:
            at_place.setdefault(one.span, []).append(one)
    for span, ours in at_place.items():
        first, *others = {one.instead or "" for one in ours}
        if not others:
            yield _Edit(span.start, span.end, first, tuple(ours))


def _without_ignores(text: str, found: Sequence[Diagnostic]) -> Iterator[_Edit]:
    """Yield the removal of codes from ignoring comments, and of comments that have no other."""
    unused = sorted((one for one in found if one.rule is UNUSED_IGNORE), key=lambda one: one.span)
    for start, group in groupby(unused, key=lambda one: text.rfind("ignore[", 0, one.span.start)):
        ours = tuple(group)
        comment = COMMENT.match(text, text.rfind("#", 0, start))
        if comment is None:
            continue
        places = {one.span.start - comment.start(1) for one in ours}
        kept = [
            code[0] for code in re.finditer(r"[^\s,]+", comment[1]) if code.start() not in places
        ]
        if kept:
            yield _Edit(*comment.span(1), ", ".join(kept), ours)
        else:
            yield _Edit(*_whole_comment(text, comment.start()), "", ours)


def _whole_comment(text: str, at: int) -> tuple[int, int]:
    """Return the stretch of the comment that begins at `at`: its line too, where it is alone."""
    line, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    end = len(text) if end < 0 else end
    if not text[line:at].strip():
        return line, min(end + 1, len(text))
    return len(text[:at].rstrip(" \t")), end - (text[end - 1 : end] == "\r")
