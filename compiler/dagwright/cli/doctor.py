"""`dagwright doctor`: ask the runtime whether what a spec needs is there."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from dagwright.cli.findings import Form, findings_options, judge_ignores, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option, named_or_only
from dagwright.diagnostics import CompilerBug, Report
from dagwright.doctor import Launch, Site, Unaskable, asked, examine, launch
from dagwright.doctor.rules import CANNOT_ASK
from dagwright.files import DiskFiles
from dagwright.pipeline import Compiled, compile_spec
from dagwright.programs import Ended, run_program


@click.command("doctor")
@click.argument("path", metavar="[FILE]", required=False, type=click.Path())
@environment_option
@click.option(
    "--loader-folder",
    metavar="DIR",
    help="Where relative run-time paths start; default: the folder of the spec.",
)
@findings_options
def command(
    path: str | None, environment: str | None, loader_folder: str | None, form: Form
) -> None:
    """Ask the runtime of a spec for dbt, the project and the profile.

    dbt is started where the tasks will run it: on this machine, in a container of the image, in a
    pod. It tells its version, checks project, profile and connection (`dbt debug`), and lists the
    project's nodes, which must be those that the DAG is compiled for.
    """
    files, report, spec = DiskFiles(), Report(), named_or_only(path)
    compiled = compile_spec(files, spec, options(environment), report)
    if compiled is not None:
        folder = loader_folder or posixpath.dirname(spec) or "."
        with TemporaryDirectory(prefix="dagwright-doctor-") as scratch:
            site = Site(Path(folder).resolve().as_posix(), scratch, dict(os.environ), files)
            for line in _answers(compiled, site, report):
                click.echo(line, err=form.name != "text")
    judge_ignores(report, ())
    sys.exit(tell(report, files, form))


def _answers(compiled: Compiled, site: Site, report: Report) -> Iterator[str]:
    """Yield what is well; report what is not, and a runtime that cannot be asked."""
    about = asked(compiled, site)
    first = launch(about, ())
    if isinstance(first, Unaskable):
        _cannot_ask(compiled, about.mode, first, report)
        return
    if first.left_out:
        yield f"not set there, since their values are not known here: {', '.join(first.left_out)}"

    def ask(words: Sequence[str]) -> Ended:
        started = launch(about, words)
        if isinstance(started, Unaskable):
            raise CompilerBug(f"a runtime that was asked cannot be asked: {started.why}")
        ended = run_program(started.argv, started.environment, started.folder)
        if ended.code == started.refusal:
            raise ChildProcessError(ended.code, ended.output.strip(), started.argv[0])
        return ended

    try:
        if first.probe:
            _try(first)
        yield from examine(compiled, ask, first.target, report)
    except OSError as error:
        why = f"{error.filename or first.argv[0]}: {error.strerror}"
        hint = "run it on a machine like those of the tasks"
        _cannot_ask(compiled, about.mode, Unaskable(why, hint), report)


def _try(first: Launch) -> None:
    """Raise an error that says why the runtime would start nothing for us."""
    tried = run_program(first.probe, first.environment)
    if tried.code != 0:
        *_, last = tried.output.strip().splitlines() or [""]
        raise ChildProcessError(tried.code, f"`{' '.join(first.probe)}` says {last}")


def _cannot_ask(compiled: Compiled, mode: str, reason: Unaskable, report: Report) -> None:
    at = compiled.loaded.places.value(("execute", "mode"))
    report.add(CANNOT_ASK.at(at, mode=mode, why=reason.why, hint=reason.hint))
