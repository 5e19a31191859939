from __future__ import annotations

import gc
import sys
import weakref
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.project import Project
from dagwright.select import (
    Complaints,
    Place,
    Request,
    State,
    near_misses,
    read_state,
    select_nodes,
)
from dagwright.select.commands import COMMANDS
from dagwright.select.index import index_of
from dagwright.select.methods import BY_PROJECT
from dagwright.select.paths import Tree, fault_of
from dagwright.select.rules import RULES
from dagwright.select.spec import INDIRECT
from dagwright.select.state import BY_STATE
from dagwright.select.syntax import METHODS
from dagwright.span import Span
from random_projects import random_project
from select_cases import MANIFEST, project


def _span(place: Place) -> Span:
    return Span(f"{place.source} {place.index}", place.start, place.end)


def _select(request: Request, on: Project | None = None) -> tuple[Any, Complaints]:
    complaints = Complaints(Report(), _span)
    return select_nodes(on or project(), request, complaints), complaints


def _with_selectors(**selectors: dict[str, Any]) -> Project:
    read = project()
    return Project(
        read.metadata, read.resources, read.children, read.disabled, selectors, read.configs
    )


def test_every_method_is_in_one_table():
    tables = [*BY_PROJECT, *BY_STATE, "selector"]
    assert sorted(tables) == list(METHODS)


def test_each_rule_has_a_page_with_a_bad_and_a_good_example():
    for rule in RULES:
        bad, good = rule.explain.split("## Example")[1].split("## Use instead")
        assert "```" in bad
        assert "```" in good
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


def test_terms_that_match_nothing_are_told_with_their_places():
    request = Request(("orders nope", "tag:nightly, sku"), exclude=("gone",))
    found, complaints = _select(request)
    assert found
    assert [(term.text, _span(term.place)) for term in complaints.unmatched] == [
        ("nope", Span("select 0", 7, 11)),
        ("tag:nightly,", Span("select 1", 0, 12)),
        ("gone", Span("exclude 0", 0, 4)),
    ]
    assert not complaints.report.found


def test_nothing_said_is_no_term():
    _, complaints = _select(Request(command="snapshot"))
    assert complaints.unmatched == []


@pytest.mark.parametrize(
    ("term", "near"),
    [
        ("stg_oders", "stg_orders"),
        ("nightly", "tag:nightly"),
        ("tag:nigthly", "tag:nightly"),
        ("source:shp", "source:shop"),
        ("path:models/stagin", "path:models/staging"),
        ("tag:nigthly,orders", "tag:nightly"),
        ("dashboard_", "dashboard"),
        ("exposure:dashbord", "exposure:dashboard"),
        ("group:finanse", "group:finance"),
    ],
)
def test_a_near_miss_is_named_as_a_selector_that_matches(term, near):
    named = near_misses(project(), term)
    assert near in named
    for selector in named:
        assert _select(Request((selector,), command="ls"))[0], selector


def test_there_is_no_near_miss_for_nonsense_or_for_what_is_refused():
    assert near_misses(project(), "zzzzzzzzzz") == ()
    assert near_misses(project(), "nightly:x,@a+") == ()


def test_the_manifests_copy_serves_where_no_file_is_given():
    found, _ = _select(Request(selector="nightly", command="run"))
    by_tag, _ = _select(Request(("tag:nightly",), command="run"))
    assert found == by_tag


def test_the_default_selector_is_taken_from_the_copy():
    on = _with_selectors(
        d={"name": "d", "definition": {"method": "fqn", "value": "sku.sku"}, "default": True}
    )
    found, _ = _select(Request(command="run"), on)
    assert found == {"model.tangle.sku"}
    everything, _ = _select(Request(command="run", exclude=("sku",)), on)
    assert len(everything) > 10


def test_a_copy_that_dbt_spoilt_hurts_only_who_asks_for_it():
    """dbt drops what stands beside an exclude that comes first, so that its copy has no method."""
    on = _with_selectors(
        good={"name": "good", "definition": {"method": "fqn", "value": "sku.sku"}},
        bad={"name": "bad", "definition": {"exclude": ["sku"]}},
    )
    assert _select(Request(selector="good", command="run"), on)[0] == {"model.tangle.sku"}
    found, complaints = _select(Request(selector="bad", command="run"), on)
    assert found is None
    assert [one.rule.code for one in complaints.report.found] == ["DW301"]


