"""The lock of a virtual environment: who makes it, from what, and who never does.

The package index is a folder, or a server of ours on this machine; uv and pip are the real ones.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagwright.cli import program
from manifests import manifest
from small_wheels import make_wheel, make_wheels

PROJECT = "model.shop.orders\nmodel.shop.revenue <- model.shop.orders\n"
SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute:
  mode: virtualenv
  project_dir: /srv/shop
  requirements: [dbt-core, dbt-little]
environments: {dev: {execute: {mode: local, project_dir: shop}}}
"""
UV = Path(sys.executable).with_name("uv")
COUNTING_UV = f"""\
#!/bin/sh
echo "$@" >> "$UV_CALLS"
exec {UV} "$@"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a spec, a parsed project, packages, and a uv that is counted."""
    (tmp_path / "shop/target").mkdir(parents=True)
    (tmp_path / "shop/target/manifest.json").write_bytes(manifest(PROJECT))
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    make_wheels(tmp_path / "wheels")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text(COUNTING_UV)
    (tmp_path / "bin/uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("UV_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    for tool in ("UV", "PIP"):
        for name in ("INDEX_URL", "EXTRA_INDEX_URL", "DEFAULT_INDEX", "INDEX", "CONFIG_FILE"):
            monkeypatch.delenv(f"{tool}_{name}", raising=False)
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments), catch_exceptions=False)


def calls(folder: Path) -> int:
    """How often uv was asked."""
    path = folder / "calls"
    return len(path.read_text().splitlines()) if path.exists() else 0


def change(folder: Path, old: str, new: str) -> None:
    spec = folder / "shop.dagwright.yaml"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new))


def lock(folder: Path) -> str:
    return (folder / "shop.requirements.lock").read_text()


def virtualenv(folder: Path) -> dict[str, str]:
    artifact = json.loads((folder / "compiled/shop.dag.json").read_text())
    found: dict[str, str] = artifact["defaults"]["dbt"]["virtualenv"]
    return found


def versions(folder: Path) -> list[str]:
    return re.findall(r"^\S+==\S+", lock(folder), re.MULTILINE)


def test_compile_resolves_once_and_embeds_what_it_locked(folder: Path) -> None:
    made = run("compile")
    assert made.exit_code == 0, made.output
    assert made.stdout.splitlines()[0] == "shop.requirements.lock: 2 packages"
    assert versions(folder) == ["dbt-core==1.99.0", "dbt-little==0.1"]
    assert lock(folder).count("--hash=sha256:") == 2
    assert virtualenv(folder) == {"lock": re.sub(r"#.*\n", "", lock(folder))}
    assert calls(folder) == 1
    again = run("compile")
    assert (again.exit_code, calls(folder)) == (0, 1)
    assert "requirements.lock" not in again.stdout


def test_what_says_how_the_environment_is_made_is_in_the_artifact(folder: Path) -> None:
    change(folder, "  requirements", '  python: "3.11"\n  venv_dir: ../venvs\n  requirements')
    assert run("compile").exit_code == 0
    assert virtualenv(folder).items() >= {"python": "3.11", "folder": "../venvs"}.items()
    assert "--python-version 3.11" in (folder / "calls").read_text()
    change(folder, 'python: "3.11"', 'python: "3.12"')
    assert run("check").exit_code == 1
    change(folder, "requirements: [dbt-core, dbt-little]", "prebuilt: /opt/dbt")
    change(folder, '  python: "3.12"\n  venv_dir: ../venvs\n', "")
    assert run("compile").exit_code == 0
    assert virtualenv(folder) == {"prebuilt": "/opt/dbt"}


@pytest.mark.parametrize("state", ["no lock", "stale", "fresh"])
def test_nothing_but_compile_ever_resolves(folder: Path, state: str) -> None:
    if state != "no lock":
        assert run("compile").exit_code == 0
    if state == "stale":
        change(folder, "dbt-core,", "dbt-core<2,")
    before = calls(folder)
    said = [
        run("validate").output,
        *(run(command, "--format", "concise").output for command in ("check", "diff", "bake")),
        run("graph", "shop.dagwright.yaml").output,
        run("config", "shop.dagwright.yaml").output,
        run("explain", "shop.dagwright.yaml", "shop.orders.run").output,
        run("doctor", "shop.dagwright.yaml", "--format", "concise").output,
    ]
    assert calls(folder) == before
    assert ("DW560" in "".join(said)) == (state != "fresh")
    assert (folder / "shop.requirements.lock").exists() == (state != "no lock")


