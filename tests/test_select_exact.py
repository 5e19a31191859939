"""Exact selectors: the proof by look-up agrees with the whole engine, on random projects."""

from __future__ import annotations

from fnmatch import fnmatchcase
from random import Random

import pytest
from msgspec.structs import replace

from dagwright.diagnostics import Report
from dagwright.project import Project, UniqueId
from dagwright.select import (
    Ambiguity,
    Complaints,
    ExactSelection,
    ExactSelectors,
    Request,
    select_nodes,
)
from dagwright.select.commands import kept_by
from dagwright.select.fqn import FqnIndex, is_versioned, matches
from dagwright.select.proof import escaped, pinned
from dagwright.span import Span
from random_projects import COMMANDS, WORDS, random_project
from select_cases import project as committed_project


def _selected(project: Project, exact: ExactSelection, command: str) -> frozenset[UniqueId]:
    complaints = Complaints(Report(), lambda place: Span(place.source, place.start, place.end))
    request = Request(exact.arguments, indirect_selection=exact.indirect, command=command)
    found = select_nodes(project, request, complaints)
    assert found is not None, complaints.report.found
    return found


def _kept(project: Project, command: str) -> list[UniqueId]:
    kept = kept_by(command, project.metadata.release)
    return [one for one, resource in project.resources.items() if kept.keeps(resource)]


@pytest.mark.parametrize("release", ["1.12.6", "1.11.2", "1.8.3"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_proved_selector_selects_its_nodes_and_no_others(command, release):
    asked = proved = 0
    for seed in range(40):
        project = random_project(seed, release)
        exact = ExactSelectors(project)
        random = Random(seed)  # noqa: S311
        nodes = _kept(project, command)
        for one in nodes:
            wanted = {one, *random.sample(nodes, min(len(nodes), random.choice((0, 0, 1, 3))))}
            found = exact.for_nodes(wanted, command)
            asked += 1
            if not found.ambiguous:
                proved += 1
                assert _selected(project, found, command) == wanted, (seed, wanted, found)
            for ambiguity in found.ambiguous:
                assert ambiguity.node in wanted
                assert not wanted.intersection(ambiguity.others)
    assert proved > asked * 0.6


def test_a_plain_name_is_enough_for_most():
    project = committed_project()
    found = ExactSelectors(project).for_nodes({UniqueId("model.tangle.orders")}, "run")
    assert found == ExactSelection(("fqn:tangle.marts.orders,file:orders.sql",), "empty")


def test_one_argument_serves_nodes_that_share_it():
    project = committed_project()
    ids = {one for one in project.resources if one.startswith("test.tangle.key_is_good.")}
    tests = {one for one in ids if "stg_payments" in str(project.resources[one].parents)}
    found = ExactSelectors(project).for_nodes(ids, "test")
    assert found.arguments == ("fqn:tangle.staging.key_is_good,file:staging.yml",)
    assert len(tests) == 2


@pytest.mark.parametrize(
    ("unique_id", "more"),
    [
        (
            "model.tangle.spaced, na*e+2",
            "fqn:tangle.marts.crm.spaced??na[*]e?2,file:spaced??na[*]e+2.sql",
        ),
        (
            "unit_test.tangle.dim_users.users_start_at_one_v2",
            (
                "fqn:tangle.marts.dim_users.users_start_at_on[e],file:marts.yml,package:tangle,"
                "resource_type:unit_test,fqn:tangle.marts.dim_users.v[2]+1"
            ),
        ),
    ],
)
def test_more_is_said_where_a_name_is_not_enough(unique_id, more):
    project = committed_project()
    command = "run" if unique_id.startswith("model.") else "test"
    found = ExactSelectors(project).for_nodes({UniqueId(unique_id)}, command)
    assert (found.arguments, found.ambiguous) == ((more,), ())
    assert found.indirect == "empty"


def test_in_1_8_tests_come_along_where_a_parent_tells_them_apart():
    one = UniqueId("unit_test.tangle.dim_users.users_start_at_one_v2")
    found = ExactSelectors(committed_project("1.8.3")).for_nodes({one}, "test")
    assert found.indirect == "eager"
    assert found.arguments[0].endswith(",fqn:tangle.marts.dim_users.v[2]")
    (ambiguity,) = ExactSelectors(committed_project("1.8.3")).for_nodes({one}, "build").ambiguous
    assert ambiguity.others == ("unit_test.tangle.dim_users.users_start_at_one_v1",)


def test_versioned_unit_tests_are_told_apart_beside_their_model():
    project = committed_project()
    same = "unit_test.tangle.dim_users.users_start_at_one_v"
    wanted = {UniqueId(f"{same}1"), UniqueId("model.tangle.dim_users.v1")}
    found = ExactSelectors(project).for_nodes(wanted, "build")
    assert not found.ambiguous
    assert _selected(project, found, "build") == wanted


def test_what_cannot_be_told_apart_is_said():
    project = committed_project()
    one = UniqueId("test.tangle.unique_dim_users_v2_id.4d5c05bd52")
    twin = UniqueId(f"{one}0")
    resources = {**project.resources, twin: replace(project.resources[one], unique_id=twin)}
    doubled = Project(project.metadata, resources, {**project.children, twin: ()})
    exact = ExactSelectors(doubled)
    assert exact.for_nodes({one}, "test").ambiguous == (Ambiguity(one, (twin,)),)
    assert len(exact.for_nodes({one, twin}, "test").arguments) == 1


@pytest.mark.parametrize("bare_leaf", [True, False])
def test_the_index_of_names_agrees_with_dbts_rule(bare_leaf):
    for seed in range(30):
        resources = [
            one for one in random_project(seed).resources.values() if one.resource_type != "source"
        ]
        index = FqnIndex(resources, bare_leaf=bare_leaf)
        for wanted in _wanted(Random(seed), [resource.fqn for resource in resources]):  # noqa: S311
            expected = {
                one.unique_id
                for one in resources
                if matches(one.fqn, wanted, versioned=is_versioned(one), bare_leaf=bare_leaf)
            }
            assert index.search(wanted) == expected, (seed, wanted)


def _wanted(random: Random, fqns: list[tuple[str, ...]]) -> list[str]:
    words = ["", ".", "*", "*.*", "shop", "shop.*", "v1", "orders_v1", "no.such.thing", "[", "]x"]
    for fqn in fqns:
        start, end = sorted(random.choices(range(len(fqn) + 1), k=2))
        piece = ".".join(fqn[start:end])
        place = random.randrange(len(piece) + 1)
        words += [".".join(fqn), piece, f"{piece}.", piece[:place] + "*", "*" + piece[place:]]
        words += [
            escaped(".".join(fqn)),
            pinned(".".join(fqn)),
            piece[:place] + "?" + piece[place + 1 :],
        ]
        words += [f"{'_'.join(fqn[-2:])}", f"x.{'.'.join(fqn[-2:])}"]
    return words


def test_escaping_leaves_nothing_that_means_something_else():
    for word in WORDS:
        assert not set(escaped(word)) & set(" ,\n")
        assert fnmatchcase(word, escaped(word))
        for other in WORDS:
            if len(other) != len(word):
                assert not fnmatchcase(other, escaped(word))
