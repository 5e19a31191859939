"""`dagwright init`: the files that a first DAG needs, beside what is there."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from dagwright.cli.findings import write_file
from dagwright.cli.specs import below
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, Drafts, Files
from dagwright.spec.validate import validate_spec
from dagwright.starter import (
    CI_FILE,
    HOOK_FILE,
    LOADER_FILE,
    PROJECT_FILE,
    Choices,
    DbtProject,
    ci_text,
    dag_id,
    hook_text,
    proposals,
    read_project_file,
    spec_text,
)

DEEPEST: Final = 3
"""How many folders down a dbt project is looked for."""


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
@click.option(
    "--dags", metavar="DIR", type=click.Path(file_okay=False), help="Airflow's; default: DIR/dags."
)
@click.option("--yes", is_flag=True, help="Ask nothing, and take what is proposed.")
def command(folder: str, dags: str | None, *, yes: bool) -> None:
    """Write a spec for the dbt project in DIR or below, and what belongs to it.

    That is the spec, the schema that its first line names, and the file that Airflow loads; the
    pre-commit hooks and the CI job too, where there is a repository without them. What is there
    stays as it is.
    """
    files, root = DiskFiles(), _posix(folder)
    if not files.exists(root):
        raise click.UsageError(f"there is no folder {root}")
    asks = not yes and _at_a_terminal()
    project = _project(files, root, asks=asks)
    proposed = Choices(root, _posix(dags or f"{root}/dags"), dag_id(project))
    choices = _ask(project, proposed) if asks else proposed
    loader = _loader(files, choices.dags)
    for path, text in proposals(project, choices).items():
        if loader is not None and posixpath.basename(path) == LOADER_FILE:
            click.echo(f"left {loader} as it is: it loads compiled DAGs")
        else:
            _propose(files, path, text)
    _propose_hooks(files, root)
    _tell_next(project, choices)


def _posix(path: str) -> str:
    return posixpath.normpath(path.replace(os.sep, "/"))


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _project(files: Files, root: str, *, asks: bool) -> DbtProject:
    """Return the dbt project to make a DAG of.

    Raises:
        click.UsageError: there is none, or there are several and nobody to ask.
    """
    found = [
        path
        for path in sorted(below(Path(root), (PROJECT_FILE,)), key=_depth)
        if posixpath.basename(path) == PROJECT_FILE
        and posixpath.relpath(path, root).count("/") <= DEEPEST
    ]
    if not found:
        raise click.UsageError(
            f"no {PROJECT_FILE} lies in {root} or up to {DEEPEST} folders below it"
        )
    if len(found) > 1 and asks:
        return read_project_file(files, _chosen(found))
    if len(found) > 1:
        folders = ", ".join(posixpath.dirname(path) or "." for path in found)
        raise click.UsageError(f"there are several dbt projects: name one of {folders}")
    return read_project_file(files, found[0])


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _chosen(found: Sequence[str]) -> str:
    for number, path in enumerate(found, 1):
        click.echo(f"{number}: {posixpath.dirname(path) or '.'}")
    chosen: int = click.prompt("Which dbt project", type=click.IntRange(1, len(found)), default=1)
    return found[chosen - 1]


def _ask(project: DbtProject, proposed: Choices) -> Choices:
    """Return what a person says, asked again until it makes a spec without a finding."""

    def with_id(text: str) -> Choices:
        return replace(proposed, dag_id=text)

    def with_schedule(text: str) -> Choices:
        return replace(named, schedule=None if text == "none" else text)

    named: Choices = click.prompt(
        "Id of the DAG", default=proposed.dag_id, value_proc=_checked(project, with_id)
    )
    return click.prompt(
        'When it runs: a cron expression, such as "0 6 * * *", a preset, or none',
        default="none",
        value_proc=_checked(project, with_schedule),
    )


def _checked(project: DbtProject, choose: Callable[[str], Choices]) -> Callable[[str], Choices]:
    """Return `choose` so that it refuses what would make a spec with a finding."""

    def checked(text: str) -> Choices:
        choices = choose(text.strip())
        report = Report()
        draft = {choices.spec: spec_text(project, choices).encode()}
        validate_spec(Drafts(DiskFiles(), draft), choices.spec, None, {}, report)
        if report.found:
            raise click.UsageError(report.sorted()[0].message)
        return choices

    return checked


def _loader(files: Files, dags: str) -> str | None:
    """Return the program in `dags` that loads artifacts already: twice would be two DAGs each."""
    for name in files.names(dags):
        path = posixpath.join(dags, name)
        if name.endswith(".py") and b"dagwright_airflow" in files.read(path):
            return path
    return None


def _propose(files: Files, path: str, text: str) -> None:
    """Write `text` to `path`, unless something lies there."""
    if files.exists(path):
        click.echo(f"left {path} as it is")
        return
    write_file(files, path, text.encode())
    click.echo(f"wrote {path}")


def _propose_hooks(files: Files, root: str) -> None:
    """Write the hooks and the CI job where they are missing; print them where there is more."""
    ours = version("dagwright")
    for path, text, wanted in (
        (HOOK_FILE, hook_text(ours), ".git"),
        (CI_FILE, ci_text(ours), ".github"),
    ):
        at = _posix(posixpath.join(root, path))
        if files.exists(at) and b"dagwright" in files.read(at):
            click.echo(f"left {at} as it is: it runs dagwright")
        elif files.exists(posixpath.join(root, wanted)) and not files.exists(at):
            _propose(files, at, text)
        else:
            click.echo(f"\nTo add to {at}:\n\n{_indented(text)}")


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def _tell_next(project: DbtProject, choices: Choices) -> None:
    made = "" if project.has_manifest else "  # runs `dbt parse` first: there is no manifest yet"
    click.echo("Next:")
    for verb, remark in (("validate", ""), ("compile", made), ("graph", "")):
        click.echo(f"  dagwright {verb} {choices.spec}{remark}")