def test_an_environment_of_another_mode_needs_no_lock(folder: Path) -> None:
    assert run("compile", "--environment", "dev").exit_code == 0
    assert calls(folder) == 0
    assert not (folder / "shop.requirements.lock").exists()


def test_the_lock_is_renewed_by_request_and_otherwise_kept_as_far_as_it_goes(
    folder: Path,
) -> None:
    assert run("compile").exit_code == 0
    make_wheel(folder / "wheels", "dbt_little", "0.2", {"little.py": "SIZE = 2\n"})
    change(folder, "dbt-core,", "dbt-core<2,")
    assert run("compile").exit_code == 0
    assert versions(folder) == ["dbt-core==1.99.0", "dbt-little==0.1"]
    assert run("compile", "--upgrade-lock").exit_code == 0
    assert versions(folder) == ["dbt-core==1.99.0", "dbt-little==0.2"]
    assert run("check").exit_code == 0


def test_equal_inputs_give_equal_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Path(shutil.copytree(folder, folder / "elsewhere" / "copy"))
    assert run("compile", "shop.dagwright.yaml").exit_code == 0
    monkeypatch.chdir(other)
    change(other, "[dbt-core, dbt-little]", "[dbt-little, dbt-core]")
    assert run("compile", "shop.dagwright.yaml").exit_code == 0
    assert lock(other) == lock(folder)
    artifacts = [
        json.loads((one / "compiled/shop.dag.json").read_text()) for one in (folder, other)
    ]
    assert artifacts[0]["defaults"] == artifacts[1]["defaults"]
    (other / "shop.requirements.lock").unlink()
    before = (other / "compiled/shop.dag.json").read_bytes()
    assert run("compile", "shop.dagwright.yaml").exit_code == 0
    assert (other / "compiled/shop.dag.json").read_bytes() == before


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a package index with a user and a password, where uv looks."""
    root = folder / "index"
    for wheel in (folder / "wheels").iterdir():
        name = wheel.name.partition("-")[0].replace("_", "-")
        (root / "simple" / name).mkdir(parents=True)
        shutil.move(wheel, root / "simple" / name)
    handler = partial(Quiet, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://robot:canary-77@127.0.0.1:{server.server_port}/simple"
        monkeypatch.delenv("UV_OFFLINE")
        monkeypatch.delenv("UV_FIND_LINKS")
        monkeypatch.setenv("UV_INDEX_URL", address)
        yield address
        server.shutdown()
        thread.join()


def test_no_address_of_an_index_is_locked(folder: Path, index: str) -> None:
    made = run("compile")
    assert made.exit_code == 0, made.output
    assert versions(folder) == ["dbt-core==1.99.0", "dbt-little==0.1"]
    written = lock(folder) + (folder / "compiled/shop.dag.json").read_text() + made.output
    assert index
    assert not re.search(r"canary|robot|127\.0\.0\.1|://", written)


@pytest.mark.parametrize("upgrade", [True, False])
def test_an_index_out_of_reach_is_a_finding_and_changes_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, upgrade: bool
) -> None:
    assert run("compile").exit_code == 0
    names = ("shop.requirements.lock", "compiled/shop.dag.json")
    before = [(folder / name).read_bytes() for name in names]
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("UV_INDEX_URL", "http://robot:canary-78@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    if not upgrade:
        change(folder, "dbt-little]", "dbt-other]")
    failed = run("compile", *(["--upgrade-lock"] if upgrade else []))
    assert failed.exit_code == 1
    assert "DW561" in failed.output
    assert "127.0.0.1:9" in failed.output
    assert not re.search("canary|robot", failed.output)
    assert [(folder / name).read_bytes() for name in names] == before


def test_versions_that_exclude_each_other_are_told_by_the_resolver(folder: Path) -> None:
    change(folder, "dbt-core,", "dbt-core<1,")
    failed = run("compile")
    assert (failed.exit_code, "DW561" in failed.output) == (1, True)
    assert "dbt-core<1" in failed.output
    assert not (folder / "compiled").exists()


def without_uv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only pip: no uv on the PATH, and none beside Python."""
    (folder / "bin/uv").unlink()
    python = folder / "bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert shutil.which("uv") is None


