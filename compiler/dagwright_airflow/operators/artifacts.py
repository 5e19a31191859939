"""Keep files that a dbt call wrote: in a folder, or in an object store by Airflow's fsspec.

They lie in a folder a try, below that of the task, its run and its DAG, so that nothing is
overwritten. What could not be kept is told in the log, and fails no task: dbt has done its work,
and running it once more would not mend a store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dagwright_airflow.airflow_api import object_store_path, running_task

FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "run_results": "run_results.json",
        "sources": "sources.json",
        "manifest": "manifest.json",
        "semantic_manifest": "semantic_manifest.json",
        "compiled": "compiled/**/*.sql",
        "run": "run/**/*.sql",
    }
)
"""By what a spec calls them: the files in dbt's target folder, as a pattern."""

ALWAYS_WRITTEN: Final = frozenset({"run_results", "sources"})
"""What dbt's API writes by itself; the rest takes `--write-json`."""


def wants_all_written(stated: Mapping[str, Any]) -> bool:
    """Return whether dbt must write more than its results for what is to be kept."""
    return bool(set(stated.get("files", ())) - ALWAYS_WRITTEN)


def keep_artifacts(
    target: Path,
    stated: Mapping[str, Any],
    blank: Callable[[str], str],
    log: logging.Logger,
) -> None:
    """Copy what `stated` names from dbt's `target` folder; `blank` takes secrets out of a text.

    Args:
        target: the folder that dbt wrote to.
        stated: the `path` of a folder or an object store, and the `files` by their names here.
        blank: returns a text without the secrets of the call.
        log: of the task.
    """
    kept = 0
    try:
        instance = running_task()
        parts = (instance.dag_id, instance.run_id, instance.task_id, str(instance.try_number))
        home = object_store_path(stated["path"]).joinpath(*map(_legal, parts))
        for file in _found(target, stated["files"]):
            place = home.joinpath(*file.relative_to(target).parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(blank(file.read_text("utf-8")), encoding="utf-8")
            kept += 1
        log.info("Kept %d files of dbt in %s", kept, home)
    except Exception as error:  # noqa: BLE001 (whatever a store raises, dbt has done its work)
        log.warning("The files of dbt could not be kept (%s: %s)", type(error).__name__, error)


def keep_docs(
    target: Path, stated: Mapping[str, Any], blank: Callable[[str], str], log: logging.Logger
) -> None:
    """Copy the documentation that dbt made in `target` to where it is read, over the last one.

    Args:
        target: the folder that dbt wrote to.
        stated: the `path` of a folder or an object store, and whether the page is `static`.
        blank: returns a text without the secrets of the call.
        log: of the task.

    Raises:
        OSError: dbt made none, or the store did not take it; a store may raise others too.
    """
    home = object_store_path(stated["path"])
    home.mkdir(parents=True, exist_ok=True)
    page = "static_index.html" if stated["static"] else "index.html"
    for source, name in (("manifest.json",) * 2, ("catalog.json",) * 2, (page, "index.html")):
        (home / name).write_text(blank((target / source).read_text("utf-8")), encoding="utf-8")
    log.info("The documentation is in %s", home)


def _found(target: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        yield from sorted(target.glob(FILES[name]))


def _legal(part: str) -> str:
    """Return a name of a folder: run ids hold colons and plus signs, which some stores refuse."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in part)
