"""Wait in the triggerer until a container has ended; end it where nobody wants it any more.

The trigger asks about one container by its id, so that a triggerer that is started again goes on
where the last one was. It holds where the daemon listens, and nothing of what the container gets.
What the container printed, and what it came to, is for the worker to read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async
from docker.errors import NotFound

from dagwright_airflow.airflow_api import state_of
from dagwright_airflow.operators.docker_daemon import (
    client_at,
    id_of,
    interrupt,
    is_running,
    remove,
)
from dagwright_airflow.pauses import SHORTEST_SECONDS, jittered, pause_after
from dagwright_airflow.triggers import to_the_end

CLASSPATH: Final = "dagwright_airflow.operators.docker_trigger.ContainerTrigger"

OVER: Final = "over"
LATE: Final = "late"
LOST: Final = "lost"
"""What became of a container: it has ended, or is gone; its time is up; nobody can tell."""

_PATIENCE_SECONDS: Final = 300.0
"""For how long a daemon may give no answer, as while it is restarted."""

_HELD: Final = frozenset({"scheduled", "queued", "running"})
"""States of a task that may be about to read what its container printed."""

_FIELDS: Final = ("container", "daemon", "address", "earliest", "until")
_TELLS_OF_KILLS: Final = hasattr(BaseTrigger, "on_kill")
"""From Airflow 3.3 on; before, a trigger that is stopped has to ask why."""

ELSEWHERE: Final = (
    "another Docker than the one that it was started in answers at {url}; with `deferrable: true` "
    "`docker_url` must lead every worker and the triggerer to the same"
)


class ContainerTrigger(BaseTrigger):  # type: ignore[misc]  # Airflow is untyped here.
    """Fires once: when a container has ended, is late, or cannot be asked about."""

    def __init__(
        self,
        *,
        container: str,
        daemon: str,
        address: Mapping[str, Any],
        earliest: float = 0,
        until: float | None = None,
    ) -> None:
        """Keep what to wait for.

        Args:
            container: its id.
            daemon: the id of its daemon.
            address: where that listens, as `address_of` has it.
            earliest: before when no worker may go on, in seconds since 1970.
            until: when the container's time is up, in seconds since 1970.
        """
        super().__init__()
        self.container = container
        self.daemon = daemon
        self.address = dict(address)
        self.earliest = earliest
        self.until = until
        self._fired = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores of this trigger."""
        return CLASSPATH, {name: getattr(self, name) for name in _FIELDS}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event: what was seen of which container, and why no more than that."""
        saw, why = await self._wait()
        await asyncio.sleep(max(0, self.earliest - time.time()))
        self._fired = True
        about = {"container": self.container, "daemon": self.daemon}
        yield TriggerEvent({**about, "saw": saw, "why": why})

    async def _wait(self) -> tuple[str, str]:
        pause, answered = SHORTEST_SECONDS, time.monotonic()
        while True:
            try:
                saw = await asyncio.to_thread(self._look)
            except Exception as error:  # noqa: BLE001 (whatever it is, Docker may answer later)
                if time.monotonic() > answered + _PATIENCE_SECONDS:
                    return LOST, f"the triggerer gets no answer from Docker: {error}"
                pause = pause_after(pause, answered=False)
                self.log.warning("Docker does not answer; asking again in %.0fs", pause)
            else:
                if saw is not None:
                    return saw
                answered, pause = time.monotonic(), pause_after(pause)
            left = float("inf") if self.until is None else self.until - time.time()
            if left <= 0:
                return LATE, ""
            await asyncio.sleep(min(left, jittered(pause)))

    def _look(self) -> tuple[str, str] | None:
        """Return what became of the container; None while it is at it."""
        with client_at(self.address) as client:
            try:
                state = client.inspect_container(self.container)["State"]
            except NotFound:
                if id_of(client) == self.daemon:
                    return OVER, ""
                return LOST, ELSEWHERE.format(url=self.address["url"])
        return (OVER, "") if state["Status"] in {"exited", "dead"} else None

    async def on_kill(self) -> None:
        """End the container, where somebody marked the task or cleared it.

        A triggerer whose triggers were given to another while it was out of touch is told the
        same; there the task is still deferred, and the container goes on.
        """
        if not self._fired:
            await to_the_end(self._end_unless_held(), self.log)

    async def _end_unless_held(self) -> None:
        state = await sync_to_async(state_of)(self.task_instance)
        if state == "deferred":
            self.log.info("The task waits on, elsewhere; its container is left alone.")
            return
        self.log.info("The task is %s: ending its container.", state)
        await asyncio.to_thread(self._end, held=state in _HELD)

    def _end(self, *, held: bool) -> None:
        with client_at(self.address) as client:
            if is_running(client, self.container):
                interrupt(client, [self.container])
            elif held:
                return
            remove(client, self.container)

    async def cleanup(self) -> None:
        """End the container as `on_kill` does, on an Airflow that does not call that."""
        if not _TELLS_OF_KILLS:
            await self.on_kill()
