"""Ask the user's own dbt what it selects: `dbt ls`, in a target folder that is thrown away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Final

from dagwright.diagnostics import Report
from dagwright.project.dbt_parse import Dbt, run_dbt
from dagwright.project.model import UniqueId
from dagwright.span import Span

LIST: Final = ("--quiet", "ls", "--output", "json", "--output-keys", "unique_id")


def run_dbt_ls(
    dbt: Dbt, words: Sequence[str], report: Report, at: Span
) -> frozenset[UniqueId] | None:
    """Return the unique ids that `dbt ls` with these words lists, or None after a complaint.

    dbt parses the project as it is now; the manifest that lies there is not written anew.
    """
    with TemporaryDirectory(prefix="dagwright-ls-") as scratch:
        where = ("--target-path", scratch, "--log-path", scratch)
        output = run_dbt(dbt, (*LIST, *words, *where), report, at)
    return None if output is None else listed_ids(output)


def listed_ids(output: str) -> frozenset[UniqueId]:
    """Return the unique ids in what `LIST` printed; lines that are no JSON are warnings."""
    return frozenset(
        UniqueId(found["unique_id"])
        for line in output.splitlines()
        if line.startswith("{") and "unique_id" in (found := _object(line))
    )


def _object(line: str) -> dict[str, str]:
    """Return the JSON object in `line`; an empty one where it is something else in braces."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
