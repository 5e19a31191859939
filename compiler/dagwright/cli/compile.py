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
from dagwright.emit import EMITTERS
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
    "--emit",
    type=click.Choice(list(EMITTERS)),
    default="json",
    show_default=True,
    help="The form of the artifacts.",
)
@click.option(
    "--verify-selection",
    is_flag=True,
    help="Ask the dbt of `render.dbt` for the same selection; a difference is an error.",
)
@click.option(
    "--upgrade-lock",
    is_flag=True,
    help="Resolve `execute.requirements` to the newest versions, and write their lock anew.",
)
@environment_option
@findings_options
def command(  # noqa: PLR0913 - each is one option
    paths: tuple[str, ...],
    output: str | None,
    environment: str | None,
    form: Form,
    *,
    emit: str,
    verify_selection: bool,
    upgrade_lock: bool,
) -> None:
    """Write the artifact of each spec.

    FILES are specs; without any, every *.dagwright.yaml below this folder. Where one has an
    error, none is written, and every old artifact stays as it was.
    """
    files, report = DiskFiles(), Report()
    chosen = options(
        environment,
        emit=emit,
        verify_selection=verify_selection,
        locking="upgrade" if upgrade_lock else "make",
    )
    compiled = compile_all(files, named_or_found(paths), chosen, report)
    if not report.failed:
        _write(files, compiled, output, report)
    judge_ignores(report, STATIC if report.failed else ("DW",))
    sys.exit(tell(report, files, form, to_stderr=True))


def _write(files: Files, compiled: Sequence[Compiled], output: str | None, report: Report) -> None:
    """Write all artifacts or none, and print the path of each and what is in it."""
    made = {
        posixpath.join(output_folder(one.loaded.path, output), one.name): one for one in compiled
    }
    new = [one.lock for one in compiled if one.lock is not None and one.lock.is_new]
    locks = {lock.path: lock.text.encode() for lock in new}
    try:
        files.write_all({**{path: one.text.encode() for path, one in made.items()}, **locks})
    except OSError as error:
        path = str(error.filename)
        at = Span(made[path].loaded.path if path in made else path, 0, 0)
        report.add(OUTPUT_UNWRITABLE.at(at, path=path, reason=error.strerror or str(error)))
        return
    for lock in new:
        click.echo(f"{lock.path}: {len(lock.entries)} packages")
    for path, one in made.items():
        edges = sum(len(step.after) for step in one.plan.steps)
        click.echo(f"{path}: {len(one.plan.steps)} tasks, {edges} edges")
