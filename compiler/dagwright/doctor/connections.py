"""How dbt comes by its profile on the machine at hand, where tasks make it of a connection.

Airflow is asked for the connection, if it is installed beside the compiler. Its answer makes the
profile of the tasks, whose secrets dbt alone gets. Where it cannot be asked, a stand-in is of the
same type, name and target: dbt reads the project by it, and connects to nothing.
"""

from __future__ import annotations

import json
import posixpath
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

from dagwright.files import Files
from dagwright.plan.parses import templates_in
from dagwright.plan.profiles import profile_argument
from dagwright.programs import run_program
from dagwright.spec.adapters import ADAPTERS
from dagwright.spec.model import Profile

_STARTER: Final = "dagwright_airflow.by_connection"
EXIT_STATUSES: Final = (121, 122)
"""Those of a starter that found no such connection, or one that makes no profile."""

_UNKNOWN: Final[Mapping[str, Any]] = MappingProxyType(
    {"int": 1, "number": 1.0, "bool": False, "list": [], "mapping": {}, "data": False}
)
"""By form: what a stand-in has for a value that only the connection knows; else a text."""


@dataclass(frozen=True, slots=True)
class ByConnection:
    """What starts dbt with the profile of the tasks, and what it is made of."""

    starter: tuple[str, ...]
    told: str


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why there is no such profile here; `wrong` if Airflow was asked, and its answer is why."""

    why: str
    wrong: bool = False


def made_by_airflow(
    profile: Profile, folder: str, environment: Mapping[str, str]
) -> ByConnection | NotMade:
    """Return how to start dbt with the profile that the Airflow at hand makes of a connection.

    `folder` gets the profile's file, in which no secret stands.
    """
    if any(any(templates_in(value)) for value in profile.fields.values()):
        return NotMade("fields of it are templates, which Airflow fills in when a task runs")
    if find_spec("airflow") is None:
        return NotMade("no Airflow is installed beside dagwright")
    stated = json.dumps(profile_argument(profile))
    starter = (sys.executable, "-m", _STARTER, stated, folder)
    ended = run_program(starter, environment)
    last = (ended.output.strip().splitlines() or [""])[-1]
    if ended.code == 0:
        return ByConnection(starter, last)
    if ended.code in EXIT_STATUSES:
        return NotMade(last, wrong=True)
    return NotMade("the Airflow beside dagwright does not start")


def write_stand_in(profile: Profile, folder: str, files: Files) -> None:
    """Write a `profiles.yml` of the profile's type, name and target, which connects nowhere."""
    if profile.type is None:
        return
    adapter = ADAPTERS[profile.type]
    method = adapter.method(profile.method or "") or adapter.methods[-1]
    names = adapter.writable(profile.method)
    given = {
        names[name].name: value
        for name, value in profile.fields.items()
        if not any(templates_in(value))
    }
    output: dict[str, Any] = {"type": profile.type}
    for field in adapter.all_fields(method):
        value = given.get(field.name, field.value)
        if value is None and field.required:
            value = _UNKNOWN.get(field.form, "unknown")
        if value is not None:
            output[field.name] = value
    target = profile.used_target or ""
    text = json.dumps({profile.used_name: {"target": target, "outputs": {target: output}}})
    files.write_all({posixpath.join(folder, "profiles.yml"): text.encode()})
