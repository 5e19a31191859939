"""`dagwright validate`: static checks only. What pre-commit runs, so it imports little."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import click

from dagwright.cli.findings import STATIC, Exit, Form, findings_options, judge_ignores, tell
from dagwright.cli.specs import (
    environment_option,
    found_below,
    named_or_found,
    specs_argument,
    variables,
)
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, Drafts, Files
from dagwright.spec.extras import is_judged
from dagwright.spec.identity import check_unique_ids
from dagwright.spec.loaded import LoadedSpec
from dagwright.spec.validate import validate_each

STDIN: Final = "-"
LOOK_SECONDS: Final = 0.3
"""How long `--watch` waits between two looks at the files."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line, as given."""

    paths: tuple[str, ...]
    environment: str | None
    form: Form
    fix: bool
    diff: bool
    watch: bool
    stdin_filename: str

    def check(self, files: Files, specs: Sequence[str]) -> Report:
        """Return what is found in `specs`."""
        report, given = Report(), variables()
        loaded = [validate_each(files, path, self.environment, given, report) for path in specs]
        check_unique_ids([each[0] for each in loaded if each], report)
        _check_by_models([one for each in loaded for one in each], report)
        judge_ignores(report, STATIC if self.environment is None else ())
        return report


def _check_by_models(loaded: Sequence[LoadedSpec], report: Report) -> None:
    """Report what official models and API servers have against the specs, where they do."""
    judged = [one for one in loaded if is_judged(one)]
    if judged:  # What makes payloads is imported for these alone.
        from dagwright.official.check import check_block  # noqa: PLC0415

        for one in judged:
            check_block(one, report)


@click.command("validate")
@specs_argument
@environment_option
@findings_options
@click.option(
    "--fix", is_flag=True, help="Mend what is certain, in the files where it is written."
)
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option("--watch", is_flag=True, help="Check again after every change, until Ctrl-C.")
@click.option(
    "--stdin-filename",
    metavar="FILE",
    default="stdin.dagwright.yaml",
    show_default=True,
    help="What the spec is called that comes by `-`; what it extends is looked for beside it.",
)
def command(**given: Any) -> None:
    """Check specs without dbt, a manifest or Airflow.

    FILES are specs; `-` is standard input; without any, every *.dagwright.yaml below this folder.
    """
    asked = Asked(**given)
    if asked.watch and (asked.fix or asked.diff or STDIN in asked.paths):
        raise click.UsageError("--watch goes with neither --fix, --diff nor `-`")
    if STDIN in asked.paths and len(asked.paths) > 1:
        raise click.UsageError("`-` stands alone: one spec comes from standard input")
    if asked.watch:
        _watch(asked)
    elif STDIN in asked.paths:
        sys.exit(_piped(asked))
    else:
        sys.exit(_once(asked, DiskFiles(), named_or_found(asked.paths)))


def _once(asked: Asked, files: Files, specs: Sequence[str]) -> Exit:
    if not (asked.fix or asked.diff):
        return tell(asked.check(files, specs), files, asked.form)
    # Imported here, since the hook that runs at every commit mends nothing.
    from dagwright.cli.fix import diff, write  # noqa: PLC0415
    from dagwright.mend import fix  # noqa: PLC0415

    fixed = fix(files, lambda drafts: asked.check(drafts, specs))
    if asked.diff:
        click.echo(diff(files, fixed.drafts.texts), nl=False)
        code = tell(fixed.left, fixed.drafts, asked.form, to_stderr=True)
        return Exit.FINDINGS if fixed.done else code
    write(fixed, files)
    for line in fixed.done:
        click.echo(f"mended {line}", err=True)
    return tell(fixed.left, files, asked.form)


def _piped(asked: Asked) -> Exit:
    """Check standard input; with `--fix`, print it mended and the findings apart."""
    from dagwright.mend import fix  # noqa: PLC0415 - only where something is piped in

    name = asked.stdin_filename
    files = Drafts(DiskFiles(), {name: sys.stdin.buffer.read()})
    if asked.diff or not asked.fix:
        return _once(asked, files, [name])
    fixed = fix(files, lambda drafts: asked.check(drafts, [name]))
    sys.stdout.buffer.write(fixed.drafts.read(name))
    return tell(fixed.left, fixed.drafts, asked.form, to_stderr=True)


def _watch(asked: Asked) -> None:
    """Check now and after every change; Ctrl-C is the way to end it, and no error."""
    from dagwright.cli.watch import Noting, watch  # noqa: PLC0415 - only where asked for

    def specs() -> list[str]:
        return list(asked.paths) or found_below()

    def check(files: Noting) -> None:
        tell(asked.check(files, specs()), files, asked.form)
        click.echo("watching; Ctrl-C ends it", err=True)

    with suppress(KeyboardInterrupt):
        watch(check, specs, lambda: time.sleep(LOOK_SECONDS))
    click.echo(err=True)
