"""The dbt command of a producer where the compiler writes all of it: what is before and behind.

A producer decides only when it runs which tasks are left to do. So its command is in three parts:
what starts dbt, the words that name tasks, and the rest, which is the same whatever they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from dagwright.ir.graph import Verb
from dagwright.plan.modes.mode import Arguments, Call, Mode

PRODUCER: Final = "dagwright_producer"
"""The id of the task that runs dbt for all."""

_ARGV: Final = ("command", "arguments")
"""The arguments of operators of containers that are a whole dbt command."""


@dataclass(frozen=True, slots=True)
class ProducerCommand:
    """How a mode writes the commands of a producer."""

    mode: Mode
    timeout: float | None = None
    """How many seconds Airflow gives one try of the producer."""

    @property
    def kind(self) -> str:
        """The kind of the mode's own tasks."""
        return self.mode.kind

    @property
    def is_whole(self) -> bool:
        """Whether the compiler writes all of a command: in a worker the operator does."""
        return not self.mode.from_loader

    @property
    def own(self) -> Arguments:
        """What the producer has of its own, beside its command."""
        if not self.is_whole:
            return {}
        made = self.mode.own(replace(_call("build"), timeout=self.timeout))
        return {name: value for name, value in made.items() if name not in _ARGV}

    @property
    def program(self) -> Sequence[str]:
        """The words before dbt's own: none, or `dbt`."""
        return self._parts("build")[0] if self.is_whole else ()

    def tail(self, command: str) -> list[str]:
        """Return what follows the words of a dbt command."""
        return [*self._parts(command)[1]]

    def _parts(self, command: str) -> tuple[Sequence[str], Sequence[str]]:
        made = self.mode.own(_call(command))
        argv: Sequence[str] = next(made[name] for name in _ARGV if name in made)
        words = command.split()
        start = list(argv).index(words[0])
        return argv[:start], argv[start + len(words) :]


def _call(command: str) -> Call:
    return Call(PRODUCER, Verb.BUILD, tuple(command.split()), ())
