"""What the tasks of all warehouses share: their statements come from the task that compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagwright_airflow.airflow_api import AirflowFailException, BaseOperator
from dagwright_airflow.statements.store import fetch


class StatementOperator(BaseOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Gives the operator behind it the statements of one model when it is executed.

    They are in no template field while fields are rendered, so braces in SQL stay what they are.
    A subclass is `(StatementOperator, PROVIDER'S OPERATOR)`.

    Args:
        nodes: the unique id of the model.
        compiled_by: the id of the task that compiled, in the artifact.
        sql_store: where it keeps statements; XCom if None.
        prefix: what stands before every task id in this DAG.
        kwargs: arguments of the operator behind it.
    """

    def __init__(
        self,
        *,
        nodes: Sequence[str],
        compiled_by: str,
        sql_store: str | None = None,
        prefix: str = "",
        **kwargs: Any,
    ) -> None:
        """Keep where the statements are; the class says what each argument is."""
        super().__init__(**kwargs)
        self.nodes = nodes
        self.compiled_by = compiled_by
        self.sql_store = sql_store
        self.prefix = prefix

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Return what the operator behind this one returns; most often it defers instead.

        Raises:
            AirflowException: there are no statements.
            AirflowFailException: they would not do what dbt would; another try does not help.
        """
        compiles = self.prefix + self.compiled_by
        row = fetch(context, self.sql_store, self.nodes[0], compiles)
        if "fault" in row:
            why = f"{row['fault']}\nOnce that is mended, clear {compiles} as well as this task."
            raise AirflowFailException(f"{self.nodes[0]} was not submitted: {why}")
        for statement in row["statements"]:
            self.log.info("%s", statement)
        self.take(list(row["statements"]))
        return super().execute(context)

    def take(self, statements: list[str]) -> None:
        """Put `statements` where the operator behind this one looks for them."""
        raise NotImplementedError


def script(statements: Sequence[str]) -> str:
    """Return `statements` as one script."""
    return ";\n".join(statements)
