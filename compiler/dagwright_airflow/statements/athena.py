"""Athena: one query."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator

from dagwright_airflow.statements.operator import StatementOperator, script


class AthenaStatement(StatementOperator, AthenaOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Submits the statements of one model, and defers until the warehouse is done."""

    def __init__(self, **kwargs: Any) -> None:
        """Leave the statement open until `execute`."""
        super().__init__(query="", **kwargs)

    def take(self, statements: list[str]) -> None:
        """Put `statements` where the operator looks for them."""
        self.query = script(statements)
