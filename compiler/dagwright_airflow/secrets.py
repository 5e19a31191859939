"""Look up secrets where an artifact says they lie: when a task runs, and never before.

An artifact holds references alone. What they lead to is masked in the task's log, and goes where
no template is rendered and no field is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagwright_airflow.airflow_api import (
    AirflowException,
    get_connection,
    get_variable,
    mask_secret,
)

_EXTRA = "extra."


def look_up(secrets: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the values of `secrets`, by environment variable.

    Args:
        secrets: by variable, `{"connection": ID, "field": NAME}` or `{"variable": NAME}`; a field
            is `login`, `password`, `host`, `port`, `schema` or `extra.NAME`.

    Raises:
        AirflowException: there is no such secret; the message names it.
    """
    found = {}
    for name, source in secrets.items():
        value, why = _read(source)
        if value is None:
            where = " of ".join(f"{key} {text!r}" for key, text in reversed([*source.items()]))
            raise AirflowException(f"the secret for {name} is not there: {where}{why}")
        mask_secret(value)
        found[name] = value
    return found


def _read(source: Mapping[str, str]) -> tuple[str | None, str]:
    """Return a secret; or None, and the kind of error that its store raised."""
    try:
        return _value(source), ""
    except Exception as error:  # noqa: BLE001 (of whichever store; it may quote secrets)
        return None, f" ({type(error).__name__})"


def _value(source: Mapping[str, str]) -> str | None:
    if "variable" in source:
        return get_variable(source["variable"])
    connection, field = get_connection(source["connection"]), source["field"]
    value: Any
    if field.startswith(_EXTRA):
        value = connection.extra_dejson.get(field.removeprefix(_EXTRA))
    else:
        value = getattr(connection, field)
    return None if value is None else str(value)
