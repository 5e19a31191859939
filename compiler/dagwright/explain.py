"""Explain a rule, or why one task of a spec is there and what it waits for.

No pass keeps a trace. A task's edges are explained by the first pass after which they exist: the
graph after each pass is compared with the final one, node by node, since tasks merge on the way.
"""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from dagwright.diagnostics import Report, Rule
from dagwright.files import Files
from dagwright.ir.graph import Graph, Task, TaskId
from dagwright.passes import PASSES
from dagwright.pipeline import Compiled, Options, compile_spec
from dagwright.plan import Step
from dagwright.plan.commands import command_of
from dagwright.plan.options import option_words
from dagwright.plan.paths import PathMap, written_paths
from dagwright.plan.rules import NO_SUCH_TASK
from dagwright.project.model import UniqueId
from dagwright.span import LineIndex, Span
from dagwright.spec import LoadedSpec
from dagwright.text.route import Route

WHY: Final[Mapping[str, str]] = MappingProxyType(
    {"build": "it reads it", **{name: why for name, _, why in PASSES}}
)
"""By the pass that made an edge: what the edge means."""

OF_THE_MODE: Final = "the mode adds one of the two, and the other needs it"
"""Why an edge to or from a helper task is there."""


WRITTEN: Final = (
    ("render", "select"),
    ("render", "exclude"),
    ("render", "selector"),
    ("render", "tests"),
    ("render", "sources"),
    ("render", "overrides"),
    ("execute",),
    ("execute", "policy"),
)
"""The keys that decide which tasks there are and how they run."""


def rule_page(rule: Rule) -> str:
    """Return the Markdown page of a rule."""
    sentence = re.sub(r"\{(\w+)[^}]*\}", lambda match: match[1].upper(), rule.message)
    head = f"# {rule.code} {rule.name}\n\n{rule.severity}: {sentence}\n\n"
    return f"{head}{textwrap.dedent(rule.explain).rstrip()}\n"


@dataclass(slots=True)
class Trace:
    """The graph after each pass, in order."""

    graphs: list[tuple[str, Graph]] = field(default_factory=list)

    def observe(self, name: str, graph: Graph) -> None:
        """Remember the graph that the pass called `name` made."""
        self.graphs.append((name, graph))

    def why(self, up: Task, task: Task) -> str:
        """Return what the edge from `up` to `task` means: the words of the pass that made it."""
        above, below = set(up.nodes), set(task.nodes)
        for name, graph in self.graphs:
            for other in graph.tasks.values():
                if below.isdisjoint(other.nodes):
                    continue
                if any(not above.isdisjoint(graph.tasks[one].nodes) for one in other.after):
                    return WHY[name]
        return WHY["place-tests"]


def explain_paths(
    files: Files, spec: str, task: str, options: Options, report: Report
) -> str | None:
    """Return every path that the task's command needs: as rendered, by which rule, at run time.

    None where the spec does not compile, or has no such task: the report says so.
    """
    compiled = compile_spec(files, spec, options, report)
    if compiled is None or _step(compiled, spec, task, report) is None:
        return None
    return "".join(f"{line}\n" for line in _path_lines(compiled, files))


def explain_task(
    files: Files, spec: str, task: str, options: Options, report: Report
) -> str | None:
    """Return why a task is there, what it waits for, and its command.

    `task` is its id, or the unique id of a dbt node that it runs: a test's, say.

    None where the spec does not compile, or has no such task: the report says so.
    """
    trace = Trace()
    compiled = compile_spec(files, spec, options, report, trace.observe)
    step = None if compiled is None else _step(compiled, spec, task, report)
    if compiled is None or step is None:
        return None
    return "".join(f"{line}\n" for line in _explanation(compiled, step, trace))


