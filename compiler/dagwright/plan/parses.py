"""Partial parses: what dbt keeps of a parsed project, so that a task need not parse it anew.

dbt takes one only if the dbt, the variables, the profile, the target and what the project reads of
the environment are those that it was made with. So `dagwright bake` makes one for each set of them
that a spec asks for, under a name that says which set it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagwright.diagnostics import Report
from dagwright.plan.commands import SharedCommand
from dagwright.plan.digests import digest
from dagwright.plan.engines import can
from dagwright.plan.worker_rules import VARS_DEFEAT_PARSE
from dagwright.spec import LoadedSpec
from dagwright.spec.model.execute.options import is_template

DBTS_OWN: Final = "target/partial_parse.msgpack"
"""Where dbt itself leaves what it parsed, in the project."""

_PARSE_FLAGS: Final = ("--profile", "--target")


def partial_parses(command: SharedCommand) -> list[str]:
    """Return the files, relative to the project, of which a task starts from the first there is.

    None where this dbt reads none. Variables that differ from run to run are none to bake for.
    """
    if not can(command.release, "partial parse file"):
        return []
    if any(templates_in(command.variables)):
        return [DBTS_OWN]
    return [baked_name(command), DBTS_OWN]


def baked_name(command: SharedCommand) -> str:
    """Return where the parse for `command` lies in the project, once it has been baked."""
    found = digest([parse_flags(command), command.variables]).partition(":")[2]
    return f"target/dagwright-{found[:16]}.msgpack"


def parse_flags(command: SharedCommand) -> list[str]:
    """Return the flags of `command` that dbt compares with those that a parse was made with."""
    flags = list(command.flags)
    places = [flags.index(flag) for flag in _PARSE_FLAGS if flag in flags]
    return [word for place in places for word in flags[place : place + 2]]


def check_vars(loaded: LoadedSpec, report: Report) -> None:
    """Report the first variable that a template fills in: dbt parses anew when it changes."""
    for name, value in loaded.spec.execute.vars.items():
        if any(templates_in(value)):
            route = ("execute", "vars", name)
            at, notes = loaded.places.key(route), loaded.places.notes(route)
            report.add(VARS_DEFEAT_PARSE.at(at, name=name, notes=notes))
            return


def templates_in(value: Any) -> Iterator[str]:
    """Yield the strings in `value` that Airflow fills in at run time."""
    match value:
        case str() if is_template(value):
            yield value
        case dict():
            for key, item in value.items():
                yield from templates_in(key)
                yield from templates_in(item)
        case list() | tuple():
            for item in value:
                yield from templates_in(item)
        case _:
            return
