"""The operator that makes a project's documentation, and puts it where it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagwright_airflow.airflow_api import AirflowException
from dagwright_airflow.operators.artifacts import keep_docs
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.outcome import Outcome, Verdict
from dagwright_airflow.operators.results import NodeResult


class DocsOperator(DbtOperator):
    """Runs `dbt docs generate`, and succeeds only if what it made could be kept.

    Args:
        docs: the `path` of a folder or an object store, relative to `folder`, and whether the page
            is `static`, one file.
        kwargs: arguments of DbtOperator.
    """

    template_fields: Sequence[str] = (*DbtOperator.template_fields, "docs")

    def __init__(self, *, docs: Mapping[str, Any], **kwargs: Any) -> None:
        """Keep what to run; the class says what each argument is."""
        super().__init__(**kwargs)
        self.docs = dict(docs)

    def needs_all_written(self) -> bool:
        """Return that dbt must write its manifest: the page reads it."""
        return True

    def keep(self, target: Path, blank: Callable[[str], str]) -> None:
        """Put the documentation where it is read.

        Raises:
            AirflowException: it could not be kept, which is all that this task is for.
        """
        if not (target / "catalog.json").is_file():
            return  # dbt has failed, and its exit status says so.
        try:
            keep_docs(target, self.placed(self.docs), blank, self.log)
        except Exception as error:
            message = f"the documentation could not be kept ({type(error).__name__}: {error})"
            raise AirflowException(message) from error

    def judged(
        self, _results: Sequence[NodeResult] | None, status: int, last: Sequence[str], /
    ) -> Verdict:
        """Return a success if dbt ended well: no node is run for documentation."""
        if status == 0:
            return Verdict(Outcome.SUCCESS)
        fault = f"dbt exited with {status}; its last lines:"
        return Verdict(Outcome.NO_START, "\n".join((fault, *last)))
