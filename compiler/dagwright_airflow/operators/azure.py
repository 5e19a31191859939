"""AzureContainerInstancesOperator, whose container gets secrets that no field ever shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from airflow.providers.microsoft.azure.hooks.container_instance import AzureContainerInstanceHook
from airflow.providers.microsoft.azure.operators.container_instances import (
    AzureContainerInstancesOperator,
)

from dagwright_airflow.operators.blank import blanker
from dagwright_airflow.secrets import look_up


class BlankedHook(AzureContainerInstanceHook):  # type: ignore[misc]  # Airflow is untyped here.
    """The provider's hook; in what a container printed, secrets are blanked."""

    blank: Callable[[str], str] = staticmethod(str)

    def get_logs(self, *args: Any, **kwargs: Any) -> list[str] | None:
        """Return the last lines of a container group; Airflow logs them, and may keep them."""
        lines: list[str] | None = super().get_logs(*args, **kwargs)
        return None if lines is None else [self.blank(line) for line in lines]


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

    @cached_property
    def hook(self) -> BlankedHook:
        """The way to Azure."""
        return BlankedHook(azure_conn_id=self.ci_conn_id)

    def execute_complete(self, context: Any, event: Any) -> Any:
        """Return dbt's exit code, after the triggerer has seen the container end."""
        self._look_up()
        return super().execute_complete(context, event)

    def _look_up(self) -> dict[str, str]:
        """Return the secrets; from now on they are blanked in what dbt prints."""
        found = look_up(self.secrets)
        self.hook.blank = blanker(found.values())
        return found

    def execute(self, context: Any) -> Any:
        """Return dbt's exit code; secrets go along as variables that Azure never shows."""
        found = self._look_up()
        shown: dict[str, str] = self.environment_variables  # type: ignore[has-type]
        self.environment_variables = {**shown, **found}
        self.secured_variables = [*found]
        try:
            return super().execute(context)
        finally:
            self.environment_variables = shown
