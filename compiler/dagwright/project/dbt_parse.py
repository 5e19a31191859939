"""Run dbt: `dbt parse` where there is no manifest to read, or the spec wants a fresh one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dagwright.diagnostics import Report
from dagwright.programs import Ended, run_program
from dagwright.project.rules import DBT_FAILED, DBT_NOT_FOUND
from dagwright.span import Span

LAST_LINES: Final = 15
"""How much of dbt's output a complaint repeats: dbt says what is wrong at the end."""

_NOT_HANDED_DOWN: Final = frozenset(
    f"DBT_{engine}{name}"
    for engine in ("", "ENGINE_")
    for name in ("RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES", "INDIRECT_SELECTION")
)
"""What would change the answer of a `dbt ls` unseen."""


@dataclass(frozen=True, slots=True)
class Dbt:
    """The dbt that reads the project for the compiler, as `render.dbt` has it.

    Its paths are absolute, or left to dbt. A `starter` is a program that gives it its profile, and
    whose last arguments are dbt's command.
    """

    executable: str
    project_dir: str
    profiles_dir: str | None = None
    profile: str | None = None
    target: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    starter: tuple[str, ...] = ()

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return the command of these `words` as a list; no shell reads it."""
        flags = {
            "--project-dir": self.project_dir,
            "--profiles-dir": self.profiles_dir,
            "--profile": self.profile,
            "--target": self.target,
            "--vars": json.dumps(dict(self.variables)) if self.variables else None,
        }
        given = [word for flag, value in flags.items() if value for word in (flag, value)]
        return [*self.starter, self.executable, "--no-use-colors", *words, *given]


def run_dbt_parse(dbt: Dbt, report: Report, at: Span) -> bool:
    """Return whether `dbt parse` went well, so that the manifest is fresh; else report why not."""
    return run_dbt(dbt, ("parse",), report, at) is not None


def run_dbt(dbt: Dbt, words: Sequence[str], report: Report, at: Span) -> str | None:
    """Return what dbt printed for the command of these `words`; report why, where it failed."""
    try:
        code, output = _run(dbt, words)
    except OSError as error:
        report.add(
            DBT_NOT_FOUND.at(at, executable=dbt.executable, reason=error.strerror or str(error))
        )
        return None
    if code != 0:
        last = "\n".join(output.strip().splitlines()[-LAST_LINES:])
        report.add(DBT_FAILED.at(at, executable=dbt.executable, code=code, output=last))
        return None
    return output


def _run(dbt: Dbt, words: Sequence[str]) -> Ended:
    """Return how dbt ended; what would change its answer unseen is not handed down."""
    inherited = {name: text for name, text in os.environ.items() if name not in _NOT_HANDED_DOWN}
    return run_program(dbt.argv(words), {**inherited, **dbt.env})
