"""Print a report in the format asked for, and turn it into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import wraps
from types import MappingProxyType
from typing import Any, Final

import click

from dagwright.diagnostics import Diagnostic, Report
from dagwright.diagnostics.formats import FORMATS, Look
from dagwright.files import DiskFiles, Files

MOST_ANNOTATIONS: Final = 10
"""GitHub shows no more than these of a step."""

STATIC: Final = ("DW0", "DW1", "DW7")
"""How the codes of what `validate` looks for begin."""


class Exit(IntEnum):
    """How a command ends; 3, for a bug of ours, is `cli.INTERNAL_ERROR`."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2


@dataclass(frozen=True, slots=True)
class Form:
    """How findings are written: the format, and the file they go to beside what is printed."""

    name: str = "text"
    file: str | None = None


TEXT: Final = Form()


def findings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with `--format` and `--output-file`, which it gets as one `form`."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="How findings are written.",
    )
    @click.option(
        "--output-file",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Write the findings there in that format, and print them as text.",
    )
    @wraps(command)
    def with_form(*, form: str, output_file: str | None, **given: Any) -> None:
        command(form=Form(form, output_file), **given)

    return with_form


def judge_ignores(report: Report, checked: Sequence[str]) -> None:
    """Report the ignoring comments that are of no use, to be called last.

    `checked` says how the codes begin that have been looked for everywhere.
    """
    if not report.ignores:
        return
    # Imported here, since most specs ignore nothing and `validate` pays for what it imports.
    from dagwright.catalog import RULES  # noqa: PLC0415
    from dagwright.text.ignores import check_ignores  # noqa: PLC0415

    known = {name: rule for rule in RULES for name in (rule.code, rule.name)}
    check_ignores(report, known, lambda code: code.startswith(tuple(checked)))


def tell(
    report: Report,
    files: Files,
    form: Form,
    *,
    to_stderr: bool = False,
    more_sources: Mapping[str, str] = MappingProxyType({}),
) -> Exit:
    """Print the findings of `report` and return the exit code: 1 where any of them is an error.

    They go to standard output where they are the result of the command, and to standard error
    where something else is. `more_sources` are texts that are in no file, such as arguments.
    """
    found = report.sorted()
    sources = {**_sources(report, files), **more_sources}
    if form.file is not None:
        text = FORMATS[form.name](found, sources, _look(form.name, colour=False))
        write_file(DiskFiles(), form.file, text.encode())
    printed = "text" if form.file is not None else form.name
    stream = sys.stderr if to_stderr else sys.stdout
    text = FORMATS[printed](found, sources, _look(printed, colour=_colour(stream.isatty())))
    if printed == "text" and os.environ.get("GITHUB_ACTIONS") == "true":
        text += _annotations(found, sources)
    if text and not (to_stderr and printed == "text" and not found):
        click.echo(text, file=stream, nl=not text.endswith("\n"), color=True)
    return Exit.FINDINGS if report.failed else Exit.CLEAN


def _look(form: str, *, colour: bool) -> Look:
    """Return how to render; the version is looked up only for the format that tells it."""
    if form != "sarif":
        return Look(colour=colour)
    from importlib.metadata import version  # noqa: PLC0415 - it takes as long as a small spec

    return Look(colour=colour, version=version("dagwright"))


def write_file(files: Files, path: str, data: bytes) -> None:
    """Write `data` to the file at `path` in one step.

    Raises:
        click.UsageError: it cannot be written; the path is the user's choice.
    """
    try:
        files.write(path, data)
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror or error}") from None


def _annotations(found: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return what makes GitHub show the findings beside the lines, the errors first."""
    first = sorted(found, key=lambda one: one.rule.severity)[:MOST_ANNOTATIONS]
    lines = FORMATS["github"](first, sources, Look()).splitlines()
    text = "".join(f"{line}\n" for line in lines if line.startswith("::"))
    left = len(found) - len(first)
    return f"{text}+{left} more without an annotation\n" if left else text


def _sources(report: Report, files: Files) -> Mapping[str, str]:
    """Return the texts of the files that findings point into; what is no text is left out."""
    spans = {note.span for found in report.found for note in found.notes}
    names = {span.file for span in spans | {found.span for found in report.found}}
    texts = ((name, _text(name, files)) for name in sorted(names))
    return {name: text for name, text in texts if text is not None}


def _text(name: str, files: Files) -> str | None:
    try:
        return files.read(name).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _colour(is_terminal: bool) -> bool:  # noqa: FBT001 - it is the only argument
    """Return whether to colour: NO_COLOR, then FORCE_COLOR, then whether a person is looking."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal
