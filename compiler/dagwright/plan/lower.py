"""Lower the graph to a plan: the exact command, ids, labels, groups and Airflow's settings.

What is the same for every mode is decided here; `plan.modes` decides the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dagwright.diagnostics import Report
from dagwright.ir.graph import Graph, Task
from dagwright.passes.name_tasks import ALL_TESTS_NAME, escaped, role_of, shortened
from dagwright.plan.commands import COMMANDS, WORDS, shared_command, task_words
from dagwright.plan.cross_dag import foreign_assets
from dagwright.plan.digests import manifest_digest, shape_digest, spec_digest
from dagwright.plan.hooks import check_hooks
from dagwright.plan.model import Digests, Group, Plan, Step
from dagwright.plan.modes import MODES, Call, Given, Mode
from dagwright.plan.option_checks import check_engine, check_options, release_of
from dagwright.plan.paths import PathMap, check_execute_paths
from dagwright.plan.rules import COMMAND_TOO_LONG, SEEDS_UNKNOWN_TO_MODE
from dagwright.plan.seeds import MODES_THAT_REMEMBER, remembered_seed
from dagwright.plan.settings import (
    Settings,
    airflow_settings,
    retries_tests,
    usual_timeout,
)
from dagwright.plan.sources import Sources
from dagwright.project.model import Project, Resource
from dagwright.select.rules import NO_EXACT_SELECTOR
from dagwright.spec import LoadedSpec
from dagwright.spec.identity import identity
from dagwright.spec.model import AssetSchedule

LONGEST_COMMAND_BYTES: Final = 100 * 1024
"""Well below what Linux takes, and what services take that start a command elsewhere."""

NOTHING: Final = "empty"
"""The kind of a step that runs nothing."""


def make_plan(graph: Graph, sources: Sources, settings: Settings, report: Report) -> Plan | None:
    """Return the plan of `graph` for the environment of `sources.loaded`.

    `graph` has been through all passes. None where a path is unmapped; each complaint stands at
    the place in the spec that it is about.
    """
    loaded, spec = sources.loaded, sources.loaded.spec
    paths = PathMap(loaded, sources.real)
    project_dir = _project_dir(loaded, paths, report)
    dag = _dag_arguments(sources, graph, report)
    if project_dir is None:
        return None
    release = release_of(spec.execute, sources.project)
    command = shared_command(spec.execute, project_dir, sources.warnings, release)
    check_engine(loaded, release, report)
    check_hooks(loaded, sources.project, report)
    check_options(loaded, command, {task.verb for task in graph.tasks.values()}, report)
    given = Given(
        loaded,
        command,
        paths,
        sources.project,
        report,
        sources.exact,
        lock=sources.lock,
        packages=sources.packages,
    )
    mode = MODES[spec.execute.mode](spec.execute, given)
    check_execute_paths(loaded, report, from_loader=mode.from_loader)
    if spec.render.seeds == "on_change" and not mode.remembers_seeds:
        at = loaded.places.value(("render", "seeds"))
        able = ", ".join(sorted(MODES_THAT_REMEMBER))
        report.add(SEEDS_UNKNOWN_TO_MODE.at(at, mode=spec.execute.mode, modes=able))
    lower = _Lowering(sources, mode, settings, report)
    steps = mode.finish(tuple(lower.step(task) for task in graph.tasks.values()))
    return Plan(
        kind=identity(spec)[0],
        dag=dag,
        environment=loaded.environment,
        variables=loaded.variables_read,
        digests=Digests(
            spec=spec_digest(spec),
            manifest=manifest_digest(sources.project, graph),
            shape=shape_digest(steps),
        ),
        command=command,
        steps=steps,
        groups=_groups(graph),
        defaults={mode.kind: mode.shared, **mode.others},
    )


def _project_dir(loaded: LoadedSpec, paths: PathMap, report: Report) -> str | None:
    """Return where the project lies at run time; report it where nothing says so."""
    if loaded.spec.execute.project_dir is not None:
        return loaded.spec.execute.project_dir
    route, instead = ("render", "project_dir"), "execute.project_dir"
    return paths.mapped(route, loaded.spec.render.project_dir, report, instead=instead)


def _dag_arguments(sources: Sources, graph: Graph, report: Report) -> Mapping[str, Any]:
    """Return the arguments of Airflow's DAG or TaskGroup, in the order of the spec's model.

    Durations are seconds; what was not given, and has no default of ours, is left out.
    """
    spec = sources.loaded.spec
    block = spec.dag or spec.task_group
    given = {} if block is None else block.model_dump(exclude_none=True)
    if spec.dag is not None and isinstance(spec.dag.schedule, AssetSchedule):
        given["schedule"] = {"assets": spec.dag.schedule.condition.model_dump()}
    if waited_for := foreign_assets(sources, graph, report):
        given["schedule"] = {"assets": {"all": waited_for}}
    return {key: value for key, value in given.items() if value not in ({}, ())}


@dataclass(frozen=True, slots=True)
class _Lowering:
    """One task at a time; what stays the same over the tasks of a plan."""

    sources: Sources
    mode: Mode
    settings: Settings
    report: Report

    def step(self, task: Task) -> Step:
        call = self._call(task)
        return Step(
            id=task.id,
            kind=NOTHING if call is None else self.mode.step_kind(call),
            label=_label(task, self.sources.project),
            nodes=task.nodes,
            after=tuple(sorted(task.after)),
            group=group_id(task.group) if task.group else None,
            arguments={} if call is None else self._arguments(task, call),
            airflow={**airflow_settings(task, self.settings), **self._assets(task)},
            words=() if call is None else call.words,
        )

    def _assets(self, task: Task) -> Mapping[str, Any]:
        wanted = self.sources.loaded.spec.render.assets
        return self.sources.assets.of(task) if wanted else {}

    def _call(self, task: Task) -> Call | None:
        """Return the dbt command of `task`; None for one that runs nothing."""
        if task.verb not in WORDS:
            return None
        again = retries_tests(task, self.settings)
        given = airflow_settings(task, self.settings)
        timeout = given.get("execution_timeout", usual_timeout(self.sources.loaded.spec))
        return Call(task.id, task.verb, self._words(task), task.nodes, again, timeout)

    def _arguments(self, task: Task, call: Call) -> Mapping[str, Any]:
        own = self.mode.own(call)
        remembered = self.sources.loaded.spec.render.seeds == "on_change"
        seed = remembered_seed(task, self.sources.project) if remembered else None
        return own if seed is None else {**own, "seed": seed}

    def _words(self, task: Task) -> tuple[str, ...]:
        """Return the words of the task's command, which pick just its nodes."""
        command = COMMANDS[task.verb]
        picked = self.sources.exact.for_nodes(task.nodes, command)
        for one in picked.ambiguous:
            others = ", ".join(one.others)
            self._complain(NO_EXACT_SELECTOR, node=one.node, command=command, others=others)
        words = task_words(task.verb, picked.arguments, picked.indirect)
        size = sum(len(word.encode()) + 1 for word in words)
        if size > LONGEST_COMMAND_BYTES:
            self._complain(COMMAND_TOO_LONG, task=task.id, size=size, limit=LONGEST_COMMAND_BYTES)
        return words

    def _complain(self, rule: Any, **values: object) -> None:
        self.report.add(rule.at(self.sources.loaded.places.key(("render",)), **values))


