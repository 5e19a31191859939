"""Mode `airflow_async`: dbt compiles once a run, and Airflow submits what is safe to submit.

A helper task has dbt compile the SQL of all models that become statements, make their schemas and
look at what stands in their place. Every other task is dbt's, as in mode `local`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from dagwright.plan.async_rules import NOTHING_ASYNC
from dagwright.plan.async_safety import PLAIN, PLAIN_OF_COLUMNS, Safety
from dagwright.plan.model import Step
from dagwright.plan.modes.local import in_worker, worker_call
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.rules import META_SETTING
from dagwright.plan.warehouses import WAREHOUSES, Warehouse
from dagwright.project.model import UniqueId
from dagwright.spec.model.execute import AirflowAsync

COMPILES: Final = "compiled.sql"
"""The id of the helper task: two words, and so neither a node's nor a group's."""

_WORDS: Final = (
    *("compile", "--no-introspect", "--no-populate-cache"),
    *("--indirect-selection", "empty", "--select"),
)
"""dbt refuses to ask the warehouse here, so that the SQL is the same whenever it is compiled."""


def airflow_async(execute: AirflowAsync, given: Given) -> Mode:
    """Return the mode that submits statements to a warehouse, and has dbt run all else."""
    warehouse = WAREHOUSES[execute.warehouse]
    making = _Making(execute, given, warehouse, Safety(given, warehouse, execute.secrets))
    worker = in_worker(execute, given).shared
    return Mode(
        kind=warehouse.kind,
        shared=making.statement_arguments(),
        own=lambda call: {} if making.why_not(call) is None else worker_call(call),
        kind_of=lambda call: warehouse.kind if making.why_not(call) is None else "dbt",
        others={"dbt": worker, "async_compile": {**worker, **making.compile_arguments()}},
        finish=making.finish,
        remembers_seeds=True,
        from_loader=True,
    )


class _Making:
    """One plan on the way: what was decided about each task."""

    def __init__(
        self, execute: AirflowAsync, given: Given, warehouse: Warehouse, safety: Safety
    ) -> None:
        self._execute = execute
        self._given = given
        self._warehouse = warehouse
        self._safety = safety
        self._reasons: dict[str, str | None] = {}

    def why_not(self, call: Call) -> str | None:
        """Return why dbt itself runs the task of `call`, if so; judged once."""
        if call.task not in self._reasons:
            self._reasons[call.task] = self._safety.why_not(call)
        return self._reasons[call.task]

    def statement_arguments(self) -> Arguments:
        """Return what all statements share."""
        execute, warehouse = self._execute, self._warehouse
        stated = {argument: getattr(execute, key) for key, argument in warehouse.arguments.items()}
        return {
            warehouse.connection: execute.connection,
            "deferrable": True,
            **{name: value for name, value in stated.items() if value is not None},
            **warehouse.fixed,
            **self._where(),
        }

    def _where(self) -> Mapping[str, str]:
        store = self._execute.sql_store
        return {"compiled_by": COMPILES, **({} if store is None else {"sql_store": store})}

    def compile_arguments(self) -> Arguments:
        """Return what only the helper task has."""
        warehouse = self._warehouse
        return {
            "statements": {name: list(lines) for name, lines in warehouse.statements.items()},
            "drops": {name: dict(by_type) for name, by_type in warehouse.drops.items()},
            "replaceable": warehouse.replaceable,
            "otherwise": warehouse.otherwise,
            "plain": list(PLAIN),
            "plain_of_columns": list(PLAIN_OF_COLUMNS),
            "guarded": list(self._safety.guarded),
            "own_packages": list(warehouse.packages),
            "asks": self._safety.words,
            **self._where(),
        }

    def finish(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return `steps` with the helper task before them, each of dbt's with its reason."""
        submitted = {step.id for step in steps if step.kind == self._warehouse.kind}
        self._refuse_rules([step for step in steps if step.id in submitted])
        if not submitted:
            self._complain()
            return tuple(self._with_reason(step) for step in steps)
        return (
            self._helper([step for step in steps if step.id in submitted]),
            *(
                self._statement(step) if step.id in submitted else self._with_reason(step)
                for step in steps
            ),
        )

    def _refuse_rules(self, steps: list[Step]) -> None:
        """Report trigger rules that the project gives its models; those of the spec are DW167."""
        at = self._given.loaded.places.value(("render", "manifest"))
        for step in steps:
            if (rule := step.airflow.get("trigger_rule", "all_success")) == "all_success":
                continue
            file = self._given.project.resources[UniqueId(step.nodes[0])].original_file_path
            words: dict[str, Any] = {
                "key": "dagwright.trigger_rule",
                "what": f"it cannot be `{rule}` in `mode: airflow_async`",
                "hint": "leave it out; `dagwright explain DW167` says why",
            }
            self._given.report.add(META_SETTING.at(at, node=step.nodes[0], file=file, **words))

    def _helper(self, steps: list[Step]) -> Step:
        selectors = [
            f"{word},resource_type:model"  # `dbt compile` also looks at what `dbt run` does not.
            for step in steps
            for word in step.words[step.words.index("--select") + 1 :]
        ]
        resources = self._given.project.resources
        nodes = sorted(step.nodes[0] for step in steps)
        models = {node: resources[UniqueId(node)].config.materialized for node in nodes}
        words = (*_WORDS, *selectors)
        return Step(
            id=COMPILES,
            kind="async_compile",
            label="compiled SQL",
            nodes=(),
            after=(),
            arguments={"command": list(words), "models": models},
            words=words,
            helper=True,
        )

    def _statement(self, step: Step) -> Step:
        after = tuple(sorted((COMPILES, *step.after)))
        note = f"a statement for {self._execute.warehouse}"
        return replace(step, after=after, note=note, words=())

    def _with_reason(self, step: Step) -> Step:
        reason = self._reasons.get(step.id)
        return step if reason is None else replace(step, note=f"run by dbt: {reason}")

    def _complain(self) -> None:
        counted = Counter(filter(None, self._reasons.values())).most_common(3)
        hint = "; ".join(f"{count} of them: {reason}" for reason, count in counted)
        at = self._given.loaded.places.value(("execute", "mode"))
        self._given.report.add(NOTHING_ASYNC.at(at, hint=hint or "no task runs dbt"))