def _step(compiled: Compiled, spec: str, task: str, report: Report) -> Step | None:
    """Return the step that `task` names; None after a finding that names those like it."""
    steps = compiled.plan.steps
    step = next((step for step in steps if step.id == task or task in step.nodes), None)
    if step is None:
        ids = [step.id for step in steps]
        close = get_close_matches(task, ids, n=3, cutoff=0.3)
        hint = f"did you mean {', '.join(map(repr, close))}?" if close else "see `dagwright graph`"
        report.add(NO_SUCH_TASK.at(Span(spec, 0, 0), task=task, hint=hint))
    return step


def _path_lines(compiled: Compiled, files: Files) -> Iterator[str]:
    """Yield what is told of each path; the project's may be made from its render path by a row."""
    loaded = compiled.loaded
    execute, rendered = loaded.spec.execute, loaded.spec.render.project_dir
    for route, path in written_paths(loaded):
        key = ".".join(map(str, route[1:]))
        rule = f"execute.{key} ({_at(loaded, route)})"
        if route[1] != "paths":
            yield from _path(key, rendered if key == "project_dir" else None, rule, path)
    found = PathMap(loaded, files.real).find(("render", "project_dir"), rendered)
    if execute.project_dir is None and found is not None:
        row = execute.paths[found.row]
        where = _at(loaded, ("execute", "paths", found.row))
        rule = f"execute.paths, {row.render} -> {row.execute} ({where})"
        yield from _path("project_dir", rendered, rule, found.path)


def _path(key: str, render: str | None, rule: str, path: str) -> Iterator[str]:
    yield key
    yield f"  render path: {render or 'none, it is only known where dbt runs'}"
    yield f"  rule: {rule}"
    yield f"  run-time path: {path}"


def _at(loaded: LoadedSpec, route: Route) -> str:
    """Return the file and line of the value at `route`."""
    at = loaded.places.value(route)
    line = LineIndex(loaded.places.texts[at.file]).position(at.start).line
    return f"{at.file}:{line}"


def _explanation(compiled: Compiled, step: Step, trace: Trace) -> Iterator[str]:
    tasks = compiled.graph.tasks
    task = tasks.get(TaskId(step.id))
    yield f"{step.id}: {step.label}"
    if step.note:
        yield f"  {step.note}"
    yield "\nruns"
    for node in step.nodes:
        resource = compiled.project.resources[UniqueId(node)]
        yield f"  {node}  ({resource.original_file_path})"
    yield "\nwaits for"
    for up in step.after:
        above = tasks.get(TaskId(up))
        yield f"  {up}: {trace.why(above, task) if above and task else OF_THE_MODE}"
    if not step.after:
        yield "  nothing"
    if step.words:
        yield "\ncommand"
        yield f"  {shlex.join(_argv(compiled, step))}"
    if step.words and (env := compiled.loaded.spec.execute.env):
        yield "\nenvironment of the command, by name"
        yield from (f"  {name}" for name in sorted(env))
    if step.airflow:
        yield "\nAirflow settings of its own"
        yield from (f"  {key}: {value}" for key, value in step.airflow.items())
    yield "\nspec"
    yield from _places(compiled)


def _argv(compiled: Compiled, step: Step) -> Iterator[str]:
    """Yield the dbt command as it is run in every mode, but for scratch paths of the runtime."""
    shared = compiled.plan.command
    yield str(compiled.plan.defaults[step.kind].get("executable", "dbt"))
    yield from step.words
    for flag, path in shared.paths.items():
        yield from (flag, path)
    yield from shared.flags
    yield from option_words(command_of(step.words), shared.options, shared.release, later=True)
    if shared.variables:
        yield from ("--vars", json.dumps(shared.variables))


def _places(compiled: Compiled) -> Iterator[str]:
    """Yield where in the spec the selection and the way of running were written."""
    places = compiled.loaded.places
    lines = {path: LineIndex(text) for path, text in places.texts.items()}
    for route in WRITTEN:
        if places.written(route):
            at = places.key(route)
            yield f"  {'.'.join(route)}: {at.file}:{lines[at.file].position(at.start).line}"
