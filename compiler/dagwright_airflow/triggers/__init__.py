"""Triggers that end what they wait for where somebody ends its task; each is a provider's.

Airflow 3.3 tells a trigger when its deferred task is cleared or marked by hand. The providers'
own triggers for clouds do nothing then, and what runs there goes on, and writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from asgiref.sync import sync_to_async

from dagwright_airflow.airflow_api import state_of

_GOING: Final[set[asyncio.Task[None]]] = set()
"""What is not to be collected before it has ended."""


async def end(trigger: Any, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do what ends the thing that `trigger` waits for, unless its task waits on elsewhere.

    A triggerer that was out of touch, and whose triggers were given to another, is told the same
    as if somebody had ended the tasks.
    """

    async def judged() -> None:
        state = await sync_to_async(state_of)(trigger.task_instance)
        if state == "deferred":
            trigger.log.info("The task waits on, elsewhere; what it has started is left alone.")
            return
        trigger.log.info("The task is %s: ending what it has started.", state)
        await work()

    await to_the_end(judged(), trigger.log)


async def to_the_end(work: Coroutine[Any, Any, None], log: Any) -> None:
    """Await `work`, which goes on where the one who awaits it is cancelled.

    Airflow's triggerer cancels a trigger once a second until it is gone, and its `on_kill`, too.
    """
    task = asyncio.ensure_future(_told(work, log))
    _GOING.add(task)
    task.add_done_callback(_GOING.discard)
    await asyncio.shield(task)


async def _told(work: Coroutine[Any, Any, None], log: Any) -> None:
    try:
        await work
    except Exception:  # Nobody may be left who would hear of it.
        log.exception("What the task had started was not ended")
