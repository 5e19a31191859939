"""Operators of clouds that end what they started, also where they wait in the triggerer."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any


@lru_cache
def ending(operator: Any, trigger: str, *, started: str | None = None) -> Any:
    """Return `operator`, deferring by a trigger of ours in place of the provider's own.

    Airflow tells a task that it is killed wherever that is, and lets it go on. While the cloud is
    being asked to start something, nobody has its name: that is ended as soon as it is known.

    Args:
        operator: the class of a provider's operator.
        trigger: its module in `dagwright_airflow.triggers`, and the name of the class there.
        started: the attribute that has what was started, where that has no name before.
    """

    class Ending(operator):  # type: ignore[misc]
        _told_to_end = False

        def on_kill(self) -> None:
            """End what was started, now or when it is known."""
            self._told_to_end = True
            super().on_kill()

        def defer(self, *, trigger: Any, **how: Any) -> Any:
            """Wait in the triggerer, by what does the same and ends it where it is told to."""
            super().defer(trigger=_own(trigger), **how)

    module, name = trigger.split(".")

    def _own(given: Any) -> Any:
        own = getattr(import_module(f"dagwright_airflow.triggers.{module}"), name)
        return own(**given.serialize()[1])

    if started is not None:
        setattr(Ending, started, _ended_if_late(f"_{started}"))
    Ending.__name__ = Ending.__qualname__ = operator.__name__
    Ending.__doc__ = operator.__doc__
    return Ending


def _ended_if_late(name: str) -> property:
    """Return an attribute, kept as `name`: what is put there after a kill is ended at once."""

    def put(self: Any, value: Any) -> None:
        setattr(self, name, value)
        if value is not None and self._told_to_end:
            self.on_kill()

    return property(lambda self: getattr(self, name, None), put)
