"""The command line as a user has it: files in a folder, what is printed, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagwright.cli import COMMANDS, program
from manifests import manifest

PROJECT = """
model.shop.orders #nightly
model.shop.revenue <- model.shop.orders
test.shop.unique_orders <- model.shop.orders
"""

SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one spec and one parsed project."""
    (tmp_path / "shop/target").mkdir(parents=True)
    (tmp_path / "shop/target/manifest.json").write_bytes(manifest(PROJECT))
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments), catch_exceptions=False)


def test_compile_writes_what_check_expects(folder: Path) -> None:
    made = run("compile")
    assert (made.exit_code, made.stdout) == (0, "compiled/shop.dag.json: 3 tasks, 2 edges\n")
    assert json.loads((folder / "compiled/shop.dag.json").read_bytes())["dag"]["id"] == "shop"
    assert run("check").exit_code == 0


def test_compile_to_a_named_folder(folder: Path) -> None:
    assert run("compile", "shop.dagwright.yaml", "--output", "out/put").exit_code == 0
    assert [path.name for path in (folder / "out/put").iterdir()] == ["shop.dag.json"]
    assert run("check", "shop.dagwright.yaml", "--output", "out/put").exit_code == 0


def drifted(change: str, folder: Path) -> str:
    """Compile, make one change, and return what `check` says."""
    assert run("compile").exit_code == 0
    artifact = folder / "compiled/shop.dag.json"
    match change:
        case "stale":
            with_more = PROJECT + "model.shop.stock <- model.shop.revenue\n"
            (folder / "shop/target/manifest.json").write_bytes(manifest(with_more))
        case "missing":
            artifact.unlink()
        case "extra":
            (folder / "compiled/old.dag.json").write_text("{}")
        case "edited":
            artifact.write_text(artifact.read_text().replace("/srv/shop", "/srv/hack"))
        case "unreadable":
            artifact.write_text(artifact.read_text()[:100])
        case "foreign":
            artifact.write_text('{"format": 1, "tasks": 3}')
    found = run("check", "--format", "concise")
    assert found.exit_code == 1
    return found.stdout


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("stale", "DW601"),
        ("missing", "DW602"),
        ("extra", "DW603"),
        ("edited", "DW604"),
        ("unreadable", "DW605"),
        ("foreign", "DW605"),
    ],
)
def test_check_finds_each_kind_of_drift(change: str, code: str, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = drifted(change, folder)
    assert f": {code} " in said
    assert len(said.splitlines()) <= 2
    assert before.items() - {(p, p.read_bytes()) for p in folder.rglob("*") if p.is_file()} <= {
        (p, d) for p, d in before.items() if p.name == "manifest.json"
    }


def test_check_tells_what_differs_by_task(folder: Path) -> None:
    drifted("stale", folder)
    said = run("check").stdout
    assert "+ task shop.stock.run (after shop.revenue.run)" in said
    assert "dagwright compile shop.dagwright.yaml --output compiled" in said


def test_check_compares_with_the_recorded_environment(folder: Path) -> None:
    spec = SPEC + "environments: {prod: {execute: {project_dir: /opt/shop}}}\n"
    (folder / "shop.dagwright.yaml").write_text(spec)
    assert run("compile", "--environment", "prod").exit_code == 0
    assert run("check").exit_code == 0
    assert run("check", "--environment", "prod").exit_code == 0


# Bad input: one clear finding each, the documented exit code, and no old artifact touched.

BAD = {
    "a directory": (lambda folder: (folder / "bad.dagwright.yaml").mkdir(), "DW009"),
    "no such file": (lambda _folder: None, "DW009"),
    "empty": (lambda folder: (folder / "bad.dagwright.yaml").touch(), "DW010"),
    "binary": (
        lambda folder: (folder / "bad.dagwright.yaml").write_bytes(b"\xff\x00\x80"),
        "DW007",
    ),
}


@pytest.mark.parametrize("kind", list(BAD))
@pytest.mark.parametrize("command", ["validate", "compile", "check"])
def test_a_bad_spec_is_one_finding(kind: str, command: str, folder: Path) -> None:
    assert run("compile").exit_code == 0
    artifact = (folder / "compiled/shop.dag.json").read_bytes()
    make, code = BAD[kind]
    make(folder)
    found = run(command, "bad.dagwright.yaml", "--format", "concise")
    assert found.exit_code == 1
    (line, *summary) = found.output.splitlines()
    assert line.startswith("bad.dagwright.yaml:1:1: ")
    assert code in line
    assert len(summary) <= 1
    assert (folder / "compiled/shop.dag.json").read_bytes() == artifact


MANIFESTS = {
    "missing": (None, "DW201"),
    "a directory": ("directory", "DW202"),
    "empty": (b"", "DW203"),
    "truncated": (manifest(PROJECT)[:700], "DW204"),
    "another tool's": (b'{"name": "left-pad", "version": "1.0.0"}', "DW205"),
    "another artifact": (
        b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}}',
        "DW205",
    ),
    "old": (manifest(PROJECT).replace(b"manifest/v12", b"manifest/v11"), "DW206"),
    "new": (manifest(PROJECT).replace(b"manifest/v12", b"manifest/v99"), "DW207"),
}


