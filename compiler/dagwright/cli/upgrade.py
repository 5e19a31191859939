"""`dagwright upgrade`: write old words of the language and of Airflow as the newest ones."""

from __future__ import annotations

import os
import posixpath
import sys
from pathlib import Path

import click

from dagwright.cli.findings import STATIC, Exit, Form, findings_options, judge_ignores, tell
from dagwright.cli.fix import diff, write
from dagwright.cli.specs import found_below, named_or_found, specs_argument, variables
from dagwright.files import DiskFiles
from dagwright.upgrade import Upgrading


@click.command("upgrade")
@specs_argument
@click.option("--diff", "show", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--check", is_flag=True, help="Exit 1 if anything would change, and change nothing.")
@findings_options
def command(paths: tuple[str, ...], *, show: bool, check: bool, form: Form) -> None:
    """Write old words as the newest ones, where the specs mean the same afterwards.

    These are the words of older versions of the spec language, words that Airflow has renamed,
    and what YAML 1.1 reads otherwise. Comments and layout stay. FILES are specs; without any,
    every *.dagwright.yaml below this folder. The files that they extend are upgraded too. Where
    one spec would compile to something else, none is changed.
    """
    files = DiskFiles()
    specs = [_as_found(path) for path in named_or_found(paths)]
    upgrading = Upgrading(specs, variables(), found_below)
    fixed = upgrading.upgraded(files)
    if show:
        click.echo(diff(files, fixed.drafts.texts), nl=False)
    elif not check:
        write(fixed, files)
    for line in fixed.done:
        click.echo(f"{'would upgrade' if show or check else 'upgraded'} {line}", err=True)
    # What only would be done leaves the files, and so the places in them, as they are.
    left = upgrading.check(files) if fixed.done and (show or check) else fixed.left
    judge_ignores(left, STATIC)
    code = tell(left, files, form, to_stderr=show)
    sys.exit(Exit.FINDINGS if fixed.done and (show or check) else code)


def _as_found(path: str) -> str:
    """Return `path` as a search below the working directory would give it, if it lies there."""
    here = Path.cwd().as_posix()
    absolute = Path(os.path.normpath(path)).absolute().as_posix()
    inside = posixpath.commonpath([here, absolute]) == here
    return posixpath.relpath(absolute, here) if inside else posixpath.normpath(path)
