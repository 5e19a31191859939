"""`dagwright diff`: what a change does to the DAGs, in words."""

from __future__ import annotations

import posixpath
import sys
from pathlib import Path

import click

from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.options import options
from dagwright.cli.specs import SUFFIXES, environment_option, named_or_found
from dagwright.diagnostics import Report
from dagwright.drift.changes import Artifact
from dagwright.drift.sides import artifacts_in, changes_between, changes_to_disk, read_artifact
from dagwright.drift.told import TOLD
from dagwright.files import DiskFiles, Files


@click.command("diff")
@click.argument("paths", metavar="[FILES | OLD NEW]", nargs=-1, type=click.Path())
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(),
    help="Where the artifacts of the specs lie; default: `compiled` beside each.",
)
@environment_option
@click.option(
    "--format",
    "form",
    type=click.Choice(list(TOLD)),
    default="text",
    show_default=True,
    help="The Markdown is for a comment on a pull request.",
)
def command(
    paths: tuple[str, ...], output: str | None, environment: str | None, form: str
) -> None:
    """Say what changed in the DAGs: tasks, order, commands, settings.

    FILES are specs (default: all below this folder): their artifacts on disk are compared with
    what they compile to now. OLD and NEW are two artifacts, or two folders of them, such as those
    of two branches. A difference is no failure here; `dagwright check` is for that.
    """
    files, report = DiskFiles(), Report()
    if paths and not any(path.endswith(SUFFIXES) for path in paths):
        if len(paths) != 2:
            raise click.UsageError("name specs, or an old and a new artifact or folder")
        if output is not None or environment is not None:
            raise click.UsageError("--output and --environment go with specs alone")
        old, new = (_side(files, path, report) for path in paths)
        changes = changes_between(old, new, posixpath.basename(paths[1]))
    else:
        specs = named_or_found(paths)
        changes = changes_to_disk(files, specs, options(environment), report, output)
    click.echo(TOLD[form](changes), nl=False)
    code = tell(report, files, TEXT, to_stderr=True)
    sys.exit(code if report.failed else Exit.CLEAN)


def _side(files: Files, path: str, report: Report) -> dict[str, Artifact]:
    """Return the artifacts at `path` by their names; one alone is the counterpart of another.

    Raises:
        click.UsageError: nothing lies there.
    """
    if not Path(path).exists():
        raise click.UsageError(f"{path} does not exist")
    if Path(path).is_dir():
        return artifacts_in(files, path, report)
    artifact = read_artifact(files, path, report)
    return {} if artifact is None else {"": artifact}
