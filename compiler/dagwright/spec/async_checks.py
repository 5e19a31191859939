"""Check what `mode: airflow_async` says of its warehouse."""

from __future__ import annotations

from dagwright.diagnostics import Report
from dagwright.spec.airflow_versions import settings_of_tasks
from dagwright.spec.async_rules import (
    ASYNC_TRIGGER_RULE,
    KEY_OF_ANOTHER_WAREHOUSE,
    WAREHOUSE_NEEDS_KEY,
)
from dagwright.spec.model import Spec
from dagwright.spec.model.execute import AirflowAsync
from dagwright.spec.model.execute.airflow_async import KEYS_OF, NEEDED
from dagwright.text.route import Places


def check_async(spec: Spec, places: Places, report: Report) -> None:
    """Report keys of another warehouse, missing ones, and trigger rules that Airflow refuses."""
    execute = spec.execute
    if not isinstance(execute, AirflowAsync):
        return
    _keys(execute, places, report)
    for route, settings in settings_of_tasks(spec):
        if settings.trigger_rule not in {None, "all_success"}:
            at = places.value((*route, "trigger_rule"))
            report.add(ASYNC_TRIGGER_RULE.at(at, rule=settings.trigger_rule))


def _keys(execute: AirflowAsync, places: Places, report: Report) -> None:
    warehouse, own = execute.warehouse, KEYS_OF[execute.warehouse]
    for key in dict.fromkeys(key for keys in KEYS_OF.values() for key in keys):
        if getattr(execute, key) is None or key in own:
            continue
        route = ("execute", key)
        known = " and ".join(name for name, keys in KEYS_OF.items() if key in keys)
        words = {"key": key, "warehouse": warehouse, "known": known, "own": ", ".join(own)}
        report.add(
            KEY_OF_ANOTHER_WAREHOUSE.at(places.key(route), notes=places.notes(route), **words)
        )
    for group in NEEDED.get(warehouse, ()):
        given = [key for key in group if getattr(execute, key) is not None]
        if len(given) == 1:
            continue
        wanted = " or ".join(f"`{key}`" for key in group)
        hint = f"not both of {wanted}" if given else f"write {wanted} beside `warehouse`"
        at = places.value(("execute", "warehouse"))
        report.add(WAREHOUSE_NEEDS_KEY.at(at, warehouse=warehouse, wanted=wanted, hint=hint))
