"""How to compile, as this process has it. Not in `specs`: `validate` compiles nothing."""

from __future__ import annotations

from dagwright.cli.specs import variables
from dagwright.pipeline import Options


def options(environment: str | None) -> Options:
    """Return how to compile for `environment`, with the variables of this process."""
    return Options(environment=environment, variables=variables())
