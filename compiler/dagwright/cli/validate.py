"""`dagwright validate`: static checks only. What pre-commit runs, so it imports little."""

from __future__ import annotations

import sys

import click

from dagwright.cli.findings import STATIC, Form, findings_options, judge_ignores, tell
from dagwright.cli.specs import environment_option, named_or_found, specs_argument, variables
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.spec.identity import check_unique_ids
from dagwright.spec.validate import validate_spec


@click.command("validate")
@specs_argument
@environment_option
@findings_options
def command(paths: tuple[str, ...], environment: str | None, form: Form) -> None:
    """Check specs without dbt, a manifest or Airflow.

    FILES are specs; without any, every *.dagwright.yaml below this folder.
    """
    files, report, given = DiskFiles(), Report(), variables()
    specs = [
        validate_spec(files, path, environment, given, report) for path in named_or_found(paths)
    ]
    check_unique_ids([spec for spec in specs if spec is not None], report)
    judge_ignores(report, STATIC if environment is None else ())
    sys.exit(tell(report, files, form))
