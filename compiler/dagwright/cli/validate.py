"""`dagwright validate`: static checks only. What pre-commit runs, so it imports little."""

from __future__ import annotations

import sys

import click

from dagwright.cli.findings import format_option, tell
from dagwright.cli.specs import environment_option, named_or_found, options, specs_argument
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.pipeline import check_unique_ids, validate_spec


@click.command("validate")
@specs_argument
@environment_option
@format_option
def command(paths: tuple[str, ...], environment: str | None, form: str) -> None:
    """Check specs without dbt, a manifest or Airflow.

    FILES are specs; without any, every *.dagwright.yaml below this folder.
    """
    files, report = DiskFiles(), Report()
    chosen = options(environment)
    loaded = [validate_spec(files, path, chosen, report) for path in named_or_found(paths)]
    check_unique_ids([spec for spec in loaded if spec is not None], report)
    sys.exit(tell(report, files, form))
