"""`dagwright init`: what it writes is right, and what was there stays."""

from __future__ import annotations

import ast
import posixpath
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagwright.cli import init, program
from dagwright.diagnostics import Report
from dagwright.spec.schema import schema_text
from dagwright.starter import LOADER, ci_text, hook_text
from dagwright.text.document import parse_document
from dagwright.text.tree import plain
from manifests import manifest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one dbt project in it."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/dbt_project.yml").write_text("name: my_shop\nprofile: my_shop\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(program, list(arguments), input=answers, catch_exceptions=False)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_writes_what_a_first_dag_needs(folder: Path) -> None:
    before = files(folder)
    said = run("init", "--yes")
    assert said.exit_code == 0
    made = files(folder)
    assert made.keys() - before.keys() == {
        ".dagwright/spec-1.json",
        "dags/dagwright_dags.py",
        "dags/my_shop.dagwright.yaml",
    }
    assert made[".dagwright/spec-1.json"].decode() == schema_text()
    assert "wrote dags/my_shop.dagwright.yaml\n" in said.stdout
    spec = "dags/my_shop.dagwright.yaml"
    assert said.stdout.splitlines()[-3:] == [
        f"  dagwright validate {spec}",
        f"  dagwright compile {spec}  # runs `dbt parse` first: there is no manifest yet",
        f"  dagwright graph {spec}",
    ]


def test_the_first_line_names_a_schema_that_is_there(folder: Path) -> None:
    run("init", "--yes", "--dags", "airflow/dags")
    spec = folder / "airflow/dags/my_shop.dagwright.yaml"
    match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", spec.read_text())
    assert match is not None
    assert (spec.parent / match[1]).resolve() == folder / ".dagwright/spec-1.json"


@pytest.mark.parametrize("settings", ["", "target-path: build\n", "target-path: \"{{ 'x' }}\"\n"])
@pytest.mark.parametrize("profiles", ["profiles.yml", "other.yml"])
@pytest.mark.parametrize("place", ["shop", ".", "a b/dbt"])
def test_the_spec_validates_and_compiles(
    settings: str,
    profiles: str,
    place: str,
    folder: Path,
) -> None:
    shutil.rmtree(folder / "shop")
    project = folder / place
    project.mkdir(parents=True, exist_ok=True)
    (project / "dbt_project.yml").write_text(f"name: my_shop\n{settings}")
    (project / profiles).write_text("my_shop: {}\n")
    target = project / ("build" if "build" in settings else "target")
    target.mkdir()
    (target / "manifest.json").write_bytes(manifest("model.shop.orders\n"))
    said = run("init", "--yes")
    assert "dbt parse" not in said.stdout.partition("Next:")[2]
    assert run("validate").stdout == "No findings\n"
    assert run("compile").stdout == "dags/compiled/my_shop.dag.json: 1 tasks, 0 edges\n"
    assert run("check").exit_code == 0
    text = (folder / "dags/my_shop.dagwright.yaml").read_text()
    assert text.count("profiles_dir") == (2 if profiles == "profiles.yml" else 0)


def test_the_comments_of_the_spec_are_true(folder: Path) -> None:
    """What stands in comments as YAML is right when the comment sign goes."""
    run("init", "--yes")
    path = folder / "dags/my_shop.dagwright.yaml"
    text = re.sub(r"^# (environments:|  )", r"\1", path.read_text(), flags=re.MULTILINE)
    text = text.replace("# select:", "select:")
    path.write_text(text)
    assert "\nenvironments:\n  prod:\n" in text
    assert run("validate").stdout == "No findings\n"


def test_nothing_is_overwritten(folder: Path) -> None:
    run("init", "--yes")
    for name in files(folder):
        (folder / name).write_text(f"name: my_shop # mine: {name}\n")
    before = files(folder)
    said = run("init", "--yes")
    assert said.exit_code == 0
    assert files(folder) == before
    assert said.stdout.count("left ") == 3
    assert "wrote" not in said.stdout


def test_a_second_loader_is_not_written(folder: Path) -> None:
    (folder / "dags").mkdir()
    (folder / "dags/dbt.py").write_text(LOADER)
    said = run("init", "--yes")
    assert "left dags/dbt.py as it is: it loads compiled DAGs\n" in said.stdout
    assert not (folder / "dags/dagwright_dags.py").exists()


def test_hooks_and_ci_go_where_a_repository_lacks_them(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".github/workflows").mkdir(parents=True)
    run("init", "--yes")
    made = files(folder)
    assert {".pre-commit-config.yaml", ".github/workflows/dagwright.yml"} <= made.keys()


def test_hooks_that_are_there_are_not_told_again(folder: Path) -> None:
    (folder / ".git").mkdir()
    run("init", "--yes")
    said = run("init", "--yes").stdout
    assert "left .pre-commit-config.yaml as it is" in said
    assert "To add to .pre-commit-config.yaml" not in said


def test_hooks_and_ci_are_printed_where_there_are_some(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".pre-commit-config.yaml").write_text("repos: []\n")
    said = run("init", "--yes").stdout
    assert (folder / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert "To add to .pre-commit-config.yaml:\n\n    repos:\n" in said
    assert "To add to .github/workflows/dagwright.yml:\n\n    name: dagwright" in said


def data(text: str) -> dict:
    report = Report()
    document = parse_document("x.yaml", text, report)
    assert document is not None
    assert [found for found in report.found if found.rule.severity == "error"] == []
    return plain(document.root)


def test_the_local_hooks_are_the_published_ones() -> None:
    (repo,) = data(hook_text("1.2.3"))["repos"]
    published = data("hooks:\n" + (ROOT / ".pre-commit-hooks.yaml").read_text())["hooks"]
    for ours, theirs in zip(repo["hooks"], published, strict=True):
        assert ours.pop("additional_dependencies") == ("dagwright==1.2.3",)
        shared = {k: v for k, v in theirs.items() if k in ours}
        assert ours == shared
        assert theirs.keys() - ours.keys() == {"description", "minimum_pre_commit_version"}


def test_the_ci_job_runs_commands_that_exist() -> None:
    (job,) = data(ci_text("1.2.3"))["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == ['pip install "dagwright==1.2.3"', "dagwright validate"]


def test_the_loader_is_what_airflow_looks_for() -> None:
    (_, call) = ast.parse(LOADER).body
    assert ast.unparse(call) == "load_dags(__file__, 'compiled')"
    assert {"airflow", "dag"} <= set(LOADER.split())


def test_a_folder_without_a_project_is_a_usage_error(folder: Path) -> None:
    (folder / "empty").mkdir()
    for arguments in (("empty",), ("nowhere",)):
        refused = run("init", *arguments, "--yes")
        assert refused.exit_code == 2
    deep = folder / "empty/a/b/c/d"
    deep.mkdir(parents=True)
    (deep / "dbt_project.yml").write_text("name: deep\n")
    assert run("init", "empty", "--yes").exit_code == 2


def test_several_projects_need_a_choice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "other").mkdir()
    (folder / "other/dbt_project.yml").write_text("name: other\n")
    refused = run("init")
    assert refused.exit_code == 2
    assert "name one of other, shop" in refused.output
    monkeypatch.setattr(init, "_at_a_terminal", lambda: True)
    assert run("init", answers="2\n\n\n").exit_code == 0
    assert (folder / "dags/my_shop.dagwright.yaml").exists()


def test_on_a_terminal_it_asks_until_the_answer_is_right(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init, "_at_a_terminal", lambda: True)
    said = run("init", answers="my shop\nnightly\n0 25 * * *\n@dayly\n0 6 * * *\n")
    assert said.exit_code == 0
    assert "a DAG id: 1 to 250" in said.output
    assert "no schedule `@dayly`" in said.output
    text = (folder / "dags/nightly.dagwright.yaml").read_text()
    assert '\n  schedule: "0 6 * * *"\n' in text
    assert run("validate").stdout == "No findings\n"


def test_without_a_terminal_it_never_asks(folder: Path) -> None:
    assert run("init", answers="").exit_code == 0


def test_the_name_is_made_fit_for_airflow(folder: Path) -> None:
    (folder / "shop/dbt_project.yml").write_text("name: 'déjà vu'\n")
    run("init", "--yes")
    assert (folder / "dags/d_j__vu.dagwright.yaml").exists()
    assert run("validate").stdout == "No findings\n"


@pytest.mark.dbt
def test_the_sample_shop_compiles(configs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(configs / "dags")
    monkeypatch.chdir(configs)
    assert run("init", "--yes").exit_code == 0
    assert run("validate").stdout == "No findings\n"
    made = run("compile")
    assert made.exit_code == 0
    assert posixpath.basename(made.stdout.partition(":")[0]) == "shop.dag.json"
