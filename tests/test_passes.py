"""Every pass against its literate cases, and what each promises on random graphs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagwright.ir.build import Chosen, Rendering, build_graph
from dagwright.ir.check import faults, placement_faults
from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.ir.show import read, show
from dagwright.passes import PASSES, Context
from dagwright.passes.name_tasks import LONGEST, escaped, name_of, shortened
from dagwright.project.model import Config, Metadata, Project, Resource, UniqueId
from literate import CASES, cases

RUN = {name: run for name, run, _ in PASSES}
METADATA = Metadata("1.11.0", "v12", "shop")


def project_of(resources: list[Resource]) -> Project:
    by_id = {
        resource.unique_id: resource for resource in sorted(resources, key=lambda r: r.unique_id)
    }
    children: dict[UniqueId, list[UniqueId]] = {}
    for resource in by_id.values():
        for parent in resource.parents:
            children.setdefault(parent, []).append(resource.unique_id)
    return Project(METADATA, by_id, {node: tuple(below) for node, below in children.items()})


def node(line: str) -> Resource:
    """Read `UNIQUE_ID [FILE] [#tag]... [*LENGTH of its fqn] <- PARENT...` as a resource."""
    words, _, ups = line.partition("<-")
    name, *rest = words.split()
    kind, package, *_ = name.split(".")
    length = next((int(word[1:]) for word in rest if word.startswith("*")), len(name))
    return Resource(
        unique_id=UniqueId(name),
        resource_type=kind,
        name=name.rpartition(".")[2],
        package_name=package,
        fqn=(package, name.ljust(length, "_")),
        original_file_path=next((word for word in rest if "/" in word), "models/x.sql"),
        parents=tuple(map(UniqueId, ups.replace("<-", " ").split())),
        tags=tuple(word[1:] for word in rest if word.startswith("#")),
    )


@pytest.mark.parametrize("case", list(cases("passes")), ids=str)
def test_case(case, update) -> None:
    blocks = case.blocks
    project = project_of([node(line) for line in blocks.get("project", "").splitlines()])
    context = Context(project, Rendering(**case.options["before"]))
    before = read(blocks["before"])
    after = RUN[case.path.stem](before, context)
    assert list(faults(after)) == []
    case.expect("after", show(after), update=update)


def test_every_pass_has_its_cases() -> None:
    assert {path.stem for path in (CASES / "passes").glob("*.md")} == set(RUN)


# Random projects: a layered DAG of models, some of them hidden, and tests of one to three parents.


@st.composite
def projects(draw: st.DrawFn) -> tuple[Project, Chosen]:
    size = draw(st.integers(1, 12))
    resources = []
    models: list[UniqueId] = []
    for at in range(size):
        kind = draw(
            st.sampled_from(["model", "model", "model", "snapshot", "source", "ephemeral"])
        )
        above = (
            []
            if kind == "source"
            else draw(st.lists(st.sampled_from(models), max_size=3, unique=True))
            if models
            else []
        )
        name = UniqueId(f"{'model' if kind == 'ephemeral' else kind}.shop.n{at}")
        resources.append(
            Resource(
                unique_id=name,
                resource_type=name.partition(".")[0],
                name=f"n{at}",
                package_name="shop",
                fqn=("shop", f"n{at}"),
                original_file_path=f"models/{'ab'[at % 2]}/n{at}.sql",
                parents=tuple(sorted(above)),
                config=Config(materialized=kind),
            )
        )
        models.append(name)
    for at in range(draw(st.integers(0, 8))):
        testable = [name for name in models if name.startswith("model.")]
        unit = bool(testable) and draw(st.integers(0, 4)) == 0
        picked = st.sampled_from(testable if unit else models)
        above = draw(st.lists(picked, min_size=int(unit), max_size=1 if unit else 3, unique=True))
        kind = "unit_test" if unit else "test"
        resources.append(
            Resource(
                unique_id=UniqueId(f"{kind}.shop.t{at}"),
                resource_type=kind,
                name=f"t{at}",
                package_name="shop",
                fqn=("shop", f"t{at}"),
                original_file_path="models/schema.yml",
                parents=tuple(sorted(above)),
            )
        )
    project = project_of(resources)
    picked = draw(st.sets(st.sampled_from(sorted(project.resources))))
    sources = frozenset(u for u in picked if u.startswith("source."))
    return project, Chosen(frozenset(picked) - sources, sources)


def reference_order(project: Project, chosen: Chosen) -> nx.DiGraph:
    """dbt's own order, read off its source: test edges by brute force, unit tests before."""
    order = nx.DiGraph()
    tests = [r for r in project.resources.values() if r.is_test]
    for resource in project.resources.values():
        order.add_node(resource.unique_id)
        if resource.resource_type == "unit_test":
            (model,) = resource.parents
            order.add_edge(resource.unique_id, model)
            order.add_edges_from(
                (up, resource.unique_id) for up in project.resources[model].parents
            )
        else:
            order.add_edges_from((up, resource.unique_id) for up in resource.parents)
    plain = nx.DiGraph()
    plain.add_nodes_from(project.resources)
    plain.add_edges_from((up, r.unique_id) for r in project.resources.values() for up in r.parents)
    for resource in project.resources.values():
        if resource.resource_type not in ("model", "snapshot"):
            continue
        upstream = nx.ancestors(plain, resource.unique_id)
        for test in tests:
            if test.unique_id in chosen and test.parents and upstream.issuperset(test.parents):
                order.add_edge(test.unique_id, resource.unique_id)
                for unit in project.resources.values():
                    if unit.resource_type == "unit_test" and unit.parents == (resource.unique_id,):
                        order.add_edge(test.unique_id, unit.unique_id)
    return nx.transitive_closure_dag(order)