Label = Callable[[Resource], str]

ROLE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "test": "tests",
        "source_test": "tests",
        "unit_test": "unit tests",
        "source_unit_test": "unit tests",
        "data_test": "",
        "ephemeral": "(ephemeral)",
    }
)
"""By role: what stands behind the node's name in a label, where it is not the role itself."""


def _label(task: Task, project: Project) -> str:
    """Return the name that people see for a task; it need not be unique."""
    last_word = task.id.rpartition(".")[2]
    part = f" ({last_word})" if last_word.isdecimal() else ""
    if task.id == f"{ALL_TESTS_NAME}{part and f'.{last_word}'}":
        return f"all tests{part}"
    about = project.resources[task.home or _main_node(task)]
    name = about.name if about.version is None else f"{about.name} v{about.version}"
    if about.source_name:
        name = f"{about.source_name}.{name}"
    role = role_of(task, about.resource_type)
    return f"{name} {ROLE_WORDS.get(role, role)}".rstrip() + part


def _main_node(task: Task) -> Any:
    """Return the node that gives a task its name: in a `build`, the one that is no test."""
    return next(
        (node for node in task.nodes if not node.startswith(("test.", "unit_test."))),
        task.nodes[0],
    )


def group_id(path: tuple[str, ...]) -> str:
    """Return Airflow's id for the group at `path`: one word, so that it equals no task's id."""
    return shortened("--".join(escaped(part).replace(".", "-2e-") for part in path))


def _groups(graph: Graph) -> tuple[Group, ...]:
    """Return every group that holds a task or a group, each after the one around it."""
    paths = {
        task.group[:length]
        for task in graph.tasks.values()
        for length in range(1, len(task.group) + 1)
    }
    return tuple(
        Group(group_id(path), path[-1], group_id(path[:-1]) if path[:-1] else None)
        for path in sorted(paths)
    )
