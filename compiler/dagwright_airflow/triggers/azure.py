"""The trigger of a container group of Azure."""

from __future__ import annotations

from typing import Any

from airflow.providers.microsoft.azure.hooks.container_instance import (
    AzureContainerInstanceAsyncHook,
)
from airflow.providers.microsoft.azure.triggers.container_instance import (
    AzureContainerInstanceTrigger,
)

from dagwright_airflow.triggers import end


class DeletingTrigger(AzureContainerInstanceTrigger):  # type: ignore[misc]  # Airflow is untyped.
    """Waits for a container group, and deletes it where its task is ended by hand."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return where this class is, and what makes the same trigger."""
        return f"{__name__}.DeletingTrigger", super().serialize()[1]

    async def on_kill(self) -> None:
        """Delete the container group, as the operator does when a worker waits for it."""
        await end(self, self._delete)

    async def _delete(self) -> None:
        hook = AzureContainerInstanceAsyncHook(azure_conn_id=self.ci_conn_id)
        await hook.delete(self.resource_group, self.name)
