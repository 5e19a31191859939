"""Path mapping: the longest row wins, however both sides are written, and nothing leaks."""

from __future__ import annotations

import posixpath

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dagwright.cli import program
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.plan.paths import Row, execute_path
from manifests import manifest

SPEC = "dags/shop.dagwright.yaml"
NAMES = st.sampled_from(["a", "b", "c.d", "e f"])
FOLDERS = st.lists(NAMES, min_size=1, max_size=4)


def whole(project: str, execute: str) -> str:
    render = f"render: {{project_dir: '{project}'}}"
    return f"version: 1\ndag: {{id: shop}}\n{render}\nexecute: {execute}\n"


def compiled(project: str, execute: str, at: str = "dbt/shop", **links: str):
    text = whole(project, execute)
    contents = {SPEC: text.encode(), f"{at}/target/manifest.json": manifest("model.shop.orders\n")}
    report = Report()
    return compile_spec(MemoryFiles(contents, links=links), SPEC, Options(), report), report


def project_dir(project: str, execute: str, at: str = "dbt/shop", **links: str) -> str:
    made, report = compiled(project, execute, at, **links)
    assert made is not None, report.sorted()
    return made.plan.command.paths["--project-dir"]


def codes(execute: str) -> list[tuple[str, str]]:
    made, report = compiled("../dbt/shop", execute)
    assert made is None
    return [(found.rule.code, found.help) for found in report.sorted()]


@given(FOLDERS, FOLDERS, st.integers(0, 3))
def test_what_lies_below_a_row_lies_below_its_other_side(head, tail, ups: int) -> None:
    row = Row("/".join(head), "/srv/x")
    noisy = "/".join([*head, *["y/.."] * ups, ".", *tail]) + "/" * ups
    found = execute_path(noisy, [row])
    assert found is not None
    assert found.path == posixpath.join("/srv/x", *tail)


@given(FOLDERS, st.permutations([0, 1, 2]))
def test_the_longest_row_wins_in_any_order(tail, order) -> None:
    rows = [Row("r", "/1"), Row("r/a", "/2"), Row("r/a/b", "/3")]
    shuffled = [rows[number] for number in order]
    found = execute_path("/".join(["r/a/b", *tail]), shuffled)
    assert found is not None
    assert shuffled[found.row].execute == "/3"
    assert execute_path("r/ab", rows) == ("/1/ab", 0)
    assert execute_path("rr/a", rows) is None


@pytest.mark.parametrize(
    ("project", "row"),
    [
        ("../dbt/shop", "../dbt"),
        ("../dbt/shop/", "../dbt/"),
        ("./../dags/../dbt//shop", "../dbt/."),
        ("..\\dbt\\shop", "../dbt"),
        ("../dbt/shop", "..\\dbt"),
    ],
)
def test_paths_are_compared_by_where_they_lead(project: str, row: str) -> None:
    execute = f"{{mode: local, paths: [{{render: '{row}', execute: /dbt/}}]}}"
    assert project_dir(project, execute) == "/dbt/shop"


def test_a_windows_path_has_a_drive_and_no_case() -> None:
    execute = "{mode: local, paths: [{render: 'c:\\Work', execute: /dbt}]}"
    assert project_dir("C:\\work\\Shop", execute, at="C:/work/Shop") == "/dbt/Shop"


def test_links_are_followed_where_nothing_else_fits() -> None:
    row = "{mode: local, paths: [{render: /data/dbt, execute: /dbt}]}"
    assert project_dir("../dbt/shop", row, dbt="/data/dbt") == "/dbt/shop"
    # What fits as it is written needs no look at the disk.
    row = "{mode: local, paths: [{render: ../dbt, execute: /one}, {render: /data, execute: /two}]}"
    assert project_dir("../dbt/shop", row, dbt="/data/dbt") == "/one/shop"


def test_links_of_the_real_disk_are_followed(tmp_path) -> None:
    (tmp_path / "data/dbt").mkdir(parents=True)
    (tmp_path / "dbt").symlink_to(tmp_path / "data/dbt")
    found = DiskFiles().real(f"{tmp_path}/dbt/shop")
    assert found == f"{tmp_path.resolve().as_posix()}/data/dbt/shop"


def test_an_unmapped_path_names_the_rows_that_came_close() -> None:
    rows = "paths: [{render: ../dbt/shopp, execute: /dbt}]"
    ((code, hint),) = codes(f"{{mode: local, {rows}}}")
    assert code == "DW501"
    assert "it starts with none of '../dbt/shopp' (did you mean `../dbt/shopp`?)" in hint


@pytest.mark.parametrize(
    ("path", "local", "docker"),
    [
        ("/dbt/shop", [], []),
        ("../dbt/shop", [], ["DW513"]),
        ("~/shop", ["DW513"], ["DW513"]),
        ("C:\\shop", ["DW513"], ["DW513"]),
        ("..\\shop", ["DW513"], ["DW513"]),
        ("{{ var.value.shop }}", [], []),
    ],
)
@pytest.mark.parametrize(
    "key", ["project_dir: '{}'", "project_dir: /x, profile: {{profiles_dir: '{}'}}"]
)
def test_a_path_that_means_nothing_at_run_time_is_refused(key, path, local, docker) -> None:
    for mode, wanted in (("mode: local", local), ("mode: docker, image: dbt", docker)):
        _, report = compiled("../dbt/shop", f"{{{mode}, {key.format(path)}}}")
        assert [found.rule.code for found in report.sorted()] == wanted


def test_a_row_that_leads_nowhere_is_refused_at_its_place() -> None:
    rows = "{mode: docker, image: dbt, paths: [{render: ../dbt, execute: srv/dbt}]}"
    _, report = compiled("../dbt/shop", rows)
    (found,) = report.sorted()
    assert found.rule.code == "DW513"
    text = whole("../dbt/shop", rows)
    assert text[found.span.start : found.span.end] == "srv/dbt"


def test_explain_tells_each_path_and_its_rule(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "dbt/shop/target"
    target.mkdir(parents=True)
    (target / "manifest.json").write_bytes(manifest("model.shop.orders\n"))
    (tmp_path / "shop.dagwright.yaml").write_text(
        "version: 1\ndag: {id: shop}\nrender: {project_dir: dbt/shop}\nexecute:\n"
        "  mode: local\n  paths:\n    - {render: dbt, execute: /dbt}\n"
        "  profile: {profiles_dir: /dbt/profiles}\n"
        "environments:\n  here: {execute: {project_dir: ../dbt/shop}}\n"
    )
    asked = ["explain", "shop.dagwright.yaml", "shop.orders.run", "--paths"]
    assert CliRunner().invoke(program, asked).stdout == (
        "profile.profiles_dir\n"
        "  render path: none, it is only known where dbt runs\n"
        "  rule: execute.profile.profiles_dir (shop.dagwright.yaml:8)\n"
        "  run-time path: /dbt/profiles\n"
        "project_dir\n"
        "  render path: dbt/shop\n"
        "  rule: execute.paths, dbt -> /dbt (shop.dagwright.yaml:7)\n"
        "  run-time path: /dbt/shop\n"
    )
    here = CliRunner().invoke(program, [*asked, "--environment", "here"]).stdout
    assert "  rule: execute.project_dir (shop.dagwright.yaml:10)\n" in here
    assert "  run-time path: ../dbt/shop\n" in here
    assert CliRunner().invoke(program, ["explain", "DW513", "--paths"]).exit_code == 2
    missing = CliRunner().invoke(program, [*asked[:2], "shop.order.run", "--paths"])
    assert (missing.exit_code, "did you mean" in missing.stderr) == (1, True)