def test_pip_resolves_where_there_is_no_uv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("compile").exit_code == 0
    by_uv = lock(folder)
    without_uv(folder, monkeypatch)
    (folder / "shop.requirements.lock").unlink()
    made = run("compile")
    assert made.exit_code == 0, made.output
    assert lock(folder) == by_uv
    change(folder, "  requirements", '  python: "3.99"\n  requirements')
    failed = run("compile")
    assert (failed.exit_code, "install uv" in failed.output) == (1, True)


def test_pip_locks_the_archive_at_an_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_uv(folder, monkeypatch)
    wheel = (folder / "wheels/dbt_little-0.1-py3-none-any.whl").as_uri()
    change(folder, "dbt-little]", f'"dbt-little @ {wheel}"]')
    made = run("compile")
    assert made.exit_code == 0, made.output
    assert f"dbt-little @ {wheel} \\\n    --hash=sha256:" in lock(folder)


def test_a_package_without_a_hash_is_none_to_lock(folder: Path) -> None:
    (folder / "package").mkdir()
    (folder / "package/pyproject.toml").write_text(
        '[project]\nname = "dbt-folder"\nversion = "1"\ndynamic = []\n'
    )
    change(folder, "dbt-little]", f'"dbt-folder @ {(folder / "package").as_uri()}"]')
    failed = run("compile")
    assert (failed.exit_code, "DW561" in failed.output) == (1, True)
    assert "no package with its version and hashes: dbt-folder" in failed.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--index-url https://robot:canary-79@host/simple\n", "no package with its version"),
        ("sqlparse==1.0\n", "no package with its version and hashes: sqlparse"),
    ],
)
def test_what_was_written_into_the_lock_by_hand_reaches_no_artifact(
    folder: Path, text: str, said: str
) -> None:
    assert run("compile").exit_code == 0
    with (folder / "shop.requirements.lock").open("a") as stream:
        stream.write(text)
    found = run("check")
    assert (found.exit_code, "DW560" in found.output) == (1, True)
    assert said in found.output
    assert "canary" not in found.output
    assert run("compile").exit_code == 0
    assert text not in lock(folder)


def test_a_file_of_requirements(folder: Path) -> None:
    change(folder, "[dbt-core, dbt-little]", "needs/dbt.txt")
    missing = run("compile")
    assert (missing.exit_code, "DW562" in missing.output) == (1, True)
    (folder / "needs").mkdir()
    text = "# what the shop needs\ndbt-core  # itself\n\ndbt-little\n"
    (folder / "needs/dbt.txt").write_text(text)
    assert run("compile").exit_code == 0
    assert versions(folder) == ["dbt-core==1.99.0", "dbt-little==0.1"]
    (folder / "needs/dbt.txt").write_text(f"{text}# a remark\n")
    assert run("check").exit_code == 0
    (folder / "needs/dbt.txt").write_text("dbt-core\n--pre\n")
    refused = run("check")
    assert (refused.exit_code, "DW159" in refused.output) == (1, True)


def test_requirements_that_bring_no_dbt(folder: Path) -> None:
    change(folder, "dbt-core, ", "")
    failed = run("compile")
    assert (failed.exit_code, "DW563" in failed.output) == (1, True)


def test_specs_beside_each_other_have_locks_of_their_own(folder: Path) -> None:
    other = SPEC.replace("id: shop", "id: other").replace(", dbt-little", "")
    (folder / "shop.small.dagwright.yml").write_text(other)
    assert run("compile").exit_code == 0
    assert sorted(path.name for path in folder.glob("*.lock")) == [
        "shop.requirements.lock",
        "shop.small.requirements.lock",
    ]