def through_passes(project: Project, chosen: Chosen, rendering: Rendering) -> Mapping[str, Graph]:
    graph = build_graph(project, chosen, rendering)
    made = {"build": graph}
    for name, run, _ in PASSES:
        graph = made[name] = run(graph, Context(project, rendering))
        assert list(faults(graph)) == []
        assert read(show(graph)) == graph
    return made


def closure(graph: Graph) -> nx.DiGraph:
    order = nx.DiGraph()
    order.add_nodes_from(graph.tasks)
    order.add_edges_from((up, task.id) for task in graph.tasks.values() for up in task.after)
    return nx.transitive_closure_dag(order)


@settings(max_examples=300, deadline=None)
@given(projects())
def test_the_order_before_tests_share_tasks_is_dbts(drawn: tuple[Project, Chosen]) -> None:
    project, chosen = drawn
    ours = closure(through_passes(project, chosen, Rendering())["contract"])
    dbts = reference_order(project, chosen)
    assert set(ours.edges) == {(a, b) for a, b in dbts.edges if a in ours and b in ours}


@settings(max_examples=300, deadline=None)
@given(projects(), st.sampled_from(["after_each", "build", "after_all", "none"]))
def test_every_chosen_node_runs_once_and_no_sooner_than_dbt_would(
    drawn: tuple[Project, Chosen], tests: str
) -> None:
    project, chosen = drawn
    made = through_passes(project, chosen, Rendering(tests=tests))
    assert list(placement_faults(made["place-tests"], project, chosen)) == [] or tests == "none"
    final = made["name-tasks"]
    ran = sorted(node for task in final.tasks.values() for node in task.nodes)
    assert ran == sorted(expected_nodes(project, chosen, tests))
    if tests == "after_each":
        assert node_order(final) == dbts_order_of(final, project, chosen)
    if tests == "build":
        task_of = {node: task.id for task in final.tasks.values() for node in task.nodes}
        ours = closure(final)
        for up, reader in reference_order(project, chosen).edges:
            if up in task_of and reader in task_of and task_of[up] != task_of[reader]:
                assert ours.has_edge(task_of[up], task_of[reader])


