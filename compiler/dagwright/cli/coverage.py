"""`dagwright ls --coverage`: which nodes of a project several specs run, and which none does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.options import options
from dagwright.cli.specs import named_or_found
from dagwright.coverage import Coverage, coverage
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.pipeline import compile_all


def list_coverage(specs: Sequence[str], environment: str | None, form: str) -> Exit:
    """Print the coverage of each dbt project that the specs are about; return the exit code."""
    files, report = DiskFiles(), Report()
    compiled = compile_all(files, named_or_found(tuple(specs)), options(environment), report)
    code = tell(report, files, TEXT, to_stderr=True)
    if code is not Exit.CLEAN:
        return code
    found = coverage(compiled)
    click.echo(_json(found) if form == "json" else _text(found), nl=False)
    return Exit.CLEAN


def _json(found: Mapping[str, Coverage]) -> str:
    document = {
        project: {"several": {node: list(ids) for node, ids in one.several}, "none": one.none}
        for project, one in found.items()
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def _text(found: Mapping[str, Coverage]) -> str:
    lines = []
    for project, one in found.items():
        lines.append(f"{project}: {one.once} nodes in one spec")
        lines.append(f"{len(one.several)} in several:")
        lines += [f"  {node}: {', '.join(ids)}" for node, ids in one.several]
        lines.append(f"{len(one.none)} in none:")
        lines += [f"  {node}" for node in one.none]
    return "".join(f"{line}\n" for line in lines)
