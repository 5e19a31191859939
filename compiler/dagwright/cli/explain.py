"""`dagwright explain`: a rule's page, or why a task is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from difflib import get_close_matches

import click

from dagwright.catalog import RULES
from dagwright.cli.completion import complete_subjects, complete_tasks
from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option
from dagwright.diagnostics import Report
from dagwright.explain import explain_paths, explain_task, rule_page
from dagwright.files import DiskFiles


@click.command("explain")
@click.argument("subject", metavar="CODE | SPEC TASK", shell_complete=complete_subjects)
@click.argument("task", required=False, metavar="", shell_complete=complete_tasks)
@click.option("--paths", is_flag=True, help="Show the paths of the task's command instead.")
@environment_option
def command(subject: str, task: str | None, environment: str | None, *, paths: bool) -> None:
    """Print the page of a rule, or why a task is there.

    CODE is a rule's code or name, such as DW301. SPEC TASK asks about one task of a spec: why it
    is there, what it waits for and why, and its exact command; with --paths, where each path of
    the command lies at run time, and which rule of the spec says so.
    """
    if task is not None:
        _explain_task(explain_paths if paths else explain_task, (subject, task), environment)
    elif paths:
        raise click.UsageError("--paths needs a spec and one of its tasks")
    else:
        _explain_rule(subject)


def _explain_rule(wanted: str) -> None:
    found = next((rule for rule in RULES if wanted in (rule.code, rule.name)), None)
    if found is None:
        names = [word for rule in RULES for word in (rule.code, rule.name)]
        close = get_close_matches(wanted, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise click.UsageError(f"there is no rule {wanted!r}{hint}")
    _print_page(rule_page(found))


def _print_page(page: str) -> None:
    """Print Markdown: laid out for a person at a terminal, as it is for a program or a file."""
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    # Imported here, since only a terminal gets to see it.
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(page))


def _explain_task(
    explain: Callable[..., str | None], about: tuple[str, str], environment: str | None
) -> None:
    files, report = DiskFiles(), Report()
    explanation = explain(files, *about, options(environment), report)
    code = tell(report, files, TEXT, to_stderr=True)
    if explanation is None:
        sys.exit(Exit.FINDINGS if code is Exit.FINDINGS else Exit.USAGE)
    click.echo(explanation, nl=False)
