"""What is asked of a runtime, and what its answers mean.

Three questions, each a dbt command run there: is there a dbt, does it accept the project and the
profile at their run-time paths, and has the project there the nodes that the DAG was compiled for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from dagwright.diagnostics import Report, Rule
from dagwright.doctor.rules import (
    NO_DBT_THERE,
    NO_VERSION_THERE,
    NOT_READY_THERE,
    OTHER_PROJECT_THERE,
)
from dagwright.pipeline import Compiled
from dagwright.programs import Ended
from dagwright.project.dbt_ls import LIST, listed_ids
from dagwright.text.route import Route

Ask = Callable[[Sequence[str]], Ended]
"""From the words of a dbt command to how it ended in the runtime."""

LAST_LINES: Final = 12
NAMED: Final = 5

SIGNS: Final[tuple[tuple[str, str, Route], ...]] = (
    ("dbt_project.yml file", "the dbt project", ("execute", "project_dir")),
    ("profiles.yml file", "the profile", ("execute", "profile")),
    ("Connection test:", "the connection to the warehouse", ("execute", "profile")),
)
"""How a line of `dbt debug` begins, what it is about, and the key of the spec that decides it."""


def examine(
    compiled: Compiled, ask: Ask, target: str, report: Report, *, connects: bool
) -> Iterator[str]:
    """Yield a line for each thing that is as it should be; report what is not.

    `target` is a folder of the runtime that dbt may write its artifacts to. Unless dbt `connects`,
    its profile is a stand-in, and only the project is asked for.
    """
    version = ask(("--version",))
    if version.code != 0:
        _report(compiled, report, NO_DBT_THERE, ("execute", "image"), output=_last(version.output))
        return
    versions = list(_versions(version.output))
    if not versions:
        output = _last(version.output) or "nothing"
        _report(compiled, report, NO_VERSION_THERE, ("execute", "entrypoint"), output=output)
        return
    yield f"dbt is there: {', '.join(versions)}"
    if not connects:
        yield from _nodes(compiled, ask, target, report)
        return
    debug = ask(("debug", *_shared(compiled)))
    good = {about for sign, about, _ in SIGNS if _line(debug.output, sign, "[OK")}
    yield from (f"{about} is as dbt wants it" for _, about, _ in SIGNS if about in good)
    if debug.code != 0 and not _faults(compiled, debug.output, report):
        rest = [route for _, about, route in SIGNS if about not in good]
        if rest:  # What else dbt wants, such as git, no command of a task needs.
            _report_unready(compiled, report, "the project or its profile", rest[-1], debug)
            return
    if "the dbt project" in good:
        yield from _nodes(compiled, ask, target, report)


def _faults(compiled: Compiled, output: str, report: Report) -> bool:
    """Report what `dbt debug` says is wrong; return whether it says so of anything."""
    found = [row for row in SIGNS if _line(output, row[0], "[ERROR")]
    for _, about, route in found:
        _report_unready(compiled, report, about, route, Ended(1, output))
    return bool(found)


def _report_unready(
    compiled: Compiled, report: Report, about: str, route: Route, ended: Ended
) -> None:
    output = _last(ended.output)
    _report(compiled, report, NOT_READY_THERE, route, what=about, output=output)


def _nodes(compiled: Compiled, ask: Ask, target: str, report: Report) -> Iterator[str]:
    """Compare the nodes of the project there with those that the tasks run."""
    words = (*LIST, *_shared(compiled), "--target-path", target, "--log-path", target)
    ended = ask(words)
    if ended.code != 0:
        _report_unready(compiled, report, "the dbt project", ("execute", "project_dir"), ended)
        return
    wanted = {node for step in compiled.plan.steps for node in step.nodes}
    missing = sorted(wanted - listed_ids(ended.output))
    if not missing:
        yield f"all {len(wanted)} nodes that the tasks run are in the project there"
        return
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    names = ", ".join(missing[:NAMED]) + more
    _report(compiled, report, OTHER_PROJECT_THERE, ("execute", "project_dir"), nodes=names)


def _shared(compiled: Compiled) -> Iterator[str]:
    """Yield the flags that all commands have and that `dbt debug` takes, too."""
    shared, execute = compiled.plan.command, compiled.loaded.spec.execute
    for flag, path in shared.paths.items():
        yield from (flag, path)
    profile = execute.profile
    for flag, value in (("--profile", profile.used_name), ("--target", profile.used_target)):
        if value is not None:
            yield from (flag, value)
    if shared.variables:
        yield from ("--vars", json.dumps(shared.variables))


def _versions(output: str) -> Iterator[str]:
    """Yield what is installed: dbt itself, then its adapters."""
    core = re.search(r"installed:\s*(\S+)|^dbt(?:-\w+)? v?(\d\S*)", output, re.MULTILINE)
    if core is not None:
        yield core[1] or core[2]
    _, _, plugins = output.partition("Plugins:")
    for name, version in re.findall(r"^\s*- (\w+):\s*(\S+)", plugins, re.MULTILINE):
        yield f"{name} {version}"


def _line(output: str, sign: str, mark: str) -> bool:
    return any(sign in line and mark in line for line in output.splitlines())


def _last(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-LAST_LINES:])


def _report(compiled: Compiled, report: Report, rule: Rule, route: Route, **values: str) -> None:
    """Report at the key that decides it, or at the block around it where it is not written."""
    places = compiled.loaded.places
    report.add(rule.at(places.key(route), notes=places.notes(route), instead=None, **values))