def test_an_empty_value_is_absent_from_the_copy():
    on = _with_selectors(e={"name": "e", "definition": {"method": "tag"}})
    found, complaints = _select(Request(selector="e"), on)
    assert found == frozenset(), complaints.report.found


def test_one_index_serves_a_project_and_dies_with_it():
    made = random_project(1)
    index = weakref.ref(index_of(made))
    assert index_of(made) is index()
    del made
    gc.collect()
    assert index() is None


@given(st.text(alphabet="ab.,+@:*?[]/ 12\n", max_size=12), st.sampled_from(INDIRECT))
def test_any_text_is_answered_or_refused_at_a_place_inside_it(text, mode):
    found, complaints = _select(Request((text,), indirect_selection=mode, command="ls"))
    assert (found is None) == complaints.report.failed
    for diagnostic in complaints.report.found:
        assert diagnostic.span.file == "select 0"
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)


KEYS = ("union", "intersection", "exclude", "method", "value", "tag", "fqn", "selector")
KEYS += ("parents", "parents_depth", "children", "indirect_selection", "config.meta.tier")

YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["sku", "tag:a", "+x", "@a+", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(YAML, st.sampled_from(["1.11.16", "1.12.6"]))
def test_any_definition_is_answered_or_refused(definition, release):
    request = Request(selector="s", selectors={"s": {"name": "s", "definition": definition}})
    found, complaints = _select(request, project(release))
    assert (found is None) == complaints.report.failed


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_leaves_only_its_types(command):
    found, _ = _select(Request(command=command))
    kept = {project().resources[one].resource_type for one in found}
    assert kept <= COMMANDS[command].types
    assert kept


def test_state_is_read_from_a_folder_that_may_lack_some(tmp_path):
    files = MemoryFiles({"before/manifest.json": MANIFEST.read_bytes()})
    report = Report()
    state = read_state(files, "before", None, report, Span("spec", 0, 1))
    assert isinstance(state, State)
    assert report.found == []
    assert _select(Request(("state:modified",), state=state))[0] == set()
    found, complaints = _select(Request(("result:error",), state=state))
    assert found is None
    assert "run_results.json" in complaints.report.found[0].message


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"results": 3}', b"\xff"])
def test_a_broken_artifact_is_one_finding(data):
    report = Report()
    files = MemoryFiles({"before/run_results.json": data})
    assert read_state(files, "before", None, report, Span("spec", 0, 1)) is None
    assert [one.rule.code for one in report.found] == ["DW309"]


def _pattern(random: Random, paths: list[str]) -> str:
    parts = random.choice(paths).split("/")
    for place, part in enumerate(parts):
        cut = random.randrange(len(part) + 1)
        parts[place] = random.choice(
            (part, part, "*", "**", part[:cut] + "*", "?" + part[1:], f"[{part[0]}]{part[1:]}")
        )
    return "/".join(parts[: random.randint(1, len(parts))])


def test_a_path_matches_what_a_glob_on_the_disk_does(tmp_path: Path):
    files = [
        "models/a.sql",
        "models/staging/a.sql",
        "models/staging/deep/b.sql",
        "models/staging/schema.yml",
        "models/marts/.hidden.sql",
        "seeds/s.csv",
        "tests/t.sql",
    ]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    tree = Tree(files)
    random = Random(7)  # noqa: S311
    for _ in range(600):
        pattern = _pattern(random, files)
        if fault_of(pattern) is not None:
            continue
        # Since Python 3.13 a final `**` names files too; the folders above them select the same.
        on_disk = {
            path.relative_to(tmp_path).as_posix()
            for path in tmp_path.glob(pattern)
            if path.is_dir() or not (pattern.endswith("**") and sys.version_info >= (3, 13))
        }
        assert tree.glob(pattern) == on_disk, pattern
