"""Compare the artifacts on disk with what the specs compile to, in memory."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from dagwright.diagnostics import Report
from dagwright.drift.differences import differences
from dagwright.drift.rules import EDITED, EXTRA, MISSING, STALE, UNREADABLE
from dagwright.emit.artifact import GENERATOR, SUFFIXES, content_digest, file_name
from dagwright.emit.schema import artifact_fault
from dagwright.files import Files
from dagwright.pipeline import Compiled, Options, check_workspace, compile_spec
from dagwright.span import Span
from dagwright.spec.identity import identity
from dagwright.spec.validate import validate_spec

CONTENT = '"content": '


def output_folder(spec: str, output: str | None) -> str:
    """Return where the artifact of a spec goes: `output`, or `compiled` beside the spec."""
    return output if output is not None else posixpath.join(posixpath.dirname(spec), "compiled")


def find_drift(  # noqa: PLR0913 - each is one option of the command
    files: Files,
    specs: Sequence[str],
    options: Options,
    report: Report,
    *,
    output: str | None,
    all_specs: bool,
) -> None:
    """Report every artifact that is stale, missing, edited, unreadable or (of all specs) extra."""
    expected: dict[str, set[str]] = {}
    made: list[Compiled] = []
    for spec in specs:
        folder = output_folder(spec, output)
        compiled = _check_one(files, spec, folder, options, report)
        expected.setdefault(folder, set())
        if compiled is not None:
            expected[folder].add(compiled.name)
            made.append(compiled)
    check_workspace(made, report)
    # A spec that does not compile has an artifact too, and we cannot say which.
    if all_specs and len(made) == len(specs):
        for folder, names in sorted(expected.items()):
            for name in files.names(folder):
                if name.endswith(tuple(SUFFIXES.values())) and name not in names:
                    path = posixpath.join(folder, name)
                    report.add(EXTRA.at(Span(path, 0, 0), path=path))


def _check_one(
    files: Files, spec: str, folder: str, options: Options, report: Report
) -> Compiled | None:
    """Return what `spec` compiles to, having compared it with the artifact on disk."""
    compiled = compile_as_recorded(files, spec, folder, options, report)
    if compiled is not None:
        _compare(files, compiled, posixpath.join(folder, compiled.name), report)
    return compiled


def compile_as_recorded(
    files: Files, spec: str, folder: str, options: Options, report: Report
) -> Compiled | None:
    """Return what `spec` compiles to for the environment that its artifact was compiled for.

    An environment in `options` goes before it.
    """
    recorded = None
    if options.environment is None:
        loaded = validate_spec(files, spec, None, options.variables, Report())
        if loaded is not None:
            recorded = _environment_of(
                files, posixpath.join(folder, file_name(*identity(loaded.spec)))
            )
    environment = options.environment or recorded
    return compile_spec(files, spec, replace(options, environment=environment), report)


def _environment_of(files: Files, path: str) -> str | None:
    """Return the environment that an artifact says it was compiled for."""
    try:
        recorded = msgspec.json.decode(files.read(path)).get("environment")
    except (OSError, msgspec.DecodeError, AttributeError):
        return None  # `_compare` tells what is wrong with the file.
    return recorded if isinstance(recorded, str) else None


def _compare(files: Files, compiled: Compiled, path: str, report: Report) -> None:
    spec, at = compiled.loaded.path, Span(path, 0, 0)
    command = f"dagwright compile {spec} --output {posixpath.dirname(path) or '.'}"
    if compiled.loaded.environment is not None:
        command += f" --environment {compiled.loaded.environment}"
    try:
        text = files.read(path).decode()
        old: Any = msgspec.json.decode(text)
    except FileNotFoundError:
        report.add(MISSING.at(at, path=path, command=command))
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.add(UNREADABLE.at(at, path=path, reason=reason, command=command))
        return
    if (fault := _fault(old)) is not None:
        report.add(UNREADABLE.at(at, path=path, reason=fault, command=command))
    elif old.get("content") != content_digest(text.partition(CONTENT)[0]):
        report.add(EDITED.at(at, path=path, spec=spec, command=command))
    elif text != compiled.text:
        told = differences(old, msgspec.json.decode(compiled.text))
        report.add(STALE.at(at, path=path, spec=spec, differences=told, command=command))


def _fault(document: Any) -> str | None:
    """Return why `document` is no artifact; what this version wrote is taken on its word."""
    if not isinstance(document, dict):
        return "it is no JSON object"
    return None if document.get("generator") == GENERATOR else artifact_fault(document)
