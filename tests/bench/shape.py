"""The synthetic DAG that every bench measures: run and test for each model, one folder in ten.

Model `i` reads one to three earlier models, seeds are the first ones, and one model in thirty
has no test: the proportions of ordinary dbt projects. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder import dbt_task, write_artifact

FLAGS = [
    *("--target", "prod", "--indirect-selection", "empty"),
    *("--warn-error-options", '{"error": ["NoNodesForSelectionCriteria"]}'),
]
DEFAULTS = {
    "dbt": {
        "executable": "dbt",
        "invocation": "subprocess",
        "flags": FLAGS,
        "paths": {"--project-dir": "../dbt/shop", "--profiles-dir": "../dbt"},
        "env": {},
        "partial_parse": ["target/partial_parse.msgpack"],
    }
}


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its number, and the numbers of those that it reads."""

    number: int
    reads: tuple[int, ...]
    tested: bool

    @property
    def name(self) -> str:
        """Its name in the project."""
        return f"model_{self.number:05d}"

    @property
    def folder(self) -> str:
        """The folder, which becomes its task group."""
        return f"folder_{self.number // 10:04d}"


def models(count: int) -> Iterator[Model]:
    """Yield `count` models, each after all that it reads."""
    for number in range(count):
        spread = {number - 1 - (number * step) % 50 for step in range(1, number % 3 + 2)}
        yield Model(number, tuple(sorted(n for n in spread if n >= 0)), number % 30 != 0)


def tasks(count: int) -> Iterator[dict[str, Any]]:
    """Yield the artifact's tasks for `count` models."""
    all_models = list(models(count))
    for model in all_models:
        last = [
            f"{n.name}.{'test' if n.tested else 'run'}"
            for n in (all_models[number] for number in model.reads)
        ]
        select = f"fqn:shop.{model.folder}.{model.name},file:{model.name}.sql"
        more = {"group": model.folder}
        run = dbt_task(
            f"{model.name}.run",
            ["run", "--select", select],
            [f"model.shop.{model.name}"],
            label=f"{model.name} run",
            after=last,
            **more,
        )
        yield dict(run)
        if model.tested:
            test = dbt_task(
                f"{model.name}.test",
                ["test", "--select", select, "--indirect-selection", "cautious"],
                [
                    f"test.shop.{kind}_{model.name}_id.0123456789"
                    for kind in ("not_null", "unique")
                ],
                label=f"{model.name} tests",
                after=[f"{model.name}.run"],
                **more,
            )
            yield dict(test)


def write(folder: Path, count: int, dag_id: str = "bench") -> Path:
    """Return the artifact of `count` models, written to `folder`."""
    names = dict.fromkeys(model.folder for model in models(count))
    groups = [{"id": name, "label": name, "parent": None} for name in names]
    dag = {
        "schedule": "0 6 * * *",
        "start_date": "2026-01-01",
        "catchup": False,
        "tags": ["dbt"],
        "default_args": {"owner": "analytics", "retries": 2},
    }
    return write_artifact(folder, dag_id, tasks(count), dag=dag, defaults=DEFAULTS, groups=groups)
