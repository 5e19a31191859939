"""BigQuery: the statements of a model are one query job, a script where they are several."""

from __future__ import annotations

from typing import Any

from airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator

from dagwright_airflow.statements.operator import StatementOperator, script


class BigQueryStatement(StatementOperator, BigQueryInsertJobOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Submits the statements of one model, and defers until the warehouse is done."""

    def __init__(self, **kwargs: Any) -> None:
        """Leave the statement open until `execute`."""
        super().__init__(configuration={}, **kwargs)

    def take(self, statements: list[str]) -> None:
        """Put `statements` where the operator looks for them."""
        query = {"query": script(statements), "useLegacySql": False}
        self.configuration = {"query": query}
