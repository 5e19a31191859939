"""`validate --fix` and `--diff`: mend what is certain, again and again until nothing is left."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

from dagwright.cli.drafts import Drafts
from dagwright.cli.findings import write_file
from dagwright.diagnostics import Diagnostic, Report
from dagwright.diagnostics.redact import blanked
from dagwright.files import Files
from dagwright.mend import mend
from dagwright.span import LineIndex

_MOST_ROUNDS: Final = 10
"""A mended key shows what is wrong with its value, and that may be mended in turn."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What mending gave: the files as they would be, what was done, and what is still found."""

    drafts: Drafts
    done: tuple[str, ...]
    left: Report


def fix(files: Files, check: Callable[[Files], Report]) -> Fixed:
    """Return what mending everything that `check` finds and that is certain gives.

    Nothing is written: the mended files are drafts.
    """
    drafts, done = Drafts(files), list[str]()
    for _ in range(_MOST_ROUNDS):
        report = check(drafts)
        said = [line for path in _paths(report) for line in _mend_file(drafts, path, report)]
        done += said
        if not said:
            break
    return Fixed(drafts, tuple(done), check(drafts))


def write(fixed: Fixed, files: Files) -> None:
    """Write the mended files, each in one step.

    Raises:
        click.UsageError: a file cannot be written.
    """
    for path, data in sorted(fixed.drafts.texts.items()):
        write_file(files, path, data)


def diff(before: Files, after: Mapping[str, bytes]) -> str:
    """Return the change from `before` to `after` as a unified diff, secrets blanked out."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for path, data in sorted(after.items())
        for line in unified_diff(
            blanked(before.read(path).decode()).splitlines(keepends=True),
            blanked(data.decode()).splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
    )


def _paths(report: Report) -> list[str]:
    return sorted({found.span.file for found in report.found})


def _mend_file(drafts: Drafts, path: str, report: Report) -> Iterator[str]:
    """Mend the file at `path` in `drafts`, and yield a line for each finding that is gone."""
    try:
        text = drafts.read(path).decode()
    except (OSError, UnicodeDecodeError):
        return  # What is wrong with it is among the findings, and nothing to be mended here.
    found = [one for one in report.sorted() if one.span.file == path]
    mended = mend(text, found)
    if mended.done:
        drafts.write(path, mended.text.encode())
    lines = LineIndex(text.removeprefix(codecs.BOM_UTF8.decode()))
    for one in mended.done:
        yield f"{path}:{lines.position(one.span.start).line}: {_told(one, lines.text)}"


def _told(found: Diagnostic, text: str) -> str:
    """Return what was done about `found`."""
    what = f"{found.rule.code} {found.rule.name}"
    if found.instead is None:
        return what
    return f"{what}: {text[found.span.start : found.span.end]} -> {found.instead}"
