"""How to compile, as this process has it. Not in `specs`: `validate` compiles nothing."""

from __future__ import annotations

from dagwright.cli.specs import variables
from dagwright.pipeline import Options
from dagwright.plan.requirements import Locking


def options(
    environment: str | None,
    *,
    emit: str = "json",
    verify_selection: bool = False,
    locking: Locking = "keep",
) -> Options:
    """Return how to compile for `environment`, with the variables of this process."""
    return Options(
        environment, variables(), emit, verify_selection=verify_selection, locking=locking
    )
