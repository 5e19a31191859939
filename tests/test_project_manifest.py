from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.project import Project, UniqueId, read_project
from dagwright.project.cycle import find_cycle
from dagwright.project.rules import RULES
from dagwright.span import Span

AT = Span("shop.dagwright.yaml", 10, 20)
SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v{}.json"


def _node(unique_id: str, *parents: str, **more: Any) -> dict[str, Any]:
    kind, package, name = unique_id.split(".", 2)
    return {
        "unique_id": unique_id,
        "resource_type": kind,
        "name": name,
        "package_name": package,
        "fqn": [package, name],
        "original_file_path": f"models/{name}.sql",
        "config": {"enabled": True},
        "depends_on": {"nodes": list(parents), "macros": []},
        **more,
    }


def _manifest(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    metadata = {"dbt_schema_version": SCHEMA.format(12), "dbt_version": "1.11.16"}
    by_id = {node["unique_id"]: node for node in nodes}
    return {
        "metadata": {**metadata, "project_name": "shop"},
        "nodes": by_id,
        "sources": {},
        **more,
    }


def _read(data: dict[str, Any] | bytes) -> tuple[Project | None, Report]:
    report = Report()
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_project(MemoryFiles({"m.json": raw}), "m.json", report, AT), report


def _codes(report: Report) -> list[str]:
    assert all(found.span == AT for found in report.found)
    return [found.rule.code for found in report.found]


def _good(data: dict[str, Any]) -> Project:
    project, report = _read(data)
    assert project is not None, report.found
    return project


def test_resources_and_children_are_sorted_by_id():
    project = _good(
        _manifest(
            _node("model.shop.c", "model.shop.a", "model.shop.b"),
            _node("model.shop.b", "model.shop.a"),
            _node("model.shop.a"),
        )
    )
    assert list(project.resources) == ["model.shop.a", "model.shop.b", "model.shop.c"]
    assert project.children == {
        "model.shop.a": ("model.shop.b", "model.shop.c"),
        "model.shop.b": ("model.shop.c",),
        "model.shop.c": (),
    }
    assert project.resources[UniqueId("model.shop.c")].parents == ("model.shop.a", "model.shop.b")


def test_what_is_disabled_is_left_out_without_a_word():
    test = _node("test.shop.t.1", config={"enabled": False})
    project, report = _read(
        _manifest(
            test,
            _node("model.shop.a", "model.shop.off"),
            disabled={"model.shop.off": [_node("model.shop.off")]},
        )
    )
    assert project is not None
    assert list(project.resources) == ["model.shop.a"]
    assert project.disabled == {"model.shop.off", "test.shop.t.1"}
    assert report.found == []


def test_a_node_without_sql_is_empty_and_a_seed_never_is():
    project = _good(
        _manifest(
            _node("model.shop.blank", raw_code=" \n\t"),
            _node("model.shop.full", raw_code=" select 1"),
            _node("seed.shop.s", raw_code=""),
        )
    )
    assert [one.empty for one in project.resources.values()] == [True, False, False]


def test_tags_of_a_unit_test_are_in_its_config():
    tagged = _node("unit_test.shop.orders.works", config={"enabled": True, "tags": "one"})
    project = _good(_manifest(unit_tests={tagged["unique_id"]: tagged}))
    assert project.resources[UniqueId("unit_test.shop.orders.works")].tags == ("one",)


@pytest.mark.parametrize(
    ("freshness", "checked"),
    [
        (None, False),
        ({"warn_after": {"count": None, "period": None}, "error_after": None}, False),
        ({"warn_after": {"count": None, "period": None}, "error_after": {"count": 0}}, False),
        ({"warn_after": {"count": 1, "period": "day"}}, True),
        ({"error_after": {"count": 0, "period": "hour"}}, True),
    ],
)
def test_freshness_counts_where_a_limit_is_set(freshness, checked):
    source = _node("source.shop.raw.orders", source_name="raw", freshness=freshness)
    project = _good(_manifest(sources={source["unique_id"]: source}))
    (read,) = project.resources.values()
    assert (read.source_name, read.has_freshness) == ("raw", checked)


def test_settings_are_the_whole_config():
    config = {"enabled": True, "meta": {"dagwright": {"pool": "heavy"}, "tier": 1}, "x": [1]}
    project = _good(_manifest(_node("model.shop.a", config=config)))
    (resource,) = project.resources.values()
    assert project.settings(resource) == config
    assert resource.config.meta is not None
    assert resource.config.meta.dagwright == {"pool": "heavy"}


@pytest.mark.parametrize(
    ("version", "release"),
    [("1.8.0", (1, 8, 0)), ("1.12.0rc1", (1, 12, 0)), ("1.9", (1, 9, 0)), ("main", (1, 12, 6))],
)
def test_a_release_is_read_from_the_version(version, release):
    document = _manifest()
    document["metadata"]["dbt_version"] = version
    assert _good(document).metadata.release == release


def test_a_newer_dbt_is_read_with_a_warning():
    document = _manifest(_node("model.shop.a"))
    document["metadata"]["dbt_version"] = "2.0.0-beta.2"
    project, report = _read(document)
    assert project is not None
    assert _codes(report) == ["DW211"]
    assert not report.failed


def test_a_parent_that_is_nowhere_is_dropped_with_a_warning():
    project, report = _read(_manifest(_node("model.shop.a", "model.shop.lost", "model.shop.gone")))
    assert project is not None
    assert project.resources[UniqueId("model.shop.a")].parents == ()
    assert _codes(report) == ["DW210"]
    assert "2 dependencies" in report.found[0].message


def test_a_cycle_is_shown_from_its_smallest_id():
    project, report = _read(
        _manifest(
            _node("model.shop.d", "model.shop.b"),
            _node("model.shop.b", "model.shop.c"),
            _node("model.shop.c", "model.shop.a", "model.shop.e"),
            _node("model.shop.a", "model.shop.d"),
            _node("model.shop.e"),
            _node("model.shop.z", "model.shop.a"),
        )
    )
    assert project is None
    assert _codes(report) == ["DW209"]
    chain = "model.shop.a -> model.shop.d -> model.shop.b -> model.shop.c -> model.shop.a"
    assert chain in report.found[0].message


def test_a_node_that_reads_itself_is_a_cycle():
    _, report = _read(_manifest(_node("model.shop.a", "model.shop.a")))
    assert "model.shop.a -> model.shop.a" in report.found[0].message


def test_naming_a_parent_twice_is_no_cycle():
    project = _good(_manifest(_node("model.shop.a"), _node("model.shop.b", *["model.shop.a"] * 2)))
    assert find_cycle(project) == ()
    assert project.children[UniqueId("model.shop.a")] == ("model.shop.b",)


def _said(**metadata: Any) -> bytes:
    return json.dumps({"metadata": metadata, "nodes": {}, "sources": {}}).encode()


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "DW203", "0 bytes"),
        (b" \n", "DW203", "2 bytes"),
        (b"\x00\x01\x02", "DW204", "byte 0"),
        (b'{"metadata": {"dbt_sch', "DW204", "at byte 22: the file ends in the middle"),
        (b'{"metadata": x}', "DW204", "byte 13"),
        (b'{"metadata": {"a": "\xff"}}', "DW204", "byte 20"),
        (b'{"metadata": ' + b"[" * 100_000, "DW204", "byte 100013"),
        (b"[]", "DW205", "no JSON object"),
        (b"null", "DW205", "no JSON object"),
        (b"{}", "DW205", "dbt_schema_version"),
        (b'{"metadata": 3}', "DW205", "dbt_schema_version"),
        (b'{"version": 3, "sources": ["a.ts"]}', "DW205", "dbt_schema_version"),
        (
            _said(dbt_schema_version="https://schemas.getdbt.com/dbt/run-results/v6.json"),
            "DW205",
            "run-results.json",
        ),
        (_said(dbt_schema_version=SCHEMA.format(11), dbt_version="1.7.1"), "DW206", "dbt 1.7"),
        (_said(dbt_schema_version=SCHEMA.format(3)), "DW206", "v3"),
        (_said(dbt_schema_version=SCHEMA.format(13), dbt_version="3.0.0"), "DW207", "v13"),
        (_said(dbt_schema_version=SCHEMA.format(12)), "DW208", "dbt_version"),
    ],
)
def test_what_is_no_manifest_gets_one_clear_finding(data, code, words):
    project, report = _read(data)
    assert project is None
    assert _codes(report) == [code]
    assert words in report.found[0].message
    assert "m.json" in report.found[0].message