def node_order(graph: Graph) -> set[tuple[str, str]]:
    """Return who waits for whom, node by node."""
    return {
        (one, other)
        for up, down in closure(graph).edges
        for one in graph.tasks[up].nodes
        for other in graph.tasks[down].nodes
    }


def dbts_order_of(graph: Graph, project: Project, chosen: Chosen) -> set[tuple[str, str]]:
    """Return dbt's order among the nodes that run in `graph`."""
    ran = {node for task in graph.tasks.values() for node in task.nodes}
    return {(a, b) for a, b in reference_order(project, chosen).edges if {a, b} <= ran}


def expected_nodes(project: Project, chosen: Chosen, tests: str) -> set[UniqueId]:
    wanted = set()
    for name in chosen.nodes:
        resource = project.resources[name]
        if resource.is_test:
            keep = tests != "none"
        elif resource.resource_type == "unit_test":
            keep = tests != "none" and resource.parents[0] in chosen.nodes
        else:
            keep = resource.config.materialized != "ephemeral"
        if keep:
            wanted.add(name)
    return wanted


@settings(max_examples=200, deadline=None)
@given(projects())
def test_thinned_edges_are_the_transitive_reduction(drawn: tuple[Project, Chosen]) -> None:
    made = through_passes(*drawn, Rendering())
    thick, thin = closure(made["group-tasks"]), made["thin-edges"]
    edges = {(up, task.id) for task in thin.tasks.values() for up in task.after}
    assert edges == set(nx.transitive_reduction(thick).edges)


@pytest.mark.slow
def test_three_thousand_dense_models_have_the_fewest_edges() -> None:
    """A rule that gates every reader would make millions of edges here before any is thinned."""
    count, lines = 3_000, []
    for at in range(count):
        above = [f"model.shop.m{up:04}" for up in range(max(0, at - 10), at)]
        lines.append(" <- ".join([f"model.shop.m{at:04}", *above]))
        lines.append(f"test.shop.own{at:04} <- model.shop.m{at:04}")
        other = f"model.shop.m{max(0, at - 7):04}"
        lines.append(f"test.shop.wide{at:04} <- model.shop.m{at:04} <- {other}")
    project = project_of([node(line) for line in lines])
    made = through_passes(project, Chosen(frozenset(project.resources)), Rendering())
    assert sum(len(task.after) for task in made["gate-readers"].tasks.values()) < 20 * count
    final = made["name-tasks"]
    wide = [f"shop.wide{at:04}.data_test" for at in range(1, count)]
    assert set(wide) < set(final.tasks)
    edges = {(up, task.id) for task in final.tasks.values() for up in task.after}
    tests = {(f"shop.m{at:04}.run", f"shop.m{at:04}.test") for at in range(count)}
    tests |= {(f"shop.m{at:04}.run", wide[at - 1]) for at in range(1, count)}
    gates = {(test, f"shop.m{at + 1:04}.run") for at in range(count - 1) for test in own(at)}
    assert edges == tests | gates


def own(at: int) -> list[str]:
    """Return the test tasks that stand right behind the model number `at`."""
    return [f"shop.m{at:04}.test", *([f"shop.wide{at:04}.data_test"] if at else [])]


@settings(max_examples=150, deadline=None)
@given(projects())
def test_a_pass_that_ran_has_nothing_left_to_do(drawn: tuple[Project, Chosen]) -> None:
    project, chosen = drawn
    made = through_passes(project, chosen, Rendering())
    for name in ("gate-readers", "contract", "place-tests", "group-tasks", "thin-edges"):
        assert (
            closure(RUN[name](made[name], Context(project, Rendering()))).edges
            == closure(made[name]).edges
        )


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_different_texts_stay_different(texts: list[str]) -> None:
    one, other = map(escaped, texts)
    assert one != other
    assert one.isascii()
    assert (
        shortened(one * LONGEST) != shortened(other * LONGEST) or one * LONGEST == other * LONGEST
    )


