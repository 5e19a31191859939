"""The helper task of `airflow_async`: dbt compiles, makes schemas, and says what is there now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagwright_airflow.airflow_api import AirflowException
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.environment import child_environment
from dagwright_airflow.operators.results import NodeResult
from dagwright_airflow.statements.questions import asked
from dagwright_airflow.statements.store import keep
from dagwright_airflow.statements.text import (
    UnsafeError,
    doubt,
    doubt_of_all,
    doubt_of_place,
    exactly,
    question,
    sampled,
    statements,
    uncompiled,
    without_error,
)

_NO_NODES = "NoNodesForSelectionCriteria"
_ASK = ("compile", "--no-populate-cache", "--inline")


class CompileOperator(DbtOperator):
    """Has dbt compile the models that become statements, and keeps the statements for their tasks.

    It is one of Airflow's set-up tasks: clearing a model's task clears it too, so that a model
    that was mended is compiled anew. What is doubtful about one model fails the task of that
    model alone.

    Args:
        models: the unique ids to compile, and how each is materialized.
        statements: by materialization, the statements that make one.
        drops: by materialization and the type of what is there, the statement that drops it.
        replaceable: Jinja that tells whether what is there can be replaced.
        otherwise: Jinja that tells whether dbt would make tables by other statements here.
        plain: the keys of dbt's config that change neither a table nor a view.
        plain_of_columns: the keys of a column that do not.
        guarded: the names of macros that must be dbt's own.
        own_packages: the packages of macros that are.
        asks: a regular expression of what makes SQL another one where dbt itself runs it.
        sql_store: where statements are kept; XCom if None.
        compiled_by: this task's own id in the artifact.
        kwargs: arguments of DbtOperator.
    """

    ui_color = "#e8e0ff"

    def __init__(  # noqa: PLR0913 (an operator's arguments are its fields)
        self,
        *,
        models: Mapping[str, str],
        statements: Mapping[str, Sequence[str]],
        drops: Mapping[str, Mapping[str, str]],
        replaceable: str,
        otherwise: str,
        plain: Sequence[str],
        plain_of_columns: Sequence[str],
        guarded: Sequence[str],
        own_packages: Sequence[str],
        asks: str,
        compiled_by: str = "",
        sql_store: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep what to compile; the class says what each argument is."""
        super().__init__(nodes=tuple(models), **kwargs)
        self.models = dict(models)
        self.statements = dict(statements)
        self.drops = dict(drops)
        self.replaceable = replaceable
        self.otherwise = otherwise
        self.plain = plain
        self.plain_of_columns = plain_of_columns
        self.guarded = guarded
        self.own_packages = own_packages
        self.asks = asks
        self.compiled_by = compiled_by
        self.sql_store = sql_store
        self.is_setup = True
        self._made: Mapping[str, Any] = {}
        self._answer = ""
        self._asked: Mapping[str, str] = {}
        self._blank: Callable[[str], str] = str

    def _run_dbt(self, project: Path, context: Mapping[str, Any]) -> dict[str, Any]:
        self._refuse_samples()
        broken, ended = self._compiled(project)
        manifest = self._made
        if reason := doubt_of_all(manifest, set(self.guarded), set(self.own_packages)):
            raise AirflowException(f"{reason}; compile the spec again for this project")
        nodes = {
            name: manifest["nodes"][name]
            for name in self.models
            if name in ended and ended[name].done
        }
        self._asked = asked(manifest, self.asks)
        found = self._look(project, context, nodes) if nodes else {}
        faults = {}
        for name in self.models:
            fault = broken.get(name) or _fault(ended.get(name))
            row = {"fault": fault} if fault else self._row(name, nodes[name], found[name])
            if "fault" in row:
                faults[name] = row["fault"]
                self.log.error("%s will not be submitted: %s", name, row["fault"])
            keep(context, self.sql_store, name, row)
        return {"statements": len(self.models) - len(faults), "faults": faults}

    def _refuse_samples(self) -> None:
        """Raise if a variable has `dbt run` read less than `dbt compile` knows of."""
        environment = child_environment(self._dag_folders(), self.env)
        if name := sampled(environment):
            raise AirflowException(f"{name} is set here, which `dbt compile` does not look at")

    def _compiled(self, project: Path) -> tuple[dict[str, str], dict[str, NodeResult]]:
        """Return why some models do not compile, and what became of the others.

        dbt gives up at the first that does not, so it is asked again without that one.
        """
        self.flags = without_error(self.flags, _NO_NODES)
        broken: dict[str, str] = {}
        while len(broken) < len(self.models):
            without = [exactly(self._made["nodes"][name]) for name in broken]
            more = ("--exclude", *without) if without else ()
            verdict, results = self._told(project, "--no-fail-fast", *more)
            if results is not None:
                return broken, {one.node: one for one in results}
            models = self.models.keys() - broken.keys()
            more_broken = uncompiled(verdict.fault, self._made.get("nodes", {}), models)
            if not more_broken:
                self._end(verdict, ())
            broken |= more_broken
        return broken, {}

    def _row(self, name: str, node: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
        wanted = self.models[name]
        plain = (set(self.plain), set(self.plain_of_columns))
        reason = doubt(node, wanted, *plain) or doubt_of_place(node, found)
        if reason := reason or self._asked.get(name):
            return {"fault": f"{reason}; compile the spec again for this project"}
        if self._blank(node["compiled_code"]) != node["compiled_code"]:
            return {"fault": "its SQL holds a secret, which would lie open in XCom and in the log"}
        rules = {"statements": self.statements, "drops": self.drops}
        try:
            return {"statements": statements(wanted, found, node["compiled_code"], rules)}
        except UnsafeError as error:
            return {"fault": str(error)}

    def _look(
        self, project: Path, context: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return what dbt says of each node's place, after it made the schemas that lack."""
        name = self._made["metadata"]["project_name"]
        asked = f"sql_operation.{name}.inline_query"
        self.command = (*_ASK, question(nodes, self.replaceable, self.otherwise))
        self.nodes = (asked,)
        super()._run_dbt(project, context)
        return dict(json.loads(self._answer))

    def needs_all_written(self) -> bool:
        """Return that dbt must write its manifest, which holds the compiled SQL."""
        return True

    def keep(self, target: Path, blank: Callable[[str], str]) -> None:
        """Read what dbt compiled, before it is gone."""
        super().keep(target, blank)
        self._blank = blank
        self._made = _read(target / "manifest.json")
        results = _read(target / "run_results.json").get("results")
        self._answer = results[0].get("compiled_code") or "" if results else ""


def _read(path: Path) -> dict[str, Any]:
    """Return what dbt wrote; nothing if it did not get as far."""
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def _fault(result: NodeResult | None) -> str | None:
    """Return why dbt did not compile a model that it was asked for; None if it did."""
    if result is None:
        return "this worker's project has no such model; compile the spec again"
    return None if result.done else f"dbt did not compile it: {result.status}. {result.message}"
