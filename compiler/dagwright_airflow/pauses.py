"""How long a trigger waits between two looks: seldom where nothing happens, and never in step."""

from __future__ import annotations

import random
from typing import Final

SHORTEST_SECONDS: Final = 1.0
_IDLE_SECONDS: Final = 10.0
_LONGEST_SECONDS: Final = 60.0

SETTLE_SECONDS: Final = 10.0
"""How long Airflow may take to know what a process has told it, or that it ended.

It takes a task for killed that runs again before its scheduler has heard that the last worker let
go of it. So nothing that a worker has deferred is sent to a worker sooner than that.
"""


def pause_after(pause: float, *, answered: bool = True, news: bool = False) -> float:
    """Return how many seconds to wait after a look, when `pause` went before it."""
    if not answered:
        return min(pause * 2, _LONGEST_SECONDS)
    return SHORTEST_SECONDS if news else min(pause * 1.3, _IDLE_SECONDS)


def jittered(pause: float) -> float:
    """Return about `pause`, so that those who began together do not ask together."""
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 (only jitter)
