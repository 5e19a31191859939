"""Snowflake: the statements of a model are one request of the SQL API."""

from __future__ import annotations

from typing import Any

from airflow.providers.snowflake.operators.snowflake import SnowflakeSqlApiOperator

from dagwright_airflow.statements.operator import StatementOperator, script


class SnowflakeStatement(StatementOperator, SnowflakeSqlApiOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Submits the statements of one model, and defers until the warehouse is done."""

    def __init__(self, **kwargs: Any) -> None:
        """Leave the statement open until `execute`."""
        super().__init__(sql="", **kwargs)

    def take(self, statements: list[str]) -> None:
        """Put `statements` where the operator looks for them."""
        self.sql = script(statements)
        self.statement_count = len(statements)
