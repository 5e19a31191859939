"""The one task of a DAG whose artifact cannot be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from dagwright_airflow.airflow_api import AirflowFailException, BaseOperator


class BrokenArtifactOperator(BaseOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Fails with the reason for which an artifact could not be loaded, and is not retried."""

    ui_color = "#f4c7c3"

    def __init__(self, *, reason: str, **kwargs: Any) -> None:
        """Keep `reason`, the sentence that the task fails with."""
        super().__init__(**kwargs)
        self.reason = reason

    def execute(self, context: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002 (Airflow's)
        """Raise the reason."""
        raise AirflowFailException(self.reason)
