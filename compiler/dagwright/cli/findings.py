"""Print a report in the format asked for, and turn it into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from enum import IntEnum
from importlib.metadata import version
from types import MappingProxyType
from typing import TypeVar

import click

from dagwright.diagnostics import Report
from dagwright.diagnostics.formats import FORMATS, Look
from dagwright.files import Files

Decorated = TypeVar("Decorated", bound=Callable[..., object])


class Exit(IntEnum):
    """How a command ends; 3, for a bug of ours, is `cli.INTERNAL_ERROR`."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2


def format_option(command: Decorated) -> Decorated:
    """Return `command` with `--format`, which says how findings are written."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="How findings are written.",
    )(command)


def tell(
    report: Report,
    files: Files,
    form: str,
    *,
    to_stderr: bool = False,
    more_sources: Mapping[str, str] = MappingProxyType({}),
) -> Exit:
    """Print the findings of `report` and return the exit code: 1 where any of them is an error.

    They go to standard output where they are the result of the command, and to standard error
    where something else is. `more_sources` are texts that are in no file, such as arguments.
    """
    sources = {**_sources(report, files), **more_sources}
    stream = sys.stderr if to_stderr else sys.stdout
    look = Look(colour=_colour(stream.isatty()), version=version("dagwright"))
    text = FORMATS[form](report.sorted(), sources, look)
    if text and not (to_stderr and form == "text" and not report.found):
        click.echo(text, file=stream, nl=not text.endswith("\n"), color=True)
    return Exit.FINDINGS if report.failed else Exit.CLEAN


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
