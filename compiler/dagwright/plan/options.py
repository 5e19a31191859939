"""dbt's options: which command knows which, from which release on, and how each is written.

What a worker fills in at run time is typed there; where a command is fixed before the run, a
switch that is a template becomes dbt's environment variable for it, which dbt itself types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from dagwright.plan.engines import Release
from dagwright.spec.model.execute import ExecuteCommon
from dagwright.spec.model.execute.options import is_template

_FIRST: Final[Release] = (1, 8)
"""The oldest dbt that is known here."""

_ALL: Final = MappingProxyType(
    dict.fromkeys(("build", "run", "seed", "snapshot", "test", "source freshness"), _FIRST)
)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of dbt. `commands` says from which release on each command knows it.

    `off` is the flag that says no; where there is none, `variable` says it, dbt's environment
    variable without its prefix.
    """

    flag: str
    kind: Literal["switch", "count", "text", "moment"]
    commands: Mapping[str, Release]
    off: str | None = None
    variable: str | None = None


OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "full_refresh": Option(
            flag="--full-refresh",
            kind="switch",
            commands=dict.fromkeys(("build", "run", "seed"), _FIRST),
            variable="FULL_REFRESH",
        ),
        "empty": Option(
            flag="--empty",
            kind="switch",
            commands={"build": _FIRST, "run": _FIRST, "snapshot": (1, 9)},
            off="--no-empty",
            variable="EMPTY",
        ),
        "sample": Option("--sample", "text", dict.fromkeys(("build", "run"), (1, 10))),
        "threads": Option("--threads", "count", _ALL),
        "event_time_start": Option(
            "--event-time-start", "moment", dict.fromkeys(("build", "run"), (1, 9))
        ),
        "event_time_end": Option(
            "--event-time-end", "moment", dict.fromkeys(("build", "run"), (1, 9))
        ),
        "fail_fast": Option("--fail-fast", "switch", _ALL, "--no-fail-fast", "FAIL_FAST"),
        "defer": Option("--defer", "switch", _ALL, "--no-defer", "DEFER"),
        "favor_state": Option("--favor-state", "switch", _ALL, "--no-favor-state", "FAVOR_STATE"),
    }
)
"""By key of `execute:`. `state` is a path, and goes with the paths."""

DATA_INTERVAL: Final = MappingProxyType(
    {
        "event_time_start": "{{ data_interval_start.strftime('%Y-%m-%dT%H:%M:%S') }}",
        "event_time_end": "{{ data_interval_end.strftime('%Y-%m-%dT%H:%M:%S') }}",
    }
)
"""What `event_time: data_interval` stands for; Airflow's intervals are in UTC, as dbt's are."""


def given_options(execute: ExecuteCommon) -> Mapping[str, Any]:
    """Return the options that `execute` gives, by key, in the order of `OPTIONS`."""
    interval = DATA_INTERVAL if execute.event_time == "data_interval" else {}
    found = {key: interval.get(key, getattr(execute, key)) for key in OPTIONS}
    return {key: value for key, value in found.items() if value is not None}


def known_to(key: str, release: Release) -> tuple[str, ...]:
    """Return the commands that know the option `key` in the dbt of `release`."""
    return tuple(name for name, since in OPTIONS[key].commands.items() if since <= release)


def option_forms(keys: Iterable[str], release: Release) -> Mapping[str, Any]:
    """Return, by key, what a worker must know to write each option: JSON, for the artifact."""
    forms: dict[str, Any] = {}
    for key in keys:
        option = OPTIONS[key]
        form = {"flag": option.flag, "off": option.off, "variable": option.variable}
        forms[key] = {
            **{name: value for name, value in form.items() if value is not None},
            "type": option.kind,
            "commands": list(known_to(key, release)),
        }
    return forms


def option_words(
    command: str, given: Mapping[str, Any], release: Release, *, later: bool = False
) -> list[str]:
    """Return the words of the options in `given` that `command` knows, fixed before the run.

    Switches that are templates are left to `option_variables`; `later` shows them all the same.
    """
    words: list[str] = []
    for key, value in given.items():
        option = OPTIONS[key]
        if command not in known_to(key, release):
            continue
        if _is_later(option, value):
            words += (f"{option.flag}={value}",) if later else ()
        elif option.kind != "switch":
            words += (option.flag, str(value))
        elif value:
            words.append(option.flag)
        elif option.off is not None:
            words.append(option.off)
    return words


def option_variables(given: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the environment variables for the switches in `given` that no argument can say.

    Those that are templates: dbt reads the variable where no flag is given, and refuses what is
    neither true nor false. And those that are off where no flag says so: an image may say yes.
    """
    switches = {OPTIONS[key].variable: (OPTIONS[key], value) for key, value in given.items()}
    found: dict[str, str] = {}
    for name, (option, value) in switches.items():
        if _is_later(option, value):
            found[f"DBT_{name}"] = value
        elif value is False and option.off is None:
            found |= {f"DBT_{name}": "False", f"DBT_ENGINE_{name}": "False"}
    return found


def _is_later(option: Option, value: object) -> bool:
    return option.kind == "switch" and is_template(value)
