"""The trigger of a pod of Amazon EKS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from airflow.providers.amazon.aws.hooks.eks import EksHook
from airflow.providers.amazon.aws.triggers.eks import EksPodTrigger

from dagwright_airflow.triggers import end


class DeletingTrigger(EksPodTrigger):  # type: ignore[misc]  # Airflow is untyped here.
    """Waits for a pod, and deletes it where its task is ended by hand.

    The provider's trigger tries so with the credentials of its run, which are gone by then.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return where this class is, and what makes the same trigger."""
        return f"{__name__}.DeletingTrigger", super().serialize()[1]

    async def on_kill(self) -> None:
        """Delete the pod, however long that takes."""
        await end(self, self._delete)

    async def _delete(self) -> None:
        """Delete the pod with credentials made now."""
        hook = EksHook(aws_conn_id=self._aws_conn_id, region_name=self.region)
        with hook.generate_config_file_with_credentials(
            eks_cluster_name=self.eks_cluster_name, pod_namespace=self.pod_namespace
        ) as (path, _):
            text = Path(path).read_text(encoding="utf-8")  # noqa: ASYNC240 (it is small, and here)
            self.config_dict = yaml.safe_load(text)
            self.__dict__.pop("hook", None)
            await super().on_kill()
