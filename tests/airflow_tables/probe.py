"""Print what the Airflow of this interpreter accepts, as JSON.

Asks the packages themselves: signatures, enumerations, and constructors that take a value or
refuse it. Needs nothing but that Airflow, of any version from 2.10 on.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import partial
from importlib import import_module
from inspect import Parameter, signature
from os import environ
from typing import Any

BOUND = {"self", "kwargs"}
"""Parameters that are no arguments."""

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def first(*paths: str) -> Any:
    """Return the first of some import paths that leads to something."""
    for path in paths:
        module, _, name = path.rpartition(".")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"none of these is there: {paths}")


def arguments(of: Any) -> dict[str, Parameter]:
    """Return the parameters of a class, of its constructor if the class itself tells none."""
    found = signature(of).parameters
    found = found if len(found) > 2 else signature(of.__init__).parameters
    return {name: one for name, one in found.items() if name not in BOUND}


def words(of: type[Enum]) -> list[str]:
    """Return the words of an enumeration of Airflow's."""
    return sorted(str(member.value) for member in of)


def works(make: Callable[[], object]) -> bool:
    """Return whether something can be made, whatever this Airflow does about it if not."""
    try:
        make()
    except Exception:  # noqa: BLE001 - each version refuses in its own way
        return False
    return True


def presets(dag: Any) -> list[str]:
    """Return the names that a DAG takes for a schedule."""
    names = [*first("airflow.utils.dates.cron_presets"), "@once", "@continuous"]
    make = partial(dag, "d", start_date=START, max_active_runs=1)
    return sorted(name for name in names if works(partial(make, schedule=name)))


def run_types(dag: Any) -> list[str]:
    """Return the kinds of runs that `allowed_run_types` knows; none where there is no such key."""
    if "allowed_run_types" not in arguments(dag):
        return []
    return words(first("airflow.sdk.api.datamodels._generated.DagRunType"))


def alert(**given: Any) -> object:
    """Return a deadline with a callback in the triggerer, unless `given` says otherwise."""
    deadline = "airflow.sdk.definitions.deadline."
    made = {
        "reference": first(deadline + "DeadlineReference").DAGRUN_QUEUED_AT,
        "interval": timedelta(1),
        "callback": first(deadline + "AsyncCallback")("some.callback"),
    }
    return first(deadline + "DeadlineAlert")(**{**made, **given})


def features(dag: Any, task: Any) -> list[str]:
    """Return what else is there, by names of ours."""
    deadline = "airflow.sdk.definitions.deadline."
    backoff = str(arguments(task)["retry_exponential_backoff"].annotation)
    asked = {
        "asset_conditions": works(
            lambda: first("airflow.sdk.AssetAny", "airflow.datasets.DatasetAny")
        ),
        "backoff_factor": "float" in backoff,
        "deadline_average_runtime": works(
            lambda: first(deadline + "DeadlineReference").AVERAGE_RUNTIME(max_runs=3)
        ),
        "deadline_in_executor": works(
            lambda: alert(callback=first(deadline + "SyncCallback")("some.callback"))
        ),
        "deadline_name": works(lambda: alert(name="late")),
        "schedule_without_start": works(lambda: dag("d", schedule="@daily")),
    }
    return sorted(name for name, there in asked.items() if there)


def main() -> None:
    """Print the table of one version, under its number without the patch."""
    with tempfile.TemporaryDirectory() as home:
        environ["AIRFLOW_HOME"] = home
        warnings.simplefilter("ignore")
        dag = first("airflow.sdk.DAG", "airflow.models.dag.DAG")
        task = first("airflow.sdk.BaseOperator", "airflow.models.baseoperator.BaseOperator")
        trigger_rules = first("airflow.sdk.TriggerRule", "airflow.utils.trigger_rule.TriggerRule")
        weight_rules = first("airflow.sdk.WeightRule", "airflow.utils.weight_rule.WeightRule")
        table = {
            "DAG_ARGUMENTS": sorted(arguments(dag)),
            "TASK_ARGUMENTS": sorted(arguments(task)),
            "TRIGGER_RULES": words(trigger_rules),
            "WEIGHT_RULES": words(weight_rules),
            "PRESETS": presets(dag),
            "RUN_TYPES": run_types(dag),
            "FEATURES": features(dag, task),
        }
        version = first("airflow.__version__")
    sys.stdout.write(json.dumps({".".join(version.split(".")[:2]): table}) + "\n")


if __name__ == "__main__":
    main()
