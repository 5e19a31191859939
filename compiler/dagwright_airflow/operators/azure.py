"""AzureContainerInstancesOperator, whose container gets secrets that no field ever shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.microsoft.azure.operators.container_instances import (
    AzureContainerInstancesOperator,
)

from dagwright_airflow.secrets import look_up


class DbtContainerGroupOperator(AzureContainerInstancesOperator):  # type: ignore[misc]
    """Runs one dbt command in a container group of Azure."""

    template_fields: Sequence[str] = (
        *AzureContainerInstancesOperator.template_fields,
        "resource_group",
        "region",
        "tags",
    )

    def __init__(
        self, *, secrets: Mapping[str, Mapping[str, str]] | None = None, **kwargs: Any
    ) -> None:
        """Keep where secrets lie, by environment variable; `kwargs` are the provider's."""
        super().__init__(**kwargs)
        self.secrets = dict(secrets or {})

    def execute(self, context: Any) -> Any:
        """Return dbt's exit code; secrets go along as variables that Azure never shows."""
        found = look_up(self.secrets)
        shown: dict[str, str] = self.environment_variables  # type: ignore[has-type]
        self.environment_variables = {**shown, **found}
        self.secured_variables = [*found]
        try:
            return super().execute(context)
        finally:
            self.environment_variables = shown
