"""The two sides of a change: artifacts on disk, and what the specs compile to now."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dagwright.diagnostics import Report
from dagwright.drift.changes import Artifact, Change, change_of
from dagwright.drift.find import compile_as_recorded, output_folder
from dagwright.drift.rules import UNREADABLE
from dagwright.emit.artifact import SUFFIXES
from dagwright.emit.schema import artifact_fault
from dagwright.files import Files
from dagwright.pipeline import Options
from dagwright.span import Span


def changes_to_disk(
    files: Files,
    specs: Sequence[str],
    options: Options,
    report: Report,
    output: str | None,
) -> list[Change]:
    """Return what compiling `specs` would change, in their order; the report has what is wrong."""
    made = []
    for spec in specs:
        folder = output_folder(spec, output)
        compiled = compile_as_recorded(files, spec, folder, options, report)
        if compiled is None:
            continue
        path = posixpath.join(folder, compiled.name)
        old = read_artifact(files, path, report) if files.exists(path) else None
        made.append(change_of(_name(compiled.name), old, msgspec.json.decode(compiled.text)))
    return made


def changes_between(
    old: Mapping[str, Artifact], new: Mapping[str, Artifact], unnamed: str
) -> list[Change]:
    """Return how artifacts by their file names changed, in the order of the names.

    One whose name does not count has the empty one, and is called `unnamed`.
    """
    names = sorted({*old, *new})
    return [change_of(_name(name or unnamed), old.get(name), new.get(name)) for name in names]


def artifacts_in(files: Files, folder: str, report: Report) -> dict[str, Artifact]:
    """Return the artifacts in `folder` by their file names; what is none is reported."""
    names = [name for name in files.names(folder) if name.endswith(tuple(SUFFIXES.values()))]
    read = ((name, read_artifact(files, posixpath.join(folder, name), report)) for name in names)
    return {name: one for name, one in read if one is not None}


def read_artifact(files: Files, path: str, report: Report) -> Artifact | None:
    """Return the artifact at `path`, or None where it is none, which is reported."""
    try:
        document: Any = msgspec.json.decode(files.read(path))
        reason = artifact_fault(document) if isinstance(document, dict) else "it is no JSON object"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        document = None
    if reason is None and isinstance(document, dict):
        return document
    at = Span(path, 0, 0)
    report.add(UNREADABLE.at(at, path=path, reason=reason, command="dagwright compile"))
    return None


def _name(file: str) -> str:
    """Return the id of the DAG or group whose artifact is called `file`."""
    for suffix in SUFFIXES.values():
        file = file.removesuffix(suffix)
    return file