ALPHABETS = (
    "abz_019",
    "aB.-_ #/:@",
    "é\u00e8ñ漢字🚲\u0301",
    "-0123456789abcdef",
    ".v12",
    "\t\n\x00%~!'\"",
)
WORDS = ("run", "test", "test.2", "data_test", "source_test", "unit_test", "build", "v2", "#test")


def random_rest(random: Random) -> str:
    """Return what may stand behind the type in a unique id: packages, dots, versions, anything."""
    parts = [
        random.choice(WORDS)
        if random.random() < 0.2
        else "".join(random.choices(random.choice(ALPHABETS), k=random.choice((1, 3, 9, 300))))
        for _ in range(random.randint(2, 4))
    ]
    return ".".join(parts)


def tasks_about(rest: str, random: Random) -> Iterator[Task]:
    """Yield a task of every role that ids ending in `rest` can have at once, parts included."""
    for kind in (random.choice(("model", "seed", "snapshot")), "source"):
        home = UniqueId(f"{kind}.{rest}")
        verbs = {"model": Verb.RUN, "seed": Verb.SEED, "snapshot": Verb.SNAPSHOT}
        yield Task(TaskId(home), verbs.get(kind, Verb.FRESHNESS), (home,))
        test = UniqueId(f"test.{rest}.of_{kind}")
        for part in ("", "#2", "#13"):
            yield Task(TaskId(f"{home}#test{part}"), Verb.TEST, (test,), home=home)
            if kind != "source":
                yield Task(TaskId(f"{home}#unit_test{part}"), Verb.UNIT_TEST, (test,), home=home)
        if kind != "source":
            yield Task(TaskId(home), Verb.BUILD, (home,))
    for kind, verb in (("test", Verb.TEST), ("function", Verb.FUNCTION)):
        yield Task(TaskId(f"{kind}.{rest}"), verb, (UniqueId(f"{kind}.{rest}"),))


@pytest.mark.slow
def test_a_hundred_thousand_random_ids_have_names_of_their_own() -> None:
    random = Random(20_260_101)  # noqa: S311 - a test, no secret
    rests = set()
    while len(rests) < 100_000:
        rest = random_rest(random)
        rests.update((rest, f"{rest}x", f"{rest}.v2"))  # The longest differ at their end alone.
    names: dict[str, str] = {}
    legal = re.compile(r"[A-Za-z0-9_.-]{1,200}")
    for number, rest in enumerate(sorted(rests)):
        tasks = list(tasks_about(rest, random))
        for task in tasks if number % 10 == 0 else random.sample(tasks, 2):
            about = f"{task.id} {task.verb}"
            name = name_of(task)
            assert names.setdefault(name, about) == about
            assert legal.fullmatch(name)
    assert len(names) > 200_000
    everything = (Task(TaskId(f"#tests{part}"), Verb.TEST, ()) for part in ("", "#2"))
    assert [name_of(task) for task in everything] == ["all.tests", "all.tests.2"]
    assert names.keys().isdisjoint(("all.tests", "all.tests.2"))


def test_names_fit_airflow() -> None:
    graph = read('run "model.shop.ünïcode name-x"\nrun model.shop.' + "x" * 400)
    names = [name_of(task) for task in graph.tasks.values()]
    assert "shop.-fc-n-ef-code-20-name-2d-x.run" in names
    assert all(len(name) <= LONGEST for name in names)


def test_a_test_task_is_named_by_its_node_alone() -> None:
    one = read("test model.shop.a#test of model.shop.a = test.shop.x")
    two = read("test model.shop.a#test of model.shop.a = test.shop.x test.shop.y")
    assert [name_of(task) for task in one.tasks.values()] == ["shop.a.test"]
    assert [name_of(task) for task in two.tasks.values()] == ["shop.a.test"]


@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_reads_back(verb: Verb) -> None:
    assert read(f"~{verb.value} x").tasks[TaskId("x")].verb is verb
