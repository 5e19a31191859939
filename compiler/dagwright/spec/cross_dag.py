"""Check what `render.cross_dag` and `dag` say together: a DAG has one schedule."""

from __future__ import annotations

from dagwright.diagnostics import Note, Report
from dagwright.spec.model import Spec
from dagwright.spec.rules import CROSS_DAG_SCHEDULE, CROSS_DAG_SENSOR
from dagwright.text.route import Places, Route


def check_cross_dag(spec: Spec, places: Places, report: Report) -> None:
    """Report a schedule beside `cross_dag: assets`, and `sensor`, which is not offered."""
    route: Route = ("render", "cross_dag")
    if spec.render.cross_dag == "sensor":
        report.add(CROSS_DAG_SENSOR.at(places.value(route), notes=places.notes(route)))
    if spec.render.cross_dag != "assets":
        return
    if spec.dag is None:
        hint = "leave the schedule to the hand-written DAG that has the task group"
        report.add(CROSS_DAG_SCHEDULE.at(places.value(route), hint=hint))
    elif spec.dag.schedule is not None:
        note = Note(places.key(("dag", "schedule")), "`schedule` is here")
        hint = "leave out `dag.schedule`, or `cross_dag`"
        notes = (note, *places.notes(route))
        report.add(CROSS_DAG_SCHEDULE.at(places.value(route), hint=hint, notes=notes))
