"""Operators of clouds that end what they started, also where they wait in the triggerer."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any


@lru_cache
def ending(operator: Any, trigger: str) -> Any:
    """Return `operator`, deferring by a trigger of ours in place of the provider's own.

    Args:
        operator: the class of a provider's operator.
        trigger: its module in `dagwright_airflow.triggers`, and the name of the class there.
    """

    class Ending(operator):  # type: ignore[misc]
        def defer(self, *, trigger: Any, **how: Any) -> Any:
            """Wait in the triggerer, by what does the same and ends it where it is told to."""
            super().defer(trigger=_own(trigger), **how)

    module, name = trigger.split(".")

    def _own(given: Any) -> Any:
        own = getattr(import_module(f"dagwright_airflow.triggers.{module}"), name)
        return own(**given.serialize()[1])

    Ending.__name__ = Ending.__qualname__ = operator.__name__
    Ending.__doc__ = operator.__doc__
    return Ending