@pytest.mark.parametrize("kind", list(MANIFESTS))
def test_a_bad_manifest_is_one_finding(kind: str, folder: Path) -> None:
    assert run("compile").exit_code == 0
    artifact = (folder / "compiled/shop.dag.json").read_bytes()
    (folder / "shop.dagwright.yaml").write_text(
        SPEC.replace("shop}", "shop, load: manifest}", 1).replace(
            "id: shop, load: manifest", "id: shop"
        )
    )
    path = folder / "shop/target/manifest.json"
    data, code = MANIFESTS[kind]
    path.unlink()
    if data == "directory":
        path.mkdir()
    elif isinstance(data, bytes):
        path.write_bytes(data)
    (folder / "shop.dagwright.yaml").write_text(
        SPEC.replace("{project_dir: shop}", "{project_dir: shop, load: manifest}")
    )
    found = run("compile", "--format", "concise")
    assert found.exit_code == 1
    assert [line.split(": ")[1].split()[0] for line in found.output.splitlines()[:1]] == [code]
    assert len(found.output.splitlines()) <= 2
    assert (folder / "compiled/shop.dag.json").read_bytes() == artifact


def test_an_unknown_environment_is_named(folder: Path) -> None:
    found = run("compile", "--environment", "prd")
    assert found.exit_code == 1
    assert "prd" in found.output
    assert not (folder / "compiled").exists()


def test_an_unwritable_output_is_one_finding(folder: Path) -> None:
    (folder / "occupied").write_text("a file, not a folder")
    found = run("compile", "--output", "occupied", "--format", "concise")
    assert found.exit_code == 1
    assert ": DW606 " in found.output
    assert (folder / "occupied").read_text() == "a file, not a folder"


def test_one_bad_spec_keeps_all_from_being_written(folder: Path) -> None:
    (folder / "other.dagwright.yaml").write_text(
        SPEC.replace("id: shop", "id: other") + "oops: 1\n"
    )
    assert run("compile").exit_code == 1
    assert not (folder / "compiled").exists()


def test_no_specs_at_all_is_a_usage_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("validate").exit_code == 2
    assert run("validate", "--format", "xml").exit_code == 2


def test_specs_are_found_below_the_folder_but_not_in_what_programs_made(folder: Path) -> None:
    for place in ("deep/er", "target", ".venv/x", "shop/dbt_packages/p"):
        (folder / place).mkdir(parents=True)
        (folder / place / "bad.dagwright.yml").write_text("oops: 1\n")
    found = run("validate", "--format", "concise")
    assert {line.split(":")[0] for line in found.stdout.splitlines() if "DW" in line} == {
        "deep/er/bad.dagwright.yml"
    }


