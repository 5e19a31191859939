"""Which versions of Airflow will load the artifact, and what one of them lacks.

`requires.airflow` is a range; what the spec says must be there in every version of the tables
that the range lets in. Without it, that is all of Airflow 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from dagwright.diagnostics import Note, Report
from dagwright.spec import airflow_tables as tables
from dagwright.spec.model import Dag, Deadline, Spec, TaskSettings
from dagwright.spec.model.deadline import AverageRuntime
from dagwright.spec.rules import NOT_IN_AIRFLOW, UNKNOWN_AIRFLOW
from dagwright.text.route import Places, Route

DEFAULT: Final = ">=3.0"
"""What a spec is for that does not say."""

Version: TypeAlias = tuple[int, ...]

_CLAUSE: Final = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)*)(\.\*)?\s*")
_LATEST_PATCH: Final = 10_000

_COMPARE: Final[Mapping[str, Callable[[Version, Version], bool]]] = MappingProxyType(
    {
        "==": lambda version, bound: version == bound,
        "!=": lambda version, bound: version != bound,
        "<=": lambda version, bound: version <= bound,
        ">=": lambda version, bound: version >= bound,
        "<": lambda version, bound: version < bound,
        ">": lambda version, bound: version > bound,
    }
)


def required_versions(wanted: str) -> tuple[str, ...]:
    """Return the versions of the tables that the range `wanted` lets in, the oldest first.

    A version stands for all its patches: `>3.0.2` lets 3.0 in. The form has been checked.

    Example:
        >>> required_versions(">=2.10,<3"), required_versions("==3.2.*")
        (('2.10', '2.11'), ('3.2',))
    """
    clauses = [_clause(text) for text in wanted.split(",")]
    patches = {0, _LATEST_PATCH}
    for _, bound, _ in clauses:
        near = bound[2] if len(bound) > 2 else 0
        patches |= {max(near - 1, 0), near, near + 1}
    return tuple(
        name
        for name in tables.VERSIONS
        if any(all(_lets_in(c, (*_numbers(name), patch)) for c in clauses) for patch in patches)
    )


_Clause: TypeAlias = tuple[str, Version, bool]


def _clause(text: str) -> _Clause:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match[1], _numbers(match[2]), match[3] is not None


def _numbers(text: str) -> Version:
    return tuple(map(int, text.split(".")))


def _lets_in(clause: _Clause, version: Version) -> bool:
    """Return whether a version of three numbers is in the range of one clause, as in PEP 440."""
    sign, bound, any_below = clause
    if any_below:
        return (version[: len(bound)] == bound) is (sign == "==")
    if sign == "~=":
        return version >= bound and version[: len(bound) - 1] == bound[:-1]
    return _COMPARE[sign](version, (*bound, 0, 0)[:3])


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a spec says, and the versions of Airflow that know it."""

    route: Route
    what: str
    known: str

    def missing(self, versions: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `versions` that do not know it."""
        return tuple(version for version in versions if version not in self.known.split())


def check_airflow(spec: Spec, places: Places, report: Report) -> None:
    """Report what the spec says that a version of Airflow it is for would not understand."""
    wanted = spec.requires.airflow or DEFAULT
    route = ("requires", "airflow")
    versions = required_versions(wanted)
    if not versions:
        known, at = ", ".join(tables.VERSIONS), places.value(route)
        report.add(UNKNOWN_AIRFLOW.at(at, known=known, notes=places.notes(route)))
    notes: tuple[Note, ...] = ()
    if versions and places.written(route):
        notes = (Note(places.value(route), f"this lets Airflow {versions[0]} in"),)
    told: dict[Route, tuple[str, ...]] = {}
    for need in chain(_of_dag(spec.dag), _of_tasks(spec)):
        missing = need.missing(versions)
        around = next((told[need.route[:n]] for n in (2, 3) if need.route[:n] in told), ())
        if not set(missing) <= set(around):  # What lacks a block lacks all that is in it.
            told[need.route] = missing
            report.add(
                NOT_IN_AIRFLOW.at(
                    places.key(need.route),
                    what=need.what,
                    versions=_listed(missing),
                    hint=_hint(need),
                    notes=(*notes, *places.notes(need.route)),
                )
            )


def _listed(versions: tuple[str, ...]) -> str:
    return versions[0] if len(versions) == 1 else f"{', '.join(versions[:-1])} and {versions[-1]}"


def _hint(need: Need) -> str:
    """Return what to write instead, and which versions would make it right."""
    instead = _INSTEAD.get(need.what, "remove it")
    known = need.known.split()
    if known and known[-1] == tables.VERSIONS[-1]:
        return f'{instead}, or write `requires: {{airflow: ">={known[0]}"}}`'
    return instead


_INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "`deadline`": "use `dagrun_timeout`, which ends the run",
        "`runs_in: executor`": "name an `async def` function, which runs in the triggerer",
        "`average_runtime`": "use `dagrun_queued_at`",
        "a number for `retry_exponential_backoff`": "write true, which doubles the wait",
        "the trigger rule `all_done_min_one_success`": "use `all_done` or "
        "`none_failed_min_one_success`",
        "`schedule` without `start_date`": "write a `start_date`",
        "`render_template_as_native_obj` of a task": "write it in `dag`, for all tasks",
    }
)
"""What to use, by the words of `Need.what`."""

AIRFLOW_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "id": ("dag_id",),
        "display_name": ("dag_display_name",),
        "fail_fast": ("fail_fast", "fail_stop"),
        "timezone": ("start_date", "end_date"),
    }
)
"""The keys of `dag` that Airflow has under another name, or under one of two."""


def dag_argument_versions(key: str) -> str:
    """Return the versions whose DAG has what the key of `dag` says."""
    names = AIRFLOW_NAMES.get(key, (key,))
    return " ".join(
        version
        for version in tables.VERSIONS
        if any(version in tables.DAG_ARGUMENTS.get(name, "").split() for name in names)
    )


def _of_dag(dag: Dag | None) -> Iterator[Need]:
    if dag is None:
        return
    for key in sorted(type(dag).model_fields):
        if getattr(dag, key) not in (None, (), {}):
            yield Need(("dag", key), f"`{key}`", dag_argument_versions(key))
    if dag.schedule is not None and dag.start_date is None:
        what = "`schedule` without `start_date`"
        yield Need(("dag", "schedule"), what, tables.FEATURES["schedule_without_start"])
    if isinstance(dag.schedule, str) and dag.schedule.startswith("@"):
        what = f"the schedule `{dag.schedule}`"
        yield Need(("dag", "schedule"), what, tables.PRESETS.get(dag.schedule, ""))
    yield from _of_run_types(dag.allowed_run_types)
    if isinstance(dag.deadline, Deadline):
        yield from _of_deadline(dag.deadline, ("dag", "deadline"))
    else:
        for number, one in enumerate(dag.deadline or ()):
            yield from _of_deadline(one, ("dag", "deadline", number))


def _of_run_types(kinds: Sequence[str]) -> Iterator[Need]:
    """Yield the kinds of runs that are younger than the key that lists them."""
    oldest = tables.DAG_ARGUMENTS["allowed_run_types"]
    for number, kind in enumerate(kinds):
        if tables.RUN_TYPES[kind] != oldest:
            route = ("dag", "allowed_run_types", number)
            yield Need(route, f"the run type `{kind}`", tables.RUN_TYPES[kind])


def _of_deadline(deadline: Deadline, route: Route) -> Iterator[Need]:
    asked: Mapping[str, Any] = {
        "deadline_in_executor": deadline.runs_in == "executor",
        "deadline_average_runtime": isinstance(deadline.reference, AverageRuntime),
        "deadline_name": deadline.name is not None,
    }
    for feature, (key, what) in _DEADLINE.items():
        if asked[feature]:
            yield Need((*route, key), what, tables.FEATURES[feature])


_DEADLINE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "deadline_in_executor": ("runs_in", "`runs_in: executor`"),
        "deadline_average_runtime": ("reference", "`average_runtime`"),
        "deadline_name": ("name", "`name` of a deadline"),
    }
)


def _of_tasks(spec: Spec) -> Iterator[Need]:
    """Yield what the settings of tasks need, wherever they stand."""
    for route, settings in settings_of_tasks(spec):
        for key in settings.given():
            what = f"`{key}` of a task"
            yield Need((*route, key), what, tables.TASK_ARGUMENTS.get(key, ""))
        backoff = settings.retry_exponential_backoff
        if backoff is not None and not isinstance(backoff, bool):
            what = "a number for `retry_exponential_backoff`"
            at = (*route, "retry_exponential_backoff")
            yield Need(at, what, tables.FEATURES["backoff_factor"])
        if (rule := settings.trigger_rule) is not None:
            what = f"the trigger rule `{rule}`"
            yield Need((*route, "trigger_rule"), what, tables.TRIGGER_RULES.get(rule, ""))


def settings_of_tasks(spec: Spec) -> Iterator[tuple[Route, TaskSettings]]:
    """Yield the places of a spec that give settings to tasks, in the order of the reference."""
    for name, block in (("dag", spec.dag), ("task_group", spec.task_group)):
        if block is not None:
            yield (name, "default_args"), block.default_args
    for number, override in enumerate(spec.render.overrides):
        yield ("render", "overrides", number), override
    policy = spec.execute.policy
    for name in type(policy).model_fields:
        yield ("execute", "policy", name), getattr(policy, name)
