"""Turn what an artifact can say in JSON into what Airflow's constructors take.

Durations, dates, callbacks and assets are the only values that JSON cannot hold; all the others
pass through. No import path is followed unless the author of the loader file allowed its prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagwright_airflow.airflow_api import FAIL_FAST, Asset, AssetAll, AssetAny, deadline_alert
from dagwright_airflow.artifact import ArtifactError

Convert = Callable[[Any, Collection[str]], Any]
"""From a JSON value and the allowed callback prefixes to an argument."""


def operator_arguments(
    stated: Mapping[str, Any], callbacks: Collection[str] = ()
) -> dict[str, Any]:
    """Return the BaseOperator arguments that `stated` says; durations are in seconds.

    Raises:
        ArtifactError: a callback is not allowed, or does not exist.
    """
    return {name: _convert(name, value, callbacks) for name, value in stated.items()}


def dag_arguments(stated: Mapping[str, Any], callbacks: Collection[str] = ()) -> dict[str, Any]:
    """Return the arguments of DAG that `stated` says, `params` left out.

    Params belong on the DAG after its operators exist: each operator would otherwise carry and
    serialize a copy of them.

    Raises:
        ArtifactError: a callback is not allowed, a date, time zone or schedule is not one, or
            this Airflow has no deadlines.
    """
    plain = {key: value for key, value in stated.items() if key not in _DAG_KEYS}
    arguments = operator_arguments(plain, callbacks)
    zone_name = stated.get("timezone", "UTC")
    zone = _zone(zone_name)
    for name in ("start_date", "end_date"):
        if stated.get(name) is not None:
            arguments[name] = _date(stated[name], zone)
    if zone_name != "UTC" and "start_date" not in arguments:
        raise ArtifactError("`timezone` without `start_date`: Airflow would use UTC; add a date")
    if "display_name" in stated:
        arguments["dag_display_name"] = stated["display_name"]
    if "fail_fast" in stated:
        arguments[FAIL_FAST] = stated["fail_fast"]
    if "deadline" in stated:
        arguments["deadline"] = _deadlines(stated["deadline"], zone, callbacks)
    arguments["dag_id"] = stated["id"]
    arguments["schedule"] = _schedule(stated.get("schedule"))
    arguments["default_args"] = operator_arguments(stated.get("default_args", {}), callbacks)
    return arguments


_DAG_KEYS: Final = frozenset(
    {
        *("id", "display_name", "fail_fast", "params", "default_args"),
        *("timezone", "start_date", "end_date", "schedule", "deadline"),
    }
)


def _convert(name: str, value: Any, callbacks: Collection[str]) -> Any:
    convert = CONVERTED.get(name)
    return value if convert is None or value is None else convert(value, callbacks)


def _duration(seconds: float, _callbacks: Collection[str]) -> timedelta:
    return timedelta(seconds=seconds)


def _assets(uris: Sequence[str], _callbacks: Collection[str]) -> list[Asset]:
    return [_asset(uri) for uri in uris]


@lru_cache(maxsize=65_536)
def _asset(uri: str) -> Asset:
    """Return the asset of `uri`: a table that many tasks read is one object, made once."""
    return Asset(uri)


def _callback(path: str | Sequence[str], allowed: Collection[str]) -> Any:
    if not isinstance(path, str):
        return [_callback(one, allowed) for one in path]
    _refuse_unless_allowed(path, allowed)
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"the callback {path} cannot be imported: {error}"
        raise ArtifactError(message) from error


def _refuse_unless_allowed(path: str, allowed: Collection[str]) -> None:
    if not any(path == name or path.startswith(name.rstrip(".") + ".") for name in allowed):
        message = (
            f"the callback {path} is not allowed here; the loader file can allow it: "
            f'load_dags(..., callbacks=("{path.rpartition(".")[0]}.",))'
        )
        raise ArtifactError(message)


def _named_callbacks(paths: Mapping[str, str], allowed: Collection[str]) -> dict[str, Any]:
    return {name: _callback(path, allowed) for name, path in paths.items()}


def _permissions(
    roles: Mapping[str, Mapping[str, Sequence[str]]], _callbacks: Collection[str]
) -> dict[str, dict[str, set[str]]]:
    return {
        role: {resource: set(actions) for resource, actions in resources.items()}
        for role, resources in roles.items()
    }


CONVERTED: Final[Mapping[str, Convert]] = MappingProxyType(
    {
        "access_control": _permissions,
        "dagrun_timeout": _duration,
        "execution_timeout": _duration,
        "max_retry_delay": _duration,
        "retry_delay": _duration,
        "inlets": _assets,
        "outlets": _assets,
        "on_execute_callback": _callback,
        "on_failure_callback": _callback,
        "on_retry_callback": _callback,
        "on_skipped_callback": _callback,
        "on_success_callback": _callback,
        "on_warning": _callback,
        "user_defined_filters": _named_callbacks,
        "user_defined_macros": _named_callbacks,
    }
)
"""The closed set of arguments whose JSON form is not what Airflow takes."""


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{name!r} is not a time zone that this machine knows"
        raise ArtifactError(message) from error


def _date(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not an ISO date"
        raise ArtifactError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _deadlines(stated: Any, zone: tzinfo, callbacks: Collection[str]) -> list[Any]:
    """Return the deadlines of a DAG; Airflow imports their callbacks itself, by the same path."""
    made = []
    for one in [stated] if isinstance(stated, dict) else stated:
        _refuse_unless_allowed(one["callback"], callbacks)
        reference = one["reference"]
        if isinstance(reference, dict) and "fixed_datetime" in reference:
            reference = {"fixed_datetime": _date(reference["fixed_datetime"], zone)}
        try:
            made.append(deadline_alert({**one, "reference": reference}))
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            message = f"this Airflow cannot make the deadline with {one['callback']}: {error}"
            raise ArtifactError(message) from error
    return made


def _schedule(stated: Any) -> Any:
    match stated:
        case None | str():
            return stated
        case {"assets": condition}:
            return _asset_condition(condition)
        case _:
            message = f"the schedule {stated!r} is none that this version knows; compile again"
            raise ArtifactError(message)


def _asset_condition(stated: Any) -> Any:
    match stated:
        case str():
            return Asset(stated)
        case {"all": parts} | [*parts]:
            return AssetAll(*map(_asset_condition, parts))
        case {"any": parts}:
            return AssetAny(*map(_asset_condition, parts))
        case _:
            message = f"{stated!r} is no condition on assets; compile again"
            raise ArtifactError(message)
