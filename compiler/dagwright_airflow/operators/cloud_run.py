"""CloudRunExecuteJobOperator, whose execution ends with its task."""

from __future__ import annotations

from airflow.providers.google.cloud.operators.cloud_run import CloudRunExecuteJobOperator
from google.api_core.exceptions import GoogleAPICallError  # type: ignore[import-untyped]

from dagwright_airflow.triggers.cloud_run import cancel


class DbtExecutionOperator(CloudRunExecuteJobOperator):  # type: ignore[misc]
    """Runs one dbt command in an execution of a job of Cloud Run."""

    def on_kill(self) -> None:
        """Cancel the execution, which the provider's operator leaves going."""
        if self.operation is None:
            return
        name = self.operation.metadata.name
        self.log.info("Cancelling the execution %s", name)
        try:
            where = (
                name,
                self.region,
                self.hook.get_credentials(),
                getattr(self, "transport", None),
            )
            cancel(*where, regional=self.use_regional_endpoint)
        except GoogleAPICallError as error:  # It may be over.
            self.log.warning("The execution was not cancelled: %s", error)
