"""Whether a dbt call did what its task was compiled for, and whether to try again.

dbt exits with 0 when it found nothing to do, and a selection that matches less than it did when
the DAG was compiled looks like success. So the results are compared with the nodes that the task
was compiled for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from dagwright_airflow.operators.results import NodeResult

_MESSAGE_CHARACTERS: Final = 300
_NAMED: Final = 20
_NOTHING_SELECTED: Final = ("does not match any enabled nodes", "Nothing to do")
"""What dbt prints where a selector finds nothing."""

_HINT: Final = (
    "If it was renamed, removed or disabled since, run `dagwright compile` and deploy the result."
)


class Outcome(Enum):
    """What a dbt call came to; the value says whether another try may come to something else."""

    SUCCESS = ("success", False)
    TEST_FAILURE = ("a data test failed", False)
    NODE_ERROR = ("a node failed", True)
    WRONG_NODES = ("dbt ran other nodes", False)
    NOTHING_RAN = ("dbt ran nothing", False)
    NO_START = ("dbt did not get to a node", True)

    @property
    def may_end_otherwise(self) -> bool:
        """Whether the same command may succeed at another time."""
        return self.value[1]


class Verdict(NamedTuple):
    """An outcome, and the sentences that say it; none for a success."""

    outcome: Outcome
    fault: str = ""


def judge(
    results: Sequence[NodeResult] | None,
    expected: Collection[str],
    status: int,
    last_lines: Sequence[str],
) -> Verdict:
    """Return what a call came to that exited with `status` after it had printed `last_lines`.

    dbt's exit status never makes a success of anything, nor does its output.
    """
    fault = complaint(results, expected)
    if fault is None:
        if status == 0:
            return Verdict(Outcome.SUCCESS)
        fault = f"every node passed, but dbt exited with {status}"
        return Verdict(Outcome.NODE_ERROR, fault)
    if not results:
        fault = f"{fault} {way_out(last_lines)}\ndbt exited with {status}; its last lines:"
        nothing = _selected_nothing(last_lines)
        outcome = Outcome.NOTHING_RAN if nothing else Outcome.NO_START
        return Verdict(outcome, "\n".join((fault, *last_lines)))
    return Verdict(_class(results), fault)


def _class(results: Sequence[NodeResult]) -> Outcome:
    """Return the class of results that are no success; what errs weighs more than what fails."""
    undone = {one.status for one in results if not one.done and one.status != "skipped"}
    if undone == {"fail"}:
        return Outcome.TEST_FAILURE
    return Outcome.NODE_ERROR if undone else Outcome.WRONG_NODES


def way_out(output: Iterable[str]) -> str:
    """Return what to do about a dbt that ran nothing: by its output, since it left no results."""
    return _HINT if _selected_nothing(output) else "It gave up before it ran a node."


def _selected_nothing(output: Iterable[str]) -> bool:
    return any(sign in line for line in output for sign in _NOTHING_SELECTED)


def complaint(results: Sequence[NodeResult] | None, expected: Collection[str]) -> str | None:
    """Return why `results` are not the success of exactly the `expected` nodes; None if they are.

    Hooks of the project may be among the results; they must have passed.
    """
    if not results:
        return f"dbt ran nothing. Expected: {_names(expected)}."
    faults: list[str] = []
    failed = [result for result in results if not result.done]
    if failed:
        lines = [
            f"  {one.node}: {one.status}. {one.in_a_line(_MESSAGE_CHARACTERS)}".rstrip()
            for one in failed
        ]
        faults.append("\n".join((f"{len(failed)} of {len(results)} failed:", *_few(lines))))
    ran = {result.node for result in results if not result.is_hook}
    if missing := set(expected) - ran:
        faults.append(f"dbt did not run {_names(missing)}. {_HINT}")
    if unexpected := ran - set(expected):
        faults.append(
            f"dbt also ran {_names(unexpected)}, which this task was not compiled for. "
            "Run `dagwright compile` and deploy the result."
        )
    return "\n".join(faults) or None


def _names(nodes: Collection[str]) -> str:
    return ", ".join(_few(sorted(nodes))) or "no node"


def _few(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _NAMED:
        return list(lines)
    return [*lines[:_NAMED], f"and {len(lines) - _NAMED} more"]
