"""Check what a spec says as a whole: what no single key is enough to judge."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Final

from dagwright.diagnostics import Note, Report
from dagwright.spec.abilities import check_abilities
from dagwright.spec.airflow_versions import check_airflow, settings_of_tasks
from dagwright.spec.async_checks import check_async
from dagwright.spec.containers import check_containers
from dagwright.spec.cross_dag import check_cross_dag
from dagwright.spec.model import AssetSchedule, Spec
from dagwright.spec.options import check_options
from dagwright.spec.rules import (
    CONTINUOUS_RUNS,
    FAIL_FAST_TRIGGER_RULE,
    NOT_FINITE,
    REPEATED_PATH,
    REVERSED_DATES,
    RUN_TYPES_WITHOUT_SCHEDULE,
    SELECTOR_AND_SELECT,
    TEMPLATE_IN_RENDER,
    TIMEZONE_WITHOUT_START,
)
from dagwright.spec.virtualenv import check_virtualenv
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree


def check_spec(spec: Spec, places: Places, report: Report) -> None:
    """Report what is wrong with a spec whose every value is right by itself."""
    for check in _CHECKS:
        check(spec, places, report)


def _dates(spec: Spec, places: Places, report: Report) -> None:
    dag = spec.dag
    if dag is None or dag.start_date is None or dag.end_date is None:
        return
    start, end = _instant(dag.start_date), _instant(dag.end_date)
    if end < start:
        route = ("dag", "end_date")
        note = Note(places.value(("dag", "start_date")), "`start_date` is here")
        report.add(REVERSED_DATES.at(places.value(route), notes=(note, *places.notes(route))))


def _instant(moment: str) -> datetime:
    """Return the moment, in UTC where it names no offset: near enough to compare two."""
    instant = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _continuous(spec: Spec, places: Places, report: Report) -> None:
    dag = spec.dag
    if dag is not None and dag.schedule == "@continuous" and dag.max_active_runs != 1:
        route = ("dag", "schedule")
        report.add(CONTINUOUS_RUNS.at(places.value(route), notes=places.notes(route)))


def _timezone(spec: Spec, places: Places, report: Report) -> None:
    dag = spec.dag
    if dag is not None and dag.timezone != "UTC" and dag.start_date is None:
        route = ("dag", "timezone")
        report.add(TIMEZONE_WITHOUT_START.at(places.key(route), notes=places.notes(route)))


def _fail_fast(spec: Spec, places: Places, report: Report) -> None:
    if spec.dag is None or not spec.dag.fail_fast:
        return
    note = Note(places.key(("dag", "fail_fast")), "`fail_fast` is here")
    for route, settings in settings_of_tasks(spec):
        rule, at = settings.trigger_rule, (*route, "trigger_rule")
        if rule not in {None, "all_success"}:
            notes = (note, *places.notes(at))
            report.add(FAIL_FAST_TRIGGER_RULE.at(places.value(at), rule=rule, notes=notes))


def _run_types(spec: Spec, places: Places, report: Report) -> None:
    if spec.dag is None or not spec.dag.allowed_run_types:
        return
    match spec.dag.schedule:
        case None:
            kind, why = "manual", "a DAG without a schedule has"
        case AssetSchedule():
            kind, why = "asset_triggered", "its assets start"
        case _:
            kind, why = "scheduled", "its schedule starts"
    if kind not in spec.dag.allowed_run_types:
        route = ("dag", "allowed_run_types")
        notes = places.notes(route)
        at = places.value(route)
        report.add(RUN_TYPES_WITHOUT_SCHEDULE.at(at, kind=kind, why=why, notes=notes))


def _selector(spec: Spec, places: Places, report: Report) -> None:
    if spec.render.selector is None:
        return
    for other in ("select", "exclude"):
        if getattr(spec.render, other):
            route = ("render", "selector")
            note = Note(places.key(("render", other)), f"`{other}` is here")
            notes = (note, *places.notes(route))
            report.add(SELECTOR_AND_SELECT.at(places.key(route), other=other, notes=notes))


def _templates(_: Spec, places: Places, report: Report) -> None:
    for route, scalar in _scalars(places.tree(("render",)), ("render",)):
        for mark in ("{{", "{%"):
            if (at := scalar.text.find(mark)) >= 0:
                span = places.part(route, at, at + len(mark))
                report.add(TEMPLATE_IN_RENDER.at(span, notes=places.notes(route)))
                break


def _paths(spec: Spec, places: Places, report: Report) -> None:
    seen: dict[str, Route] = {}
    for number, row in enumerate(spec.execute.paths):
        route = ("execute", "paths", number, "render")
        path = posixpath.normpath(row.render)
        if path in seen:
            note = Note(places.value(seen[path]), "the first row is here")
            notes = (note, *places.notes(route))
            report.add(REPEATED_PATH.at(places.value(route), path=row.render, notes=notes))
        seen.setdefault(path, route)


def _finite(_: Spec, places: Places, report: Report) -> None:
    for route, scalar in _scalars(places.root, ()):
        value = scalar.value
        if isinstance(value, float) and not math.isfinite(value):
            notes = places.notes(route)
            report.add(NOT_FINITE.at(scalar.span, text=scalar.text[:40], notes=notes))


def _scalars(tree: Tree | None, route: Route) -> Iterator[tuple[Route, Scalar]]:
    match tree:
        case Scalar():
            yield route, tree
        case Table(entries=entries):
            for name, entry in entries.items():
                yield from _scalars(entry.value, (*route, name))
        case Items(items=items):
            for number, item in enumerate(items):
                yield from _scalars(item, (*route, number))
        case None:
            return


_CHECKS: Final[tuple[Callable[[Spec, Places, Report], None], ...]] = (
    _dates,
    _continuous,
    _timezone,
    _fail_fast,
    _run_types,
    check_airflow,
    check_async,
    _selector,
    _templates,
    _paths,
    _finite,
    check_cross_dag,
    check_virtualenv,
    check_options,
    check_abilities,
    check_containers,
)
