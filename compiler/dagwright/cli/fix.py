"""What mending gave: written to the disk, or shown as a difference."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

import click

from dagwright.diagnostics.redact import blanked
from dagwright.files import Files
from dagwright.mend import Fixed


def write(fixed: Fixed, files: Files) -> None:
    """Write the mended files, all of them or none; a link stays one.

    Raises:
        click.UsageError: a file cannot be written.
    """
    texts = sorted(fixed.drafts.texts.items())
    try:
        files.write_all({Path(path).resolve().as_posix(): data for path, data in texts})
    except OSError as error:
        reason = error.strerror or error
        raise click.UsageError(f"cannot write {error.filename}: {reason}") from None


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
