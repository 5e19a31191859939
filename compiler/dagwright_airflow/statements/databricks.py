"""Databricks: one statement on a SQL warehouse."""

from __future__ import annotations

from typing import Any

from airflow.providers.databricks.operators.databricks import DatabricksSQLStatementsOperator

from dagwright_airflow.statements.operator import StatementOperator, script


class DatabricksStatement(StatementOperator, DatabricksSQLStatementsOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Submits the statements of one model, and defers until the warehouse is done."""

    def __init__(self, **kwargs: Any) -> None:
        """Leave the statement open until `execute`."""
        super().__init__(statement="", **kwargs)

    def take(self, statements: list[str]) -> None:
        """Put `statements` where the operator looks for them."""
        self.statement = script(statements)
