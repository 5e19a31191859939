"""`dagwright bake`: let dbt parse each project as the tasks will, so that they need not."""

from __future__ import annotations

import os
import posixpath
import sys
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory

import click

from dagwright.cli.findings import Form, findings_options, judge_ignores, tell
from dagwright.cli.options import options
from dagwright.cli.specs import environment_option, named_or_found, specs_argument
from dagwright.diagnostics import Report
from dagwright.doctor import ByConnection, made_by_airflow
from dagwright.drift.rules import OUTPUT_UNWRITABLE
from dagwright.files import DiskFiles, Files
from dagwright.pipeline import Compiled, compile_all, dbt_of
from dagwright.plan.engines import can
from dagwright.plan.parses import DBTS_OWN, baked_name, parse_flags, templates_in
from dagwright.plan.worker_rules import BAKE_REFUSED, NOTHING_TO_BAKE
from dagwright.project.dbt_parse import Dbt
from dagwright.project.partial_parse import partial_parse
from dagwright.spec.model.execute import runs_in_worker


@dataclass(frozen=True, slots=True)
class Build:
    """Where things lie while an image or a bundle is built; None is what `render:` says."""

    dbt: str | None
    project_dir: str | None
    profiles_dir: str | None


@click.command("bake")
@specs_argument
@click.option("--dbt", metavar="PROGRAM", help="The dbt that tasks will run.")
@click.option("--project-dir", metavar="DIR", help="Where the project lies now.")
@click.option("--profiles-dir", metavar="DIR", help="Where the profile of the tasks lies now.")
@environment_option
@findings_options
def command(  # noqa: PLR0913 - each is one option
    paths: tuple[str, ...],
    environment: str | None,
    form: Form,
    *,
    dbt: str | None,
    project_dir: str | None,
    profiles_dir: str | None,
) -> None:
    """Let dbt parse each project as the tasks of the specs will.

    FILES are specs; without any, every *.dagwright.yaml below this folder. What dbt keeps of a
    project goes into its target folder, where tasks start from it: run this where the project
    is made ready for them, with their dbt, profile and environment.
    """
    files, report = DiskFiles(), Report()
    compiled = compile_all(files, named_or_found(paths), options(environment), report)
    for one in compiled if not report.failed else ():
        _bake(files, one, Build(dbt, project_dir, profiles_dir), report)
    judge_ignores(report, ("DW",))
    sys.exit(tell(report, files, form, to_stderr=True))


def _bake(files: Files, one: Compiled, build: Build, report: Report) -> None:
    shared, execute = one.plan.command, one.loaded.spec.execute
    at = one.loaded.places.key(("execute",))
    why = ""
    if any(templates_in(shared.variables)):
        why, hint = "its `vars` differ from run to run", "see `dagwright explain DW554`"
    elif not can(shared.release, "partial parse file"):
        why, hint = f"dbt {shared.release[0]} reads none", "it parses fast enough without"
    if why:
        report.add(NOTHING_TO_BAKE.at(at, why=why, hint=hint))
        return
    with TemporaryDirectory(prefix="dagwright-bake-") as scratch:
        dbt = _with_profile(_dbt(one, build), one, build, scratch, report)
        made = None if dbt is None else partial_parse(dbt, report, at)
    if dbt is None or made is None:
        return
    content, refused = made
    if refused:
        report.add(BAKE_REFUSED.at(at, reason=refused))
        return
    name = baked_name(shared) if runs_in_worker(execute) else DBTS_OWN
    path = posixpath.join(dbt.project_dir, name)
    try:
        files.write_all({path: content})
    except OSError as error:
        reason = error.strerror or str(error)
        report.add(OUTPUT_UNWRITABLE.at(at, path=path, reason=reason))
        return
    click.echo(f"{path}: {len(content):,} bytes, for {one.plan.id}; dbt takes it")


def _with_profile(
    dbt: Dbt, one: Compiled, build: Build, scratch: str, report: Report
) -> Dbt | None:
    """Return `dbt` with the profile of the tasks; None after a finding that says why not.

    dbt compares the profile, secrets aside, with the one that a parse was made with. Where tasks
    make theirs of a connection, Airflow makes the same here, unless a file with it is named.
    """
    profile = one.loaded.spec.execute.profile
    if profile.connection is None or build.profiles_dir is not None:
        return dbt
    made = made_by_airflow(profile, scratch, os.environ)
    if isinstance(made, ByConnection):
        return replace(dbt, profiles_dir=None, starter=made.starter)
    at = one.loaded.places.key(("execute", "profile", "connection"))
    why = f"its profile is the Airflow connection `{profile.connection}`; {made.why}"
    hint = (
        "run it beside Airflow, which may have the connection by a variable such as"
        f" `AIRFLOW_CONN_{profile.connection.upper()}`, or give by `--profiles-dir` a profile"
        f" `{profile.used_name}` with a target `{profile.used_target}` of the same values"
    )
    report.add(NOTHING_TO_BAKE.at(at, why=why, hint=hint))
    return None


def _dbt(one: Compiled, build: Build) -> Dbt:
    """Return the dbt of the tasks, on the project as it lies now."""
    shared, rendered = one.plan.command, dbt_of(one.loaded)
    flags = parse_flags(shared)
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    env = {name: text for name, text in shared.env.items() if not any(templates_in(text))}
    return replace(
        rendered,
        executable=build.dbt or rendered.executable,
        project_dir=build.project_dir or rendered.project_dir,
        profiles_dir=build.profiles_dir or rendered.profiles_dir,
        profile=given.get("--profile"),
        target=given.get("--target"),
        variables=shared.variables,
        env=env,
    )
