"""The trigger of a pod."""

from __future__ import annotations

from typing import Any

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger

from dagwright_airflow.triggers import end


class DeletingTrigger(KubernetesPodTrigger):  # type: ignore[misc]  # Airflow is untyped here.
    """Waits for a pod, and deletes it where its task is ended by hand."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return where this class is, and what makes the same trigger."""
        return f"{__name__}.DeletingTrigger", super().serialize()[1]

    async def on_kill(self) -> None:
        """Delete the pod, however long that takes."""
        await end(self, super().on_kill)
