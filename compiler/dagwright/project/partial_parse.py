"""Let dbt parse a project for its tasks, and prove that it takes the outcome."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from typing import Final

from dagwright.diagnostics import Report
from dagwright.project.dbt_parse import Dbt, run_dbt
from dagwright.span import Span

FILE: Final = "partial_parse.msgpack"
_TAKEN: Final = "no changes found, skipping parsing"
_REFUSED: Final = re.compile(r"Unable to do partial parsing because (.+)")


def partial_parse(dbt: Dbt, report: Report, at: Span) -> tuple[bytes, str] | None:
    """Return what dbt keeps of the project, and why it does not take that; the latter may be "".

    dbt parses twice: first from nothing, then with the outcome of the first time. None after a
    finding, where it failed.
    """
    with tempfile.TemporaryDirectory(prefix="dagwright-") as scratch:
        first, second = os.path.join(scratch, "first"), os.path.join(scratch, "second")  # noqa: PTH118
        made = os.path.join(first, FILE)  # noqa: PTH118
        if run_dbt(dbt, (*_parse(first), "--no-partial-parse"), report, at) is None:
            return None
        words = (*_parse(second), "--partial-parse-file-path", made, "--log-level", "debug")
        output = run_dbt(dbt, words, report, at)
        if output is None:
            return None
        with open(made, "rb") as file:  # noqa: PTH123
            return file.read(), _why_not(output)


def _parse(target: str) -> Sequence[str]:
    return ("parse", "--target-path", target, "--log-path", target, "--log-level-file", "none")


def _why_not(output: str) -> str:
    if (found := _REFUSED.search(output)) is not None:
        return found.group(1).strip()
    return "" if _TAKEN in output else "it parsed some files anew"
