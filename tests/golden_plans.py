"""The spec with an environment a mode, compiled in memory, and the argv of each of its tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.pipeline import Compiled, Options, compile_spec
from manifests import manifest
from test_async_safety import macros

FOLDER = Path(__file__).with_name("golden")
PATH = "tests/golden/spec.yaml"
SPEC = (FOLDER / "spec.yaml").read_text(encoding="utf-8")

PLAIN = Options()
PROJECT = """
source.shop.lake.events
seed.shop.raw_orders
snapshot.shop.prices <- seed.shop.raw_orders
model.shop.orders <- seed.shop.raw_orders <- source.shop.lake.events
model.shop.revenue <- model.shop.orders <- snapshot.shop.prices
test.shop.unique_orders <- model.shop.orders
unit_test.shop.revenue.zero <- model.shop.revenue
"""

Task = Mapping[str, Any]


def project() -> bytes:
    """Return the manifest of a shop that has a task of every dbt command.

    It is for BigQuery, and one of its models is what a statement can make.
    """
    document = json.loads(manifest(PROJECT))
    late = {"count": 1, "period": "day"}
    document["sources"]["source.shop.lake.events"] |= {
        "freshness": {"warn_after": late},
        "loaded_at_field": "at",
    }
    document["metadata"]["adapter_type"] = "bigquery"
    document["macros"] = {one["unique_id"]: one for one in macros("bigquery")}
    document["nodes"]["model.shop.revenue"]["config"]["grants"] = {"select": ["all"]}
    return json.dumps(document).encode()


def compiled(mode: str, *, tests: str = "after_each") -> Compiled:
    """Return the spec compiled for the environment of a mode; findings are errors."""
    made, found = attempted(SPEC, Options(environment=mode, variables={"TESTS": tests}))
    assert made is not None, found
    # Where every task is a `dbt build`, `airflow_async` says that nothing is a statement.
    allowed = {"DW580"} if tests == "build" else set()
    assert [one for one in found if one[0] not in allowed] == []
    return made


def attempted(
    spec: str, options: Options = PLAIN
) -> tuple[Compiled | None, list[tuple[str, str]]]:
    """Return what a spec compiles to, and what is found in it."""
    files = MemoryFiles({PATH: spec.encode(), "shop/target/manifest.json": project()})
    report = Report()
    made = compile_spec(files, PATH, options, report)
    return made, [(one.rule.code, one.message) for one in report.sorted()]


def artifact(mode: str, **how: str) -> dict[str, Any]:
    """Return the artifact of a mode."""
    return dict(json.loads(compiled(mode, **how).text))


def tasks(made: Mapping[str, Any]) -> dict[str, Task]:
    """Return, by id, each task that runs dbt with the arguments that its kind shares."""
    return {
        task["id"]: {**made["defaults"].get(task["kind"], {}), **task}
        for task in made["tasks"]
        if not task.get("helper")
    }


def _in_pod(task: Task) -> list[str]:
    manifest = task["pod_template_dict"]
    (container,) = (c for c in manifest["spec"]["containers"] if c["name"] == "dbt")
    return [*container.get("command", ()), *task["arguments"]]


ARGV: Mapping[str, Callable[[Task], list[str]]] = {
    "docker": lambda task: [*task.get("entrypoint", ()), *task["command"]],
    "kubernetes": _in_pod,
    "aws_eks": _in_pod,
    "gcp_gke": _in_pod,
    "aws_ecs": lambda task: task["overrides"]["containerOverrides"][0]["command"],
    "azure_container_instance": lambda task: task["command"],
    "gcp_cloud_run_job": lambda task: task["overrides"]["container_overrides"][0]["args"],
}
"""By kind whose command is fixed at compile time: what the container starts, as the task says."""


def _pod_environment(task: Task) -> dict[str, str]:
    (container,) = (
        c for c in task["pod_template_dict"]["spec"]["containers"] if c["name"] == "dbt"
    )
    return {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}


def _listed(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in rows}


ENVIRONMENT: Mapping[str, Callable[[Task], dict[str, str]]] = {
    "docker": lambda task: task.get("environment", {}),
    "kubernetes": _pod_environment,
    "aws_eks": _pod_environment,
    "gcp_gke": _pod_environment,
    "aws_ecs": lambda task: _listed(
        task["overrides"]["containerOverrides"][0].get("environment", ())
    ),
    "azure_container_instance": lambda task: task.get("environment_variables", {}),
    "gcp_cloud_run_job": lambda task: _listed(
        task["overrides"]["container_overrides"][0].get("env", ())
    ),
}
"""By kind: the plain variables of the container."""
