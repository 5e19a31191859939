"""`dagwright check`: are the artifacts on disk what the specs compile to now?"""

from __future__ import annotations

import sys

import click

from dagwright.cli.findings import STATIC, Form, findings_options, judge_ignores, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option, named_or_found, specs_argument
from dagwright.diagnostics import Report
from dagwright.drift import find_drift
from dagwright.files import DiskFiles


@click.command("check")
@specs_argument
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(),
    help="Where the artifacts lie; default: `compiled` beside each spec.",
)
@environment_option
@findings_options
def command(
    paths: tuple[str, ...], output: str | None, environment: str | None, form: Form
) -> None:
    """Compile in memory, and say which artifacts on disk are stale, missing, extra or edited.

    Without --environment, each artifact is compared with the environment that it says it was
    compiled for. Nothing is written. Extra artifacts are looked for when no FILES are named.
    """
    files, report = DiskFiles(), Report()
    specs = named_or_found(paths)
    find_drift(files, specs, options(environment), report, output=output, all_specs=not paths)
    judge_ignores(report, STATIC)
    sys.exit(tell(report, files, form))
