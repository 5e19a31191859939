"""What must be an error of dbt: that a selector finds nothing, and what the project says itself.

A flag on the command line takes the place of the project's own, and dbt refuses to have both
`warn_error` and `warn_error_options`. So the project's flags are read, and joined with ours.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any, Final

from dagwright.files import Files
from dagwright.project.yaml_files import dbt_document
from dagwright.text.tree import plain

NOTHING_SELECTED: Final = "NoNodesForSelectionCriteria"
"""dbt's name for the warning that a term of a selector matches nothing."""


def warning_flags(files: Files, project_dir: str) -> tuple[str, ...]:
    """Return the flags that make an empty selection an error in the project at `project_dir`.

    None, where the project makes every warning an error. A dbt_project.yml that is missing or no
    YAML counts as one without flags: that it is wrong is for dbt to say.
    """
    own = _project_flags(files, project_dir)
    if own.get("warn_error") is True:
        return ()
    options = own.get("warn_error_options")
    return ("--warn-error-options", json.dumps(_joined(options)))


def _project_flags(files: Files, project_dir: str) -> Mapping[str, Any]:
    document = dbt_document(files, posixpath.join(project_dir, "dbt_project.yml"))
    flags = plain(document.root).get("flags") if document is not None else None
    return flags if isinstance(flags, dict) else {}


def _joined(options: object) -> dict[str, Any]:
    """Return `warn_error_options` with ours: an error for nothing selected, never silenced."""
    own = options if isinstance(options, dict) else {}
    error = own.get("error", own.get("include", ()))
    everything = error in ("all", "*")
    joined: dict[str, Any] = {
        "error": "all" if everything else [*_other(error), NOTHING_SELECTED],
        "warn": _other(own.get("warn", own.get("exclude"))),
        "silence": _other(own.get("silence")),
    }
    return {key: value for key, value in joined.items() if value}


def _other(names: object) -> list[str]:
    """Return the names of warnings in a list, but for ours; none where it is no list."""
    listed = names if isinstance(names, (list, tuple)) else ()
    return [str(name) for name in listed if name != NOTHING_SELECTED]
