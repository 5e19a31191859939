"""The story of a compile: the stages in order, and where each may stop.

Every stage adds to one report and gives its best result, so that one run shows every mistake.
Nothing is written here: `Compiled` says which bytes belong in which file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType

from dagwright.diagnostics import CompilerBug, Report
from dagwright.emit import EMITTERS
from dagwright.emit.artifact import file_name
from dagwright.files import Files
from dagwright.ir.build import Chosen, Rendering, build_graph
from dagwright.ir.check import faults, placement_faults
from dagwright.ir.choose import choose_nodes, near_overrides, pick_overrides
from dagwright.ir.cross_tests import settle_cross_tests
from dagwright.ir.graph import Graph
from dagwright.ir.groups import check_groups
from dagwright.ir.rules import NOTHING_RUNS
from dagwright.ir.verify import verify_selection
from dagwright.object_stores import is_address, obstacle, shown
from dagwright.official.check import check_payloads
from dagwright.passes import PASSES, Context
from dagwright.plan import Plan, make_plan
from dagwright.plan.assets import Assets
from dagwright.plan.commands import WORDS
from dagwright.plan.cross_dag import check_together
from dagwright.plan.meta import read_meta
from dagwright.plan.requirements import Lock, Locking, lock_of
from dagwright.plan.rules import OVERRIDE_MATCHES_NOTHING, SHAPE_DIFFERS
from dagwright.plan.settings import read_settings, unmatched
from dagwright.plan.sources import Sources
from dagwright.project import Project, read_project
from dagwright.project.dbt_parse import Dbt, run_dbt_parse
from dagwright.project.packages import read_packages
from dagwright.project.rules import PARSED_ELSEWHERE, STORE_UNREADABLE
from dagwright.project.warnings import warning_flags
from dagwright.select import State, read_state
from dagwright.select.exact import ExactSelectors
from dagwright.span import Span
from dagwright.spec import (
    LoadedSpec,
    SpecDocument,
    read_spec,
    resolve,
    resolve_selection,
    variants,
)
from dagwright.spec.identity import check_unique_ids

Observer = Callable[[str, Graph], None]
"""Is told the name of each pass and the graph it made; the first is `build`."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to compile: which environment, and what `${NAME}` in a spec may read."""

    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    emit: str = "json"
    verify_selection: bool = False
    """Whether the user's own dbt is asked for the same selection."""
    locking: Locking = "keep"
    """Whether the packages of a `virtualenv` may be resolved, or only read from their lock."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One compiled spec: what to write, and what it was made from."""

    loaded: LoadedSpec
    project: Project
    graph: Graph
    plan: Plan
    name: str
    text: str
    lock: Lock | None = None
    """The packages of a `virtualenv`, to be written too if they are new."""


def compile_spec(
    files: Files, path: str, options: Options, report: Report, observe: Observer | None = None
) -> Compiled | None:
    """Return what the spec at `path` compiles to, or None where the report says why not.

    It is judged by its own findings: what `report` holds of other specs does not count.
    """
    found = Report(ignores=report.ignores)
    compiled = _compiled(files, path, options, found, observe)
    report.found += found.found
    return None if found.failed else compiled


