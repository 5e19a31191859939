"""`dagwright graph`: a picture of what a spec compiles to."""

from __future__ import annotations

import sys

import click

from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option
from dagwright.diagnostics import Report
from dagwright.emit.pictures import PICTURES
from dagwright.files import DiskFiles
from dagwright.pipeline import compile_spec


@click.command("graph")
@click.argument("spec", type=click.Path())
@environment_option
@click.option(
    "--format",
    "form",
    type=click.Choice(list(PICTURES)),
    default="text",
    show_default=True,
    help="How the graph is drawn.",
)
def command(spec: str, environment: str | None, form: str) -> None:
    """Draw the tasks of SPEC and what they wait for."""
    files, report = DiskFiles(), Report()
    compiled = compile_spec(files, spec, options(environment), report)
    code = tell(report, files, TEXT, to_stderr=True)
    if compiled is None or code is not Exit.CLEAN:
        sys.exit(Exit.FINDINGS)
    click.echo(PICTURES[form](compiled.plan), nl=False)
