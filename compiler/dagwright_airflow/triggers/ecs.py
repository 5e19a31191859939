"""The trigger of a task of Amazon ECS."""

from __future__ import annotations

from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.providers.amazon.aws.triggers.ecs import TaskDoneTrigger

from dagwright_airflow.triggers import end

REASON = "Task killed by the user"


class StoppingTrigger(TaskDoneTrigger):  # type: ignore[misc]  # Airflow is untyped here.
    """Waits for a task of ECS, and stops it where its Airflow task is ended by hand."""

    async def on_kill(self) -> None:
        """Stop the task of ECS, however long that takes."""
        await end(self, self._stop)

    async def _stop(self) -> None:
        hook = EcsHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
        async with await hook.get_async_conn() as client:
            await client.stop_task(cluster=self.cluster, task=self.task_arn, reason=REASON)