def test_a_value_of_another_type_is_shown_by_its_place():
    document = _manifest(_node("model.shop.a", fqn="shop.a"))
    _, report = _read(document)
    assert _codes(report) == ["DW208"]
    assert "$.nodes[...].fqn" in report.found[0].message


def test_a_missing_file_and_a_folder(tmp_path):
    for path, code in ((tmp_path / "no.json", "DW201"), (tmp_path, "DW202")):
        report = Report()
        assert read_project(DiskFiles(), str(path), report, AT) is None
        assert _codes(report) == [code]


def test_the_collector_is_as_it_was_even_after_a_failure():
    assert gc.isenabled()
    _read(b"{")
    assert gc.isenabled()
    gc.disable()
    try:
        _read(_manifest())
        assert not gc.isenabled()
    finally:
        gc.enable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.binary(max_size=60))
def test_no_bytes_raise(data):
    project, report = _read(data)
    assert project is None
    assert len(report.found) == 1


@given(st.sampled_from(sorted(_node("model.shop.a"))), JSON)
def test_no_value_in_a_node_raises(key, value):
    document = _manifest(_node("model.shop.a"))
    document["nodes"]["model.shop.a"][key] = value
    project, report = _read(document)
    assert (project is None) == report.failed


@given(st.integers(min_value=0, max_value=700))
def test_no_cut_raises(size):
    whole = json.dumps(
        _manifest(_node("model.shop.a"), _node("model.shop.b", "model.shop.a"))
    ).encode()
    project, report = _read(whole[:size])
    assert (project is None) == report.failed == (size < len(whole))


def test_each_rule_has_a_page_with_a_bad_and_a_good_example():
    for rule in RULES:
        bad, good = rule.explain.split("## Example")[1].split("## Use instead")
        assert "```" in bad
        assert "```" in good
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