def _compiled(
    files: Files, path: str, options: Options, report: Report, observe: Observer | None
) -> Compiled | None:
    document = read_spec(files, path, options.variables, report)
    loaded = resolve(document, options.environment, report) if document is not None else None
    if document is None or loaded is None:
        if document is not None:
            _judge_selection(files, document, options, report)
        return None
    project = load_project(files, loaded, report)
    state = load_state(files, loaded, report)
    chosen = choose_nodes(project, loaded, report, state) if project is not None else None
    if project is not None and chosen is not None:
        if options.verify_selection:
            verify_selection(project, loaded, dbt_of(loaded), report, state)
        chosen = settle_cross_tests(project, chosen, loaded, report)
    if project is None or chosen is None:
        return None
    packages = read_packages(files, loaded.project_dir, report)
    graph = make_graph(project, chosen, loaded, observe)
    if next(graph.of(*WORDS), None) is None:
        report.add(NOTHING_RUNS.at(loaded.places.key(("render",))))
    check_groups(graph, project, loaded, report)
    specs = _environments(document, loaded, options, report)
    lock = lock_of(files, loaded, options.locking, report)
    sources = Sources(
        loaded,
        project,
        ExactSelectors(project),
        Assets(project),
        warning_flags(files, loaded.project_dir),
        files.real,
        None if lock is None else lock.packages,
        packages,
    )
    plan = plan_all(graph, sources, specs, report)
    if plan is None:
        return None
    text = EMITTERS[options.emit](plan)
    return Compiled(loaded, project, graph, plan, file_name(plan.kind, plan.id), text, lock)


def _judge_selection(
    files: Files, document: SpecDocument, options: Options, report: Report
) -> None:
    """Report what is wrong with the selection of a spec that has other errors, without dbt."""
    stand_in = resolve_selection(document, options.environment)
    if stand_in is None or stand_in.spec.render.load == "dbt":
        return
    if files.exists(stand_in.manifest):
        project = load_project(files, stand_in, report)
        state = load_state(files, stand_in, report)
        if project is not None:
            choose_nodes(project, stand_in, report, state)
            pick_overrides(project, stand_in, report)


def compile_all(
    files: Files, paths: Sequence[str], options: Options, report: Report
) -> list[Compiled]:
    """Return what each spec compiles to, without those that the report says are wrong."""
    made = [compile_spec(files, path, options, report) for path in paths]
    compiled = [one for one in made if one is not None]
    check_workspace(compiled, report)
    return compiled


def check_workspace(compiled: Sequence[Compiled], report: Report) -> None:
    """Report what is wrong between specs that are compiled together, and with none alone."""
    check_unique_ids([one.loaded for one in compiled], report)
    check_together([(one.loaded, one.plan) for one in compiled], report)


def load_project(files: Files, loaded: LoadedSpec, report: Report) -> Project | None:
    """Return the project that `render:` names, after a `dbt parse` where it asks for one."""
    render = loaded.spec.render
    manifest_at = loaded.places.value(("render", "manifest"))
    load_at = loaded.places.key(("render", "load"))
    manifest = loaded.manifest
    if is_address(manifest) and render.load == "dbt":
        report.add(PARSED_ELSEWHERE.at(load_at, path=shown(manifest)))
        return None
    if is_address(manifest):
        ready = _within_reach(manifest, manifest_at, report)
    else:
        absent = render.load == "auto" and not files.exists(manifest)
        parsed = render.load == "dbt" or absent
        ready = not parsed or run_dbt_parse(dbt_of(loaded), report, load_at)
    return read_project(files, manifest, report, manifest_at) if ready else None


def _within_reach(address: str, at: Span, report: Report) -> bool:
    """Return whether this installation reads such objects, or report why it does not."""
    why = obstacle(address)
    if why is not None:
        report.add(STORE_UNREADABLE.at(at, path=shown(address), why=why))
    return why is None


def load_state(files: Files, loaded: LoadedSpec, report: Report) -> State | None:
    """Return the artifacts of an earlier run that `render.state` names, or None after a finding.

    The newer sources.json, for `source_status:`, lies beside the manifest.
    """
    render = loaded.spec.render
    if render.state is None:
        return None
    folder = loaded.beside(("render", "state"), render.state)
    at = loaded.places.value(("render", "state"))
    if is_address(folder) and not _within_reach(folder, at, report):
        return None
    newer = shown(loaded.manifest) if is_address(loaded.manifest) else loaded.manifest
    return read_state(files, folder, posixpath.dirname(newer), report, at)


