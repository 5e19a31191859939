"""The trigger of an execution of a job of Google Cloud Run."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.providers.google.cloud.triggers.cloud_run import CloudRunJobFinishedTrigger
from google.cloud.run_v2 import (  # type: ignore[import-untyped]
    Execution,
    ExecutionsClient,
)

from dagwright_airflow.triggers import end


def cancel(name: str, region: str, credentials: Any, transport: Any, *, regional: bool) -> None:
    """Cancel an execution by its whole name, in the way that its job was run."""
    options = {"api_endpoint": f"{region}-run.googleapis.com:443"} if regional else None
    client = ExecutionsClient(credentials=credentials, transport=transport, client_options=options)
    client.cancel_execution(name=name)


class CancellingTrigger(CloudRunJobFinishedTrigger):  # type: ignore[misc]  # Airflow is untyped.
    """Waits for an execution, and cancels it where its task is ended by hand."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return where this class is, and what makes the same trigger."""
        return f"{__name__}.CancellingTrigger", super().serialize()[1]

    async def on_kill(self) -> None:
        """Cancel the execution, however long that takes."""
        await end(self, self._cancel)

    async def _cancel(self) -> None:
        """Cancel the execution, whose name the operation tells."""
        hook = self._get_async_hook()
        operation = await hook.get_operation(
            operation_name=self.operation_name,
            location=self.location,
            use_regional_endpoint=self.use_regional_endpoint,
        )
        execution = Execution.pb(Execution())
        if operation.done or not operation.metadata.Unpack(execution):
            return
        credentials = (await hook.get_sync_hook()).get_credentials()
        where = (execution.name, self.location, credentials, getattr(self, "transport", None))
        await asyncio.to_thread(cancel, *where, regional=self.use_regional_endpoint)
