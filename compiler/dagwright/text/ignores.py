"""Comments that hide findings: `# dagwright: ignore[DW015] the other tools cope`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dagwright.diagnostics import Ignore, Report, Rule
from dagwright.span import Span
from dagwright.text.rules import FUTILE_IGNORE, UNUSED_IGNORE

COMMENT: Final = re.compile(r"#[ \t]*dagwright:[ \t]*ignore\[([^\]\n]*)\]")
_CODE: Final = re.compile(r"[^\s,]+")


def find_ignores(path: str, text: str, scalars: Sequence[Span], report: Report) -> None:
    """Make known to `report` what the comments of `text` hide.

    `scalars` are in the order of the text: what looks like a comment inside one is none. A
    comment at the end of a line hides findings of that line; alone on a line, of the next.
    """
    starts = [span.start for span in scalars]
    for match in COMMENT.finditer(text):
        before = bisect_right(starts, match.start()) - 1
        if before >= 0 and match.start() < scalars[before].end:
            continue
        line_start = text.rfind("\n", 0, match.start()) + 1
        line_end = _end_of_line(text, match.start())
        if not text[line_start : match.start()].strip():
            line_start, line_end = line_end + 1, _end_of_line(text, line_end + 1)
        covered = Span(path, line_start, max(line_start, line_end))
        for code in _CODE.finditer(match[1]):
            at = match.start(1) + code.start()
            report.ignores.append(Ignore(Span(path, at, at + len(code[0])), code[0], covered))


def check_ignores(
    report: Report, rules: Mapping[str, Rule], checked: Callable[[str], bool]
) -> None:
    """Report the comments that hide nothing, and those that cannot.

    `rules` are all rules there are, by code and by name; `checked` says of a code whether its
    stage has run, since what was not looked for cannot be missing. To be called last.
    """
    # A file that several specs extend is read for each of them; one use is enough.
    used = {ignore.span for ignore in report.ignores if ignore.used}
    for ignore in report.ignores:
        rule = rules.get(ignore.code)
        if rule is None:
            reason = "no rule has this code or name"
            report.add(FUTILE_IGNORE.at(ignore.span, code=ignore.code, reason=reason))
        elif rule.severity == "error" and not rule.ignorable:
            reason = "the artifact would be wrong"
            report.add(FUTILE_IGNORE.at(ignore.span, code=ignore.code, reason=reason))
        elif ignore.span not in used and checked(rule.code):
            report.add(UNUSED_IGNORE.at(ignore.span, code=ignore.code))


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
