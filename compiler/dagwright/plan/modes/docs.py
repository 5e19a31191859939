"""The helper task that makes dbt's documentation, after all tasks of the DAG."""

from __future__ import annotations

from typing import Final

from dagwright.plan.model import Step
from dagwright.plan.modes.mode import Arguments
from dagwright.spec.model.execute.local import Docs

DOCS: Final = "dagwright_docs"
KIND: Final = "docs"

_NOT_OF_DOCS: Final = ("artifacts", "on_warning")


def docs_arguments(docs: Docs, shared: Arguments) -> Arguments:
    """Return what the task needs: `shared`, the arguments of a worker's tasks, and where to."""
    kept = {name: value for name, value in shared.items() if name not in _NOT_OF_DOCS}
    return {**kept, "docs": docs.model_dump()}


def with_docs(docs: Docs, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return `steps` and the task, which waits for those that no other waits for.

    It runs only if all went well: as the last task of the DAG, its state is that of the run.
    """
    waited_for = {up for step in steps for up in step.after}
    words = ("docs", "generate", *(("--static",) if docs.static else ()))
    made = Step(
        id=DOCS,
        kind=KIND,
        label="dbt docs generate",
        nodes=(),
        after=tuple(step.id for step in steps if step.id not in waited_for),
        arguments={"command": list(words)},
        words=words,
        helper=True,
    )
    return (*steps, made)
