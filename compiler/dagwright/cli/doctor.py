"""`dagwright doctor`: ask the runtime whether what a spec needs is there."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from dagwright.cli.findings import Form, findings_options, judge_ignores, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option, named_or_only
from dagwright.diagnostics import CompilerBug, Report
from dagwright.doctor import (
    ByConnection,
    Launch,
    NotMade,
    Site,
    Unaskable,
    asked,
    examine,
    launch,
    made_by_airflow,
    write_stand_in,
)
from dagwright.doctor.rules import CANNOT_ASK, NO_PROFILE_BY_CONNECTION
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
    made = _profile(compiled, site)
    if isinstance(made, NotMade):
        yield from _stand_in(compiled, made, site, report)
        site = replace(site, environment={**site.environment, "DBT_PROFILES_DIR": site.scratch})
    elif made is not None:
        yield made.told
    starter = made.starter if isinstance(made, ByConnection) else ()
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
        ended = run_program((*starter, *started.argv), started.environment, started.folder)
        if ended.code == started.refusal:
            raise ChildProcessError(ended.code, ended.output.strip(), started.argv[0])
        return ended

    try:
        if first.probe:
            _try(first)
        connects = not isinstance(made, NotMade)
        yield from examine(compiled, ask, first.target, report, connects=connects)
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


def _profile(compiled: Compiled, site: Site) -> ByConnection | NotMade | None:
    """Return how dbt comes by a profile that is made of a connection; None for one in a file."""
    profile = compiled.loaded.spec.execute.profile
    if profile.connection is None:
        return None
    return made_by_airflow(profile, site.scratch, site.environment)


def _stand_in(compiled: Compiled, made: NotMade, site: Site, report: Report) -> Iterator[str]:
    """Give dbt a profile that connects to nothing; tell so, or report why none else is made."""
    profile, places = compiled.loaded.spec.execute.profile, compiled.loaded.places
    write_stand_in(profile, site.scratch, site.files)
    if made.wrong:
        route, name = ("execute", "profile", "connection"), str(profile.connection)
        hint = f"Airflow looks for a variable AIRFLOW_CONN_{name.upper()} first"
        finding = NO_PROFILE_BY_CONNECTION.at(
            places.value(route),
            connection=name,
            why=made.why,
            hint=hint,
            notes=places.notes(route),
        )
        report.add(finding)
        return
    yield f"the connection {profile.connection} is not looked into: {made.why}"


def _cannot_ask(compiled: Compiled, mode: str, reason: Unaskable, report: Report) -> None:
    at = compiled.loaded.places.value(("execute", "mode"))
    report.add(CANNOT_ASK.at(at, mode=mode, why=reason.why, hint=reason.hint))
