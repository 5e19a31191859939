"""The hooks as pre-commit runs them: cloned, installed, on good specs and bad ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dagwright.starter import hook_text
from manifests import manifest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop}
"""
PROJECT = "model.shop.orders\nmodel.shop.revenue <- model.shop.orders\n"
INSTALLED = (
    "import json, importlib.metadata as m;"
    "print(json.dumps(sorted(d.metadata['Name'].lower() for d in m.distributions())))"
)


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make a repository of `folder`, and return its only commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All of it")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Path]:
    """This checkout as a repository of hooks, its commit, and pre-commit's store."""
    copy = tmp_path_factory.mktemp("hooks") / "dagwright"
    for name in git(ROOT, "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", '"')):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy, committed(copy), tmp_path_factory.mktemp("store")


@pytest.fixture
def repository(hooks: tuple[Path, str, Path], tmp_path: Path) -> Path:
    """A repository with one spec, a parsed project, an up-to-date artifact, and both hooks."""
    url, commit, _ = hooks
    (tmp_path / "shop/target").mkdir(parents=True)
    (tmp_path / "shop/target/manifest.json").write_bytes(manifest(PROJECT))
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    wanted = [{"id": "dagwright-validate"}, {"id": "dagwright-check"}]
    config = {"repos": [{"repo": str(url), "rev": commit, "hooks": wanted}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(json.dumps(config))
    compiling = [sys.executable, "-m", "dagwright", "compile"]
    subprocess.run(compiling, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    committed(tmp_path)
    return tmp_path


def run(repository: Path, store: Path) -> tuple[dict[str, str], str]:
    """Run all hooks, and return the result of each by its name, and all that was printed."""
    git(repository, "add", "--all")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"],
        cwd=repository,
        env={**os.environ, "PRE_COMMIT_HOME": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    rows = [line.partition("...") for line in done.stdout.splitlines()]
    results = {
        name: rest.strip(".") for name, _, rest in rows if rest.endswith(("Passed", "Failed"))
    }
    assert (done.returncode == 0) == ("Failed" not in results.values()), said
    return results, said


VALIDATE, CHECK = "validate dagwright specs", "compiled DAGs are up to date"


def test_good_specs_pass_both_hooks(hooks, repository: Path) -> None:
    results, said = run(repository, hooks[2])
    assert results == {VALIDATE: "Passed", CHECK: "Passed"}, said


def test_bad_specs_are_all_told_in_one_process(hooks, repository: Path) -> None:
    for number in range(30):
        text = SPEC.replace("id: shop", f"id: shop_{number % 29}, shedule: null")
        (repository / f"bad{number:02}.dagwright.yml").write_text(text)
    results, said = run(repository, hooks[2])
    assert results == {VALIDATE: "Failed", CHECK: "Failed"}
    assert said.count("did you mean `schedule`?") == 60
    assert "Found 30 errors in 30 files" in said


def test_two_specs_with_one_id_are_seen(hooks, repository: Path) -> None:
    (repository / "twin.dagwright.yaml").write_text(SPEC)
    _, said = run(repository, hooks[2])
    assert "error[DW505]: the id 'shop' is taken: shop.dagwright.yaml has it too" in said


def test_a_stale_artifact_fails_one_hook(hooks, repository: Path) -> None:
    more = f"{PROJECT}model.shop.stock\n"
    (repository / "shop/target/manifest.json").write_bytes(manifest(more))
    results, said = run(repository, hooks[2])
    assert results == {VALIDATE: "Passed", CHECK: "Failed"}
    assert "+ task shop.stock.run" in said


def test_the_environment_of_the_hooks_is_small(hooks, repository: Path) -> None:
    run(repository, hooks[2])
    (python,) = hooks[2].glob("repo*/py_env-*/bin/python")
    done = subprocess.run(
        [str(python), "-c", INSTALLED], check=True, capture_output=True, text=True
    )
    names = set(json.loads(done.stdout))
    assert "dagwright" in names
    assert [name for name in names if name.startswith(("apache-", "airflow", "dbt"))] == []
    assert len(names) < 35


def test_what_init_writes_is_a_configuration_that_pre_commit_takes(tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(hook_text("1.2.3"))
    checking = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    subprocess.run(checking, check=True)
