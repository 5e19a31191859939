"""What Cloud Run is asked to run, against the request models of Google's SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from dagwright.official.fault import Fault


def run_job_faults(arguments: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what Cloud Run has against the overrides of an execution.

    The SDK says what it has against them in one sentence, without a path.
    """
    request = import_module("google.cloud.run_v2.types").RunJobRequest
    try:
        request(name="projects/p/locations/l/jobs/j", overrides=arguments.get("overrides"))
    except (TypeError, ValueError) as error:
        yield Fault(("overrides",), f"is refused by Google's SDK: {error}")
