"""Read a YAML file of the dbt project whose faults are for dbt to tell."""

from __future__ import annotations

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.text.document import Document, parse_document
from dagwright.text.source import read_text


def dbt_document(files: Files, path: str) -> Document | None:
    """Return the located YAML of the file at `path`; None where it is missing or no YAML."""
    quiet = Report()
    text = read_text(files, path, quiet) if files.exists(path) else None
    return None if text is None else parse_document(path, text, quiet)