@pytest.mark.dbt
def test_load_auto_parses_a_project_that_has_no_manifest(
    configs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (configs / "shop/target/manifest.json").unlink()
    spec = configs / "dags/finance.dagwright.yaml"
    assert run("compile", str(spec), "--output", str(configs / "out")).exit_code == 0
    assert (configs / "out/finance.dag.json").exists()


@pytest.mark.dbt
def test_a_selection_is_verified_by_the_users_own_dbt(
    configs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DBT_RESOURCE_TYPES", "seed")
    manifest_file = configs / "shop/target/manifest.json"
    before = manifest_file.read_bytes()
    words = ("compile", str(configs / "dags/finance.dagwright.yaml"), "--verify-selection")
    made = run(*words)
    assert (made.exit_code, made.stderr) == (0, "")
    (configs / "shop/models/marts/finance/more.sql").write_text("select 1 as one")
    differs = run(*words, "--format", "concise")
    assert differs.exit_code == 1
    assert "only dbt: model.shop.more; only dagwright: none" in run(*words).output
    assert ": DW403 " in differs.output
    assert manifest_file.read_bytes() == before


def test_a_dbt_that_cannot_be_started_is_one_finding(folder: Path) -> None:
    dbt = "{project_dir: shop, load: dbt, dbt: {executable: ./no-such-dbt}}"
    (folder / "shop.dagwright.yaml").write_text(SPEC.replace("{project_dir: shop}", dbt))
    found = run("compile", "--format", "concise")
    assert found.exit_code == 1
    assert ": DW220 " in found.output


def test_a_dbt_that_fails_is_quoted(folder: Path) -> None:
    program = folder / "dbt"
    program.write_text("#!/bin/sh\necho 'model orders is broken'\nexit 2\n")
    program.chmod(0o755)
    dbt = "{project_dir: shop, load: dbt, dbt: {executable: ./dbt}}"
    (folder / "shop.dagwright.yaml").write_text(SPEC.replace("{project_dir: shop}", dbt))
    found = run("compile")
    assert found.exit_code == 1
    assert "DW221" in found.output
    assert "model orders is broken" in found.output


@pytest.mark.parametrize("form", ["text", "mermaid", "dot", "json", "html"])
def test_graph_draws_every_task(form: str, folder: Path) -> None:
    drawn = run("graph", "shop.dagwright.yaml", "--format", form)
    assert drawn.exit_code == 0
    for word in (
        ("orders run", "revenue run", "orders tests")
        if form != "text"
        else (
            "shop.orders.run",
            "shop.revenue.run",
            "shop.orders.test",
        )
    ):
        assert word in drawn.stdout
    if form == "json":
        assert [task["after"] for task in json.loads(drawn.stdout)["tasks"]] == [
            [],
            ["shop.orders.run"],
            ["shop.orders.test"],
        ]


def test_explain_a_task_says_why_it_waits(folder: Path) -> None:
    said = run("explain", "shop.dagwright.yaml", "shop.revenue.run").stdout
    assert "shop.orders.test: a test gates what is built from all that it reads" in said
    assert "dbt run --indirect-selection empty --select fqn:shop.revenue,file:revenue.sql" in said


def test_explain_a_test_says_where_it_runs(folder: Path) -> None:
    by_node = run("explain", "shop.dagwright.yaml", "test.shop.unique_orders").stdout
    assert by_node == run("explain", "shop.dagwright.yaml", "shop.orders.test").stdout
    assert by_node.startswith("shop.orders.test: ")


def test_explain_an_unknown_task_names_near_ones(folder: Path) -> None:
    found = run("explain", "shop.dagwright.yaml", "shop.revenu.run")
    assert found.exit_code == 1
    assert "'shop.revenue.run'" in found.output


def test_explain_a_rule(folder: Path) -> None:
    assert run("explain", "DW501").stdout.startswith("# DW501 unmapped-path\n")
    assert run("explain", "unmapped-path").stdout == run("explain", "DW501").stdout
    wrong = run("explain", "unmaped-path")
    assert wrong.exit_code == 2
    assert "did you mean 'unmapped-path'?" in wrong.output


def test_ls_lists_as_dbt_would(folder: Path) -> None:
    at = ("--manifest", "shop/target/manifest.json")
    listed = run("ls", *at, "--select", "tag:nightly", "--format", "json")
    assert json.loads(listed.stdout) == ["model.shop.orders", "test.shop.unique_orders"]
    listed = run("ls", *at, "-s", "tag:nightly", "--indirect-selection", "empty")
    assert listed.stdout == "model.shop.orders\n"
    listed = run("ls", *at, "-s", "orders+", "--exclude", "revenue", "--command", "run")
    assert listed.stdout == "model.shop.orders\n"
    assert run("ls", *at, "-s", "nope").stdout == ""
    assert run("ls", *at, "-s", "nope", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("select", ["nope:x", "@orders+", "resource_type:tables"])
def test_ls_refuses_what_dbt_refuses(select: str, folder: Path) -> None:
    refused = run("ls", "--manifest", "shop/target/manifest.json", "--select", select)
    assert refused.exit_code == 2
    assert refused.stdout == ""


def test_ls_reads_a_selectors_file(folder: Path) -> None:
    (folder / "selectors.yml").write_text(
        "selectors:\n  - name: nightly\n    definition: {union: ['tag:nightly', revenue]}\n"
    )
    listed = run(
        *("ls", "--manifest", "shop/target/manifest.json", "--selector", "nightly"),
        *("--selectors-file", "selectors.yml", "--resource-type", "model"),
    )
    assert listed.stdout == "model.shop.orders\nmodel.shop.revenue\n"


def test_schema_is_the_committed_one() -> None:
    committed = Path(__file__).parent.parent / "schemas/spec-1.json"
    assert run("schema").stdout == committed.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_helps(command: str) -> None:
    helped = run(*([command] if command else []), "--help")
    assert helped.exit_code == 0
    assert helped.stdout.startswith("Usage: ")


PROBE = """
import sys
from dagwright.cli import program
try:
    program(["validate", *sys.argv[1:]])
except SystemExit as stop:
    assert stop.code == 0, stop.code
heavy = {"airflow", "dbt", "networkx", "jsonschema"} & set(sys.modules)
assert not heavy, heavy
"""


def test_validate_imports_nothing_heavy(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", PROBE, "shop.dagwright.yaml"], check=True, cwd=folder)


def test_a_bug_of_ours_is_no_traceback(folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys, dagwright.cli.validate as v\n"
        "def broken(*_): raise RuntimeError('secret-value')\n"
        "v.validate_each = broken\n"
        "sys.argv = ['dagwright', 'validate', 'shop.dagwright.yaml']\n"
        "from dagwright.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    (report,) = tmp_path.glob("dagwright-crash-*.txt")
    assert str(report) in done.stderr
    assert "secret-value" not in report.read_text() + done.stderr + done.stdout


WORLDS = {
    "other folder": {"cwd": "shop"},
    "other zone": {"TZ": "Pacific/Kiritimati"},
    "other language": {"LANG": "tr_TR.UTF-8", "LC_ALL": "C"},
    "other hash seed": {"PYTHONHASHSEED": "4711"},
    "other home": {"HOME": "/nonexistent", "USER": "somebody", "LOGNAME": "somebody"},
}


def compiled_in(world: dict[str, str], folder: Path) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": "1", **world}
    cwd = folder / environment.pop("cwd", ".")
    out = folder / "out"
    spec = os.path.relpath(folder / "shop.dagwright.yaml", cwd)
    arguments = ["compile", spec, "--output", str(out)]
    subprocess.run(
        [sys.executable, "-m", "dagwright", *arguments],
        cwd=cwd,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return (out / "shop.dag.json").read_bytes()


@pytest.mark.parametrize("world", list(WORLDS))
def test_the_artifact_is_the_same_in_another_world(world: str, folder: Path) -> None:
    spec = SPEC.replace("id: shop", "id: shop, timezone: Europe/Amsterdam, start_date: 2026-01-01")
    (folder / "shop.dagwright.yaml").write_text(spec)
    plain = compiled_in({}, folder)
    assert compiled_in(WORLDS[world], folder) == plain
    for secret in (str(folder), os.uname().nodename, os.environ.get("HOME", "/root")):
        assert secret.encode() not in plain


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_artifact_is_the_same_for_another_user(folder: Path) -> None:
    plain = compiled_in({}, folder)
    folder.chmod(0o755)
    for parent in folder.parents[:3]:
        parent.chmod(0o755)
    (folder / "other").mkdir()
    (folder / "other").chmod(0o777)
    # Compiled as root first, so that all modules are imported before they become unreadable.
    script = (
        "import os\n"
        "from click.testing import CliRunner\n"
        "from dagwright.cli import program\n"
        "command = ['compile', 'shop.dagwright.yaml', '--output']\n"
        "assert CliRunner().invoke(program, [*command, 'warm']).exit_code == 0\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "assert CliRunner().invoke(program, [*command, 'other']).exit_code == 0\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    assert (folder / "other/shop.dag.json").read_bytes() == plain


def test_ls_tells_what_several_specs_run_or_none(folder: Path) -> None:
    one = SPEC.replace("id: shop", "id: one").replace("dir: shop}", "dir: shop, select: orders}")
    (folder / "one.dagwright.yaml").write_text(one)
    (folder / "shop.dagwright.yaml").write_text(
        SPEC.replace("dir: shop}", "dir: shop, select: orders, tests: none}")
    )
    listed = run("ls", "--coverage")
    assert listed.exit_code == 0
    assert (
        listed.stdout
        == """\
shop/target/manifest.json: 1 nodes in one spec
1 in several:
  model.shop.orders: one, shop
1 in none:
  model.shop.revenue
"""
    )
    document = json.loads(run("ls", "--coverage", "--format", "json").stdout)
    assert document == {
        "shop/target/manifest.json": {
            "several": {"model.shop.orders": ["one", "shop"]},
            "none": ["model.shop.revenue"],
        }
    }
    alone = run("ls", "--coverage", "shop.dagwright.yaml").stdout
    assert "  test.shop.unique_orders\n" in alone
    assert run("ls", "shop.dagwright.yaml").exit_code == 2


def several(folder: Path, *names: str) -> None:
    for name in names:
        text = SPEC.replace("id: shop", f"id: {name}")
        (folder / f"{name}.dagwright.yaml").write_text(text)
    (folder / "shop.dagwright.yaml").unlink()


def test_check_compares_every_spec_whatever_it_finds_first(folder: Path) -> None:
    several(folder, "one", "two", "three")
    assert run("compile").exit_code == 0
    (folder / "compiled/old.dag.json").write_text("{}")
    more = PROJECT + "model.shop.stock <- model.shop.revenue\n"
    (folder / "shop/target/manifest.json").write_bytes(manifest(more))
    found = run("check", "--format", "concise").stdout
    assert found.count(": DW601 ") == 3
    assert found.count(": DW603 ") == 1


def test_a_compile_that_cannot_write_one_artifact_writes_none(folder: Path) -> None:
    several(folder, "one", "two")
    assert run("compile").exit_code == 0
    old = (folder / "compiled/one.dag.json").read_bytes()
    (folder / "compiled/two.dag.json").unlink()
    (folder / "compiled/two.dag.json").mkdir()
    (folder / "shop/target/manifest.json").write_bytes(manifest(PROJECT + "model.shop.stock\n"))
    failed = run("compile", "--format", "concise")
    assert failed.exit_code == 1
    assert "compiled/two.dag.json" in failed.output
    assert (folder / "compiled/one.dag.json").read_bytes() == old
    assert sorted(path.name for path in (folder / "compiled").iterdir()) == [
        "one.dag.json",
        "two.dag.json",
    ]


def test_a_spec_that_is_named_twice_is_one_spec(folder: Path) -> None:
    twice = run("compile", "shop.dagwright.yaml", "./shop.dagwright.yaml")
    assert (twice.exit_code, len(twice.stdout.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    ("render", "project"),
    [
        ("select: 'test_type:unit'", "model.shop.a\nunit_test.shop.a.zero <- model.shop.a"),
        ("tests: none", "test.shop.alone"),
        ("seeds: none", "seed.shop.raw"),
    ],
)
def test_a_dag_in_which_nothing_runs_is_an_error(render: str, project: str, folder: Path) -> None:
    spec = SPEC.replace("{project_dir: shop}", f"{{project_dir: shop, {render}}}")
    (folder / "shop.dagwright.yaml").write_text(spec)
    (folder / "shop/target/manifest.json").write_bytes(manifest(project))
    found = run("compile", "--format", "concise")
    assert found.exit_code == 1
    assert ": DW404 " in found.output


def test_names_of_variables_are_recorded_but_not_of_those_unread(
    folder: Path, monkeypatch
) -> None:
    monkeypatch.setenv("SHOP_ROOT", "/srv")
    spec = SPEC.replace("project_dir: /srv/shop", 'project_dir: "${SHOP_ROOT}/shop"')
    (folder / "shop.dagwright.yaml").write_text(spec)
    assert run("compile").exit_code == 0
    artifact = json.loads((folder / "compiled/shop.dag.json").read_bytes())
    assert artifact["variables"] == ["SHOP_ROOT"]


FLAGS = {
    "": '{"error": ["NoNodesForSelectionCriteria"]}',
    "flags: {warn_error: true}": None,
    "flags: {warn_error_options: {error: all, silence: [NoNodesForSelectionCriteria, X]}}": (
        '{"error": "all", "silence": ["X"]}'
    ),
    "flags: {warn_error_options: {include: [A], exclude: [B]}}": (
        '{"error": ["A", "NoNodesForSelectionCriteria"], "warn": ["B"]}'
    ),
    "flags: [": '{"error": ["NoNodesForSelectionCriteria"]}',
}


@pytest.mark.parametrize("flags", FLAGS)
def test_the_projects_own_warning_flags_are_kept(flags: str, folder: Path) -> None:
    (folder / "shop/dbt_project.yml").write_text(f"name: shop\n{flags}\n")
    assert run("compile").exit_code == 0
    shared = json.loads((folder / "compiled/shop.dag.json").read_bytes())["defaults"]["dbt"]
    wanted = FLAGS[flags]
    assert shared["flags"] == ([] if wanted is None else ["--warn-error-options", wanted])


def test_output_that_no_terminal_could_show_is_no_bug(folder: Path) -> None:
    (folder / "shop.dagwright.yaml").write_text(SPEC + f"oops_é: {'x' * 300}\n")
    done = subprocess.run(
        [sys.executable, "-m", "dagwright", "validate", "shop.dagwright.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert b"DW103" in done.stdout


def test_frames_of_a_mermaid_picture_have_ids_that_mermaid_can_read(folder: Path) -> None:
    spec = SPEC.replace("{project_dir: shop}", "{project_dir: shop, group_by: folder}")
    (folder / "shop.dagwright.yaml").write_text(spec)
    nested = "model.shop.marts/finance/orders\nmodel.shop.marts/end"
    (folder / "shop/target/manifest.json").write_bytes(manifest(nested))
    drawn = run("graph", "shop.dagwright.yaml", "--format", "mermaid").stdout
    assert 'subgraph g2["finance"]' in drawn
    assert "--" not in drawn.replace(" --> ", "")


def test_ls_compares_with_an_earlier_run_that_is_named(folder: Path) -> None:
    (folder / "before").mkdir()
    (folder / "before/manifest.json").write_bytes(manifest("model.shop.orders #nightly"))
    at = ("ls", "--manifest", "shop/target/manifest.json", "--resource-type", "model")
    assert run(*at, "-s", "state:new").exit_code == 2
    assert run(*at, "-s", "state:new", "--state", "before").stdout == "model.shop.revenue\n"
    assert run(*at, "-s", "state:new", "--state", "nowhere").exit_code == 2


def test_a_misspelt_command_is_told_what_was_meant() -> None:
    said = run("valdate")
    assert said.exit_code == 2
    assert "no such command 'valdate'; did you mean `validate`?" in said.stderr
    assert "did you mean" not in run("frobnicate").stderr
