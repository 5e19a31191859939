"""Airflow's settings that a dbt project gives itself: `meta.dagwright` in the config of a node.

    models:
      - name: orders
        config: {meta: {dagwright: {pool: heavy, retries: 0}}}

The keys and their values are those of `render.overrides`, `select` apart. They count for the tasks
that run the node itself. What is wrong with them is reported for nodes that run, at the place in
the spec that names the manifest: where the project says it, the manifest does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from dagwright.diagnostics import Report
from dagwright.ir.graph import Graph
from dagwright.plan.rules import META_SETTING
from dagwright.project.model import Project, Resource, UniqueId
from dagwright.span import Span
from dagwright.spec.model import TaskSettings
from dagwright.text.near import near_miss

WRONG_SHAPE: Final = "it is no mapping of settings"


def read_meta(
    project: Project, graph: Graph, at: Span, report: Report
) -> Mapping[UniqueId, Mapping[str, Any]]:
    """Return the settings that each node of `graph` gives itself; durations are seconds."""
    found: dict[UniqueId, Mapping[str, Any]] = {}
    given = {
        node: meta.dagwright
        for task in graph.tasks.values()
        for node in task.nodes
        if (meta := project.resources[node].config.meta) is not None
    }
    for node, said in sorted(given.items()):
        if said is None:
            continue
        try:
            settings = TaskSettings.model_validate(_with_tuples(said))
        except ValidationError as error:
            file = _file(project.resources[node])
            for key, what, hint in _complaints(error):
                values: dict[str, Any] = {"key": key, "what": what, "hint": hint}
                report.add(META_SETTING.at(at, node=node, file=file, **values))
            continue
        found[node] = settings.given()
    return found


def _with_tuples(value: Any) -> Any:
    """Return JSON data with tuples for its arrays, as the models of the spec have them."""
    match value:
        case dict():
            return {key: _with_tuples(item) for key, item in value.items()}
        case list():
            return tuple(map(_with_tuples, value))
        case _:
            return value


def _complaints(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    """Yield the key, what is wrong with it and what may help, each key once."""
    seen: set[str] = set()
    for one in error.errors(include_url=False, include_input=False):
        key = str(one["loc"][0]) if one["loc"] else ""
        if key in seen:
            continue
        seen.add(key)
        place = f"dagwright.{key}" if key else "dagwright"
        if one["type"] == "extra_forbidden":
            hint = near_miss(key, TaskSettings.model_fields) or "see `render.overrides` for keys"
            yield place, "it is no setting of a task", hint
        elif not key:
            yield place, WRONG_SHAPE, "such as `dagwright: {retries: 2}`"
        else:
            said = one["msg"][:1].lower() + one["msg"][1:]
            yield place, said, str(TaskSettings.model_fields[key].description or "")


def _file(resource: Resource) -> str:
    """Return the file where a person would look first: the YAML that describes the node."""
    return (resource.patch_path or resource.original_file_path).rpartition("://")[2]
