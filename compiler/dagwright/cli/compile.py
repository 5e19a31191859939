"""`dagwright compile`: write the artifact of each spec, all of them or none."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Sequence

import click

from dagwright.cli.findings import STATIC, Form, findings_options, judge_ignores, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option, named_or_found, specs_argument
from dagwright.diagnostics import Report
from dagwright.drift import output_folder
from dagwright.drift.rules import OUTPUT_UNWRITABLE
from dagwright.files import DiskFiles, Files
from dagwright.pipeline import Compiled, compile_all
from dagwright.span import Span


@click.command("compile")
@specs_argument
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(),
    help="Where artifacts go; default: `compiled` beside each spec.",
)
@click.option(
    "--verify-selection",
    is_flag=True,
    help="Ask the dbt of `render.dbt` for the same selection; a difference is an error.",
)
@environment_option
@findings_options
def command(
    paths: tuple[str, ...],
    output: str | None,
    environment: str | None,
    form: Form,
    *,
    verify_selection: bool,
) -> None:
    """Write the artifact of each spec.

    FILES are specs; without any, every *.dagwright.yaml below this folder. Where one has an
    error, none is written, and every old artifact stays as it was.
    """
    files, report = DiskFiles(), Report()
    chosen = options(environment, verify_selection=verify_selection)
    compiled = compile_all(files, named_or_found(paths), chosen, report)
    if not report.failed:
        _write(files, compiled, output, report)
    judge_ignores(report, STATIC if report.failed else ("DW",))
    sys.exit(tell(report, files, form, to_stderr=True))


def _write(files: Files, compiled: Sequence[Compiled], output: str | None, report: Report) -> None:
    """Write each artifact in one step, and print its path and what is in it."""
    for made in compiled:
        path = posixpath.join(output_folder(made.loaded.path, output), made.name)
        try:
            files.write(path, made.text.encode())
        except OSError as error:
            at = Span(made.loaded.path, 0, 0)
            report.add(OUTPUT_UNWRITABLE.at(at, path=path, reason=error.strerror or str(error)))
            continue
        edges = sum(len(step.after) for step in made.plan.steps)
        click.echo(f"{path}: {len(made.plan.steps)} tasks, {edges} edges")
