"""Whether dbt left results in its container: an exit code alone does not say that it has run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from docker.errors import APIError, NotFound

from dagwright_airflow.airflow_api import AirflowException

NOTHING_RAN: Final = (
    "the container ended with exit code 0, and its dbt wrote no {place}: nothing has run. With "
    "`entrypoint: keep`, the image's entrypoint must run its arguments; and a dbt that is told to "
    "write no JSON (DBT_WRITE_JSON) cannot be told from none"
)

_SKEW: Final = timedelta(minutes=1)
"""How far the clock of a volume may be behind that of the daemon."""

_TARGET_PATH: Final = "--target-path"


def check_results(
    client: Any, container: str, command: Sequence[str], mounts: Sequence[Mapping[str, Any]]
) -> str | None:
    """Return why nobody can tell whether `command` left results; None where it did.

    A folder in memory is gone with its container, and a daemon may refuse to tell.

    Raises:
        AirflowException: it left none, though its container ended well: nothing has run then.
    """
    place = results_place(command)
    if place is None or any(_in_memory(mount, place) for mount in mounts):
        return None
    try:
        stream, told = client.get_archive(container, place)
    except NotFound:
        raise AirflowException(NOTHING_RAN.format(place=place)) from None
    except APIError as error:
        return str(error)
    stream.close()
    began = client.inspect_container(container)["State"]["StartedAt"]
    if moment(told["mtime"]) < moment(began) - _SKEW:
        raise AirflowException(NOTHING_RAN.format(place=place))
    return None


def results_place(command: Sequence[str]) -> str | None:
    """Return the file in which a dbt command leaves its results; None if it says no folder.

    Example:
        >>> results_place(["run", "--target-path", "/tmp/target"])
        '/tmp/target/run_results.json'
    """
    if _TARGET_PATH not in command:
        return None
    name = "sources.json" if "freshness" in command[:3] else "run_results.json"
    folder = command[list(command).index(_TARGET_PATH) + 1]
    return f"{folder.rstrip('/')}/{name}"


def _in_memory(mount: Mapping[str, Any], place: str) -> bool:
    target = str(mount["Target"]).rstrip("/")
    return mount["Type"] == "tmpfs" and place.startswith(f"{target}/")


def moment(text: str) -> datetime:
    """Return the moment that Docker tells, to the microsecond.

    Example:
        >>> moment("2026-01-01T06:00:00.123456789Z").isoformat()
        '2026-01-01T06:00:00.123456+00:00'
    """
    whole = re.sub(r"(\.\d{1,6})\d*", lambda digits: digits[1].ljust(7, "0"), text)
    return datetime.fromisoformat(whole.replace("Z", "+00:00"))