def dbt_of(loaded: LoadedSpec) -> Dbt:
    """Return the dbt that `render.dbt` names, on the project of the spec."""
    dbt = loaded.spec.render.dbt
    profiles_dir = dbt.profiles_dir
    if profiles_dir is not None:
        profiles_dir = loaded.beside(("render", "dbt", "profiles_dir"), profiles_dir)
    return Dbt(
        executable=_program(loaded, dbt.executable),
        project_dir=loaded.project_dir,
        profiles_dir=profiles_dir,
        profile=dbt.profile,
        target=dbt.target,
        variables=dbt.vars,
        env=dbt.env,
    )


def _program(loaded: LoadedSpec, executable: str) -> str:
    """Return a program's path: a bare name is looked up by the system, a path is the spec's."""
    if "/" not in executable:
        return executable
    path = loaded.beside(("render", "dbt", "executable"), executable)
    return path if "/" in path else f"./{path}"


def make_graph(
    project: Project, chosen: Chosen, loaded: LoadedSpec, observe: Observer | None = None
) -> Graph:
    """Return the graph of all that runs, through every pass.

    Raises:
        CompilerBug: a pass broke a promise; the message names what is wrong.
    """
    render = loaded.spec.render
    rendering = Rendering(
        tests=render.tests,
        sources=render.sources,
        seeds=render.seeds,
        ephemeral=render.ephemeral,
        group_by=render.group_by,
    )
    context = Context(project, rendering)
    graph = build_graph(project, chosen, rendering)
    if observe is not None:
        observe("build", graph)
    for name, run, _ in PASSES:
        graph = run(graph, context)
        if observe is not None:
            observe(name, graph)
        if name == "place-tests" and rendering.tests != "none":
            _refuse(name, placement_faults(graph, project, chosen))
    _refuse("emission", faults(graph))
    return graph


def _refuse(where: str, found: Iterator[str]) -> None:
    first = next(found, None)
    if first is not None:
        more = "; ".join(chain((first,), found))
        raise CompilerBug(f"the graph is not sound at {where}: {more}")


def _environments(
    document: SpecDocument, loaded: LoadedSpec, options: Options, report: Report
) -> list[LoadedSpec]:
    """Return the spec for the wanted environment, then for each of the others."""
    names = [name for name in variants(document) if name != options.environment]
    others = (resolve(document, name, report) for name in names)
    return [loaded, *(other for other in others if other is not None)]


def plan_all(
    graph: Graph, sources: Sources, specs: list[LoadedSpec], report: Report
) -> Plan | None:
    """Return the plan for the first of `specs`, when that for every other has the same shape.

    All are made, so that what is wrong with any environment is found where the spec is compiled
    for one of them.
    """
    project = sources.project
    overrides = pick_overrides(project, specs[0], report)
    for index in unmatched(graph, overrides):
        place = specs[0].places.value(("render", "overrides", index, "select"))
        hint = near_overrides(project, overrides[index][0])
        report.add(OVERRIDE_MATCHES_NOTHING.at(place, hint=hint))
    meta = read_meta(project, graph, specs[0].places.value(("render", "manifest")), report)
    wanted = specs[0].spec.execute.test_indirect_selection
    plans = []
    for loaded in specs:
        if loaded.spec.execute.test_indirect_selection != wanted:
            at = loaded.places.value(("execute", "test_indirect_selection"))
            report.add(SHAPE_DIFFERS.at(at, name=loaded.environment))
            continue
        settings = read_settings(loaded.spec.execute.policy, meta, overrides)
        own = sources if loaded is specs[0] else replace(sources, loaded=loaded, lock=None)
        plan = make_plan(graph, own, settings, report)
        if plan is not None:
            check_payloads(plan, loaded, report)
        plans.append(plan)
    made = [plan for plan in plans if plan is not None]
    if len({plan.digests.shape for plan in made}) > 1:
        raise CompilerBug("two environments of one spec give DAGs of different shapes")
    return plans[0] if plans else None
