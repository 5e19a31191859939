"""What a dbt call read and wrote, for the OpenLineage provider of Airflow, where it is in use.

OpenLineage's own reader of dbt's files, which the provider brings along, names the datasets, so
they are those of every other tool. It leaves seeds out, and what reads seeds and snapshots; those
are added here. A task whose lineage cannot be told has none, and does not fail.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_PRODUCER: Final = "https://github.com/OpenLineage/OpenLineage/tree/main/integration/dbt"
_COMMANDS: Final = frozenset({"run", "build", "test", "seed", "snapshot"})


@dataclass(frozen=True, slots=True)
class Lineage:
    """Datasets of OpenLineage."""

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


def is_asked_for(command: str) -> bool:
    """Return whether somebody listens to OpenLineage, and this dbt command touches tables."""
    if command not in _COMMANDS or find_spec("airflow.providers") is None:
        return False
    if find_spec("airflow.providers.openlineage") is None:
        return False
    from airflow.providers.openlineage.conf import is_disabled  # noqa: PLC0415

    return not is_disabled()


def read_lineage(
    project: Path,
    target: Path,
    environment: Mapping[str, str],
    log: logging.Logger,
    blank: Callable[[str], str],
) -> Lineage | None:
    """Return what a dbt call read and wrote; None where OpenLineage cannot tell.

    Args:
        project: the dbt project's folder.
        target: the folder that dbt wrote its manifest and its results to.
        environment: of dbt, by which its profile is read.
        log: of the task.
        blank: blanks secrets out of a text; the profile holds some, which errors may quote.
    """
    blanked = _BlankedLog(log, blank)
    try:
        reader = _reader(project, target, environment, blanked)
        events = reader.parse()
        found = _Datasets()
        for event in events.completes:
            found.wrote(event.outputs)
        for event in (*events.completes, *events.fails):
            found.read(event.inputs)
        _add_left_out(found, reader)
        return found.lineage()
    except Exception as error:  # noqa: BLE001 (whatever its reader raises, dbt has done its work)
        blanked.warning(
            "OpenLineage cannot read dbt's files (%s: %s)", type(error).__name__, error
        )
        return None


def joined(known: Lineage | None, more: Lineage | None) -> Lineage | None:
    """Return the lineage of two dbt calls of one task, the earlier one first."""
    if known is None or more is None:
        return known or more
    found = _Datasets()
    found.wrote((*known.outputs, *more.outputs))
    found.read((*known.inputs, *more.inputs))
    return found.lineage()


def as_operator_lineage(lineage: Lineage | None) -> Any:
    """Return `lineage` as the provider wants it of an operator; None for none."""
    if lineage is None:
        return None
    from airflow.providers.openlineage.extractors import OperatorLineage  # noqa: PLC0415

    return OperatorLineage(inputs=list(lineage.inputs), outputs=list(lineage.outputs))


def _reader(project: Path, target: Path, environment: Mapping[str, str], log: _BlankedLog) -> Any:
    """Return OpenLineage's reader of dbt's files; it reads the profile in dbt's environment."""
    from openlineage.common.provider.dbt.local import (  # noqa: PLC0415
        DbtLocalArtifactProcessor,
    )

    class Reader(DbtLocalArtifactProcessor):  # type: ignore[misc]  # The library is untyped here.
        def setup_jinja(self) -> Any:
            made = super().setup_jinja()
            made.globals["env_var"] = environment.get
            return made

    results = json.loads((target / "run_results.json").read_bytes())
    return Reader(
        producer=_PRODUCER,
        job_namespace="",  # Of the jobs that are not passed on.
        project_dir=str(project),
        profile_name=results["args"].get("profile"),
        target=results["args"].get("target"),
        target_path=str(target),
        logger=log,
    )


class _BlankedLog(logging.LoggerAdapter[logging.Logger]):
    """The log of a task without secrets, and without the values that a traceback may show."""

    def __init__(self, log: logging.Logger, blank: Callable[[str], str]) -> None:
        super().__init__(log, {})
        self._blank = blank

    def log(self, level: int, msg: object, *args: object, **_: Any) -> None:
        text = str(msg) % args if args else str(msg)
        self.logger.log(level, "%s", self._blank(text))


class _Datasets:
    """Datasets by their names; what is known of one from several sides is put together."""

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, str], Any] = {}
        self._outputs: dict[tuple[str, str], Any] = {}

    def wrote(self, datasets: Iterable[Any]) -> None:
        for one in datasets:
            self._add(self._outputs, one)

    def read(self, datasets: Iterable[Any]) -> None:
        """Add inputs; a table that the call also wrote, whose tests read it, is none."""
        for one in datasets:
            written = (one.namespace, one.name) in self._outputs
            self._add(self._outputs if written else self._inputs, one)

    def _add(self, known: dict[tuple[str, str], Any], one: Any) -> None:
        kept = known.setdefault((one.namespace, one.name), one)
        if kept is not one:
            kept.facets = {**(one.facets or {}), **(kept.facets or {})}

    def lineage(self) -> Lineage:
        return Lineage(tuple(self._inputs.values()), tuple(self._outputs.values()))


def _add_left_out(found: _Datasets, reader: Any) -> None:
    """Add the seeds that were loaded, and the seeds and snapshots that were read."""
    from openlineage.common.provider.dbt.processor import ModelNode  # noqa: PLC0415

    manifest, results, _, _ = reader.get_dbt_metadata()

    def named(node: str) -> Any:
        return ModelNode(type="model", metadata_node=manifest["nodes"][node])

    for result in results["results"]:
        node = result["unique_id"]
        if node.startswith("seed.") and result["status"] == "success":
            told = {"has_facets": True, "adapter_response": result.get("adapter_response")}
            found.wrote([reader.node_to_output_dataset(named(node), **told)])
        if node.startswith(("model.", "snapshot.")) and result["status"] != "skipped":
            parents = manifest["parent_map"][node]
            left_out = [one for one in parents if one.startswith(("seed.", "snapshot."))]
            found.read(reader.node_to_dataset(named(one), has_facets=True) for one in left_out)
