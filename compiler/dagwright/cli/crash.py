"""What a user sees of a bug of ours: one sentence, and a report to attach, without any value."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from importlib.metadata import version

import click

from dagwright.diagnostics import CompilerBug


def tell_crash(error: Exception) -> None:
    """Print that this is a bug and where its report lies; the traceback too, in debug mode.

    The report holds the frames alone, not the texts of exceptions: those may quote a spec.
    """
    what = str(error) if isinstance(error, CompilerBug) else type(error).__name__
    with tempfile.NamedTemporaryFile(
        "w", prefix="dagwright-crash-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(f"dagwright {version('dagwright')}, Python {platform.python_version()}\n")
        report.writelines(traceback.format_tb(error.__traceback__))
        report.write(f"{type(error).__name__}\n")
    click.echo(f"internal error: {what}", err=True)
    click.echo(
        f"This is a bug in dagwright, not in your spec. Please report it with {report.name}",
        err=True,
    )
    if os.environ.get("DAGWRIGHT_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
