"""What a shell may complete: environments of specs, ids of tasks, codes of rules.

Only files are read, and nothing is run: what is wrong with them is for other commands to say.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from click import Context, Parameter
from click.shell_completion import CompletionItem

from dagwright.cli.specs import found_below, variables
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles
from dagwright.spec import SpecDocument, environment_names, read_spec, resolve, variants


def complete_environments(
    context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the environments of the specs on the command line, or of all below this folder."""
    documents = (_read(path) for path in _specs(context.params) or found_below())
    names = {name for one in documents if one is not None for name in environment_names(one)}
    return _items(names, incomplete)


def complete_subjects(
    _context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the rules that `explain` knows, by code and by name, and files beside them."""
    from dagwright.catalog import RULES  # noqa: PLC0415 - it imports the whole compiler

    known = {name: rule.name for rule in RULES for name in (rule.code, rule.name)}
    found = [
        CompletionItem(name, help=known[name])
        for name in sorted(known)
        if incomplete and name.startswith(incomplete)
    ]
    return found or [CompletionItem(incomplete, type="file")]


def complete_tasks(
    context: Context, _parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the tasks of the spec on the command line, as its artifact has them."""
    ids = {task for path in _specs(context.params) for task in _tasks(path)}
    return _items(ids, incomplete)


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def _specs(given: Mapping[str, Any]) -> list[str]:
    """Return the specs that the command line names so far, by whatever name it has for them."""
    paths = [*(given.get("paths") or ()), *(given.get("specs") or ())]
    return paths or [given[name] for name in ("spec", "subject") if given.get(name)]


def _read(path: str) -> SpecDocument | None:
    return read_spec(DiskFiles(), path, variables(), Report())


def _tasks(path: str) -> list[str]:
    """Return the ids in the artifact of a spec, where `compile` puts it by itself."""
    from dagwright.drift import output_folder  # noqa: PLC0415 - it imports the whole compiler
    from dagwright.emit.artifact import file_name  # noqa: PLC0415
    from dagwright.spec.identity import identity  # noqa: PLC0415

    document = _read(path)
    if document is None:
        return []
    loaded = resolve(document, variants(document)[0], Report())
    if loaded is None:
        return []
    artifact = posixpath.join(output_folder(path, None), file_name(*identity(loaded.spec)))
    try:
        return [task["id"] for task in json.loads(DiskFiles().read(artifact))["tasks"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # Not compiled yet, or no artifact: there is nothing to offer.
