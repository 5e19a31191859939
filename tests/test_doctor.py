"""`dagwright doctor` tells what is wrong with a runtime, with the real dbt on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from airflow_home import AirflowHome
from dagwright.cli import program
from small_wheels import make_wheels

pytestmark = pytest.mark.dbt
TINY = Path(__file__).parent / "projects/tiny"
BIN = Path(sys.executable).parent
SPEC = """\
version: 1
dag: {id: tiny}
render: {project_dir: tiny, exclude: [slow]}
execute:
  mode: local
  dbt_executable: DBT
  project_dir: tiny
  profile: {profiles_dir: tiny}
  env: {DAY: "{{ ds }}"}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tiny project, parsed, and a spec of it; the working directory."""
    shutil.copytree(TINY, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINY_DATABASE", str(tmp_path / "tiny.duckdb"))
    parse = [BIN / "dbt", "parse", "--project-dir", "tiny", "--profiles-dir", "tiny"]
    subprocess.run(parse, check=True, capture_output=True)
    (tmp_path / "tiny.dagwright.yaml").write_text(SPEC.replace("DBT", str(BIN / "dbt")))
    return tmp_path


def doctor(home: Path, old: str = "", new: str = "") -> Result:
    spec = home / "tiny.dagwright.yaml"
    spec.write_text(spec.read_text().replace(old, new))
    return CliRunner().invoke(program, ["doctor"], catch_exceptions=False)


def test_a_runtime_that_has_all_is_well(home: Path) -> None:
    told = doctor(home)
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0] == "not set there, since their values are not known here: DAY"
    assert lines[1].startswith("dbt is there: 1.")
    assert "duckdb 1." in lines[1]
    assert lines[2:5] == [
        "the dbt project is as dbt wants it",
        "the profile is as dbt wants it",
        "the connection to the warehouse is as dbt wants it",
    ]
    assert lines[5].startswith("all ")


def test_no_dbt(home: Path) -> None:
    told = doctor(home, str(BIN / "dbt"), "/no/such/dbt")
    assert (told.exit_code, "DW661" in told.stdout) == (1, True)
    (home / "broken").write_text("#!/bin/sh\necho no adapter >&2\nexit 3\n")
    (home / "broken").chmod(0o755)
    told = doctor(home, "/no/such/dbt", "./broken")
    assert (told.exit_code, "DW662" in told.stdout) == (1, True)
    assert "no adapter" in told.stdout
    (home / "broken").write_text("#!/bin/sh\necho 06:00:00 Running with dbt=1.11.0\n")
    told = doctor(home)
    assert (told.exit_code, "DW666" in told.stdout) == (1, True)
    assert "06:00:00 Running with dbt=1.11.0" in told.stdout
    assert "dbt is there" not in told.stdout


def test_a_project_that_is_elsewhere(home: Path) -> None:
    (home / "empty").mkdir()
    told = doctor(home, "  project_dir: tiny", "  project_dir: empty")
    assert (told.exit_code, "DW663" in told.stdout) == (1, True)
    assert "the dbt project is not as dbt wants it" in told.stdout
    assert "tiny.dagwright.yaml:7:3" in told.stdout


def test_a_profile_that_lacks_a_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINY_DATABASE")
    told = doctor(home)
    assert (told.exit_code, "DW663" in told.stdout) == (1, True)
    assert "TINY_DATABASE" in told.stdout


def test_a_warehouse_that_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_DATABASE", "/no/such/folder/tiny.duckdb")
    told = doctor(home)
    assert (told.exit_code, "DW663" in told.stdout) == (1, True)
    assert "the connection to the warehouse is not as dbt wants it" in told.stdout


def test_a_project_of_another_day(home: Path) -> None:
    shutil.copytree(home / "tiny", home / "old")
    (home / "old/models/revenue.sql").unlink()
    (home / "old/models/models.yml").unlink()
    told = doctor(home, "  project_dir: tiny", "  project_dir: old")
    assert (told.exit_code, "DW664" in told.stdout) == (1, True)
    assert "model.tiny.revenue" in told.stdout


BY_CONNECTION = "  profile: {connection: shop, type: duckdb, schema: main}\n"
CANARY = "canary-p4Xw81"


def by_connection(home: Path) -> Result:
    """The project's own profile is gone, and the spec names a connection in its place."""
    (home / "tiny/profiles.yml").unlink()
    return doctor(home, "  profile: {profiles_dir: tiny}\n", BY_CONNECTION)


def test_airflow_makes_the_profile_of_a_connection(
    home: Path, monkeypatch: pytest.MonkeyPatch, airflow_home: AirflowHome
) -> None:
    extra = {"settings": {"home_directory": f"/tmp/{CANARY}"}}  # noqa: S108
    shop = {"conn_type": "duckdb", "host": str(home / "tiny.duckdb"), "extra": extra}
    for name, text in airflow_home.environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(shop))
    told = by_connection(home)
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0].startswith("The dbt profile (duckdb, method file) has by the Airflow")
    assert lines[3:6] == [
        "the dbt project is as dbt wants it",
        "the profile is as dbt wants it",
        "the connection to the warehouse is as dbt wants it",
    ]
    assert lines[6].startswith("all ")
    assert CANARY not in told.output

    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps({**shop, "host": "/no/such/x.duckdb"}))
    told = doctor(home)
    assert (told.exit_code, "DW663" in told.stdout) == (1, True)
    assert "the connection to the warehouse is not as dbt wants it" in told.stdout
    assert CANARY not in told.output


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ("AIRFLOW_CONN_OTHER", "no Airflow connection 'shop'"),
        ("AIRFLOW_CONN_SHOP", "there is no `extra.path` or `host` for its field `path`"),
    ],
)
def test_a_connection_that_makes_no_profile(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    airflow_home: AirflowHome,
    variable: str,
    why: str,
) -> None:
    """The project is asked for all the same, by a stand-in for the profile."""
    for name, text in airflow_home.environment.items():
        monkeypatch.setenv(name, text)
    shop = {"conn_type": "duckdb", "password": CANARY, "extra": {"retries": CANARY}}
    monkeypatch.setenv(variable, json.dumps(shop))
    told = by_connection(home)
    assert (told.exit_code, "DW665" in told.stdout) == (1, True)
    assert why in told.stdout
    assert "DW663" not in told.stdout
    assert "nodes that the tasks run are in the project there" in told.stdout
    assert CANARY not in told.output


def test_a_connection_that_is_not_looked_into(home: Path) -> None:
    """What a template gives is known to a task alone; the project is asked for by a stand-in."""
    told = doctor(
        home,
        "  profile: {profiles_dir: tiny}\n",
        "  profile: {connection: shop, type: duckdb, schema: '{{ ds }}'}\n",
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("the connection shop is not looked into: fields of it are templ")
    assert "error[" not in told.stdout
    assert "nodes that the tasks run are in the project there" in told.stdout
    shutil.copytree(home / "tiny", home / "old")
    (home / "old/models/revenue.sql").unlink()
    (home / "old/models/models.yml").unlink()
    told = doctor(home, "  project_dir: tiny", "  project_dir: old")
    assert (told.exit_code, "DW664" in told.stdout) == (1, True)


def stand_in(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> Path:
    """Put a program of ours first on the PATH; it adds its arguments to the file returned."""
    told = home / f"{name}.argv"
    path = home / "bin" / name
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {told}\n{script}')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    return told


def in_mode(home: Path, mode: str) -> Result:
    spec = home / "tiny.dagwright.yaml"
    old = f"  mode: local\n  dbt_executable: {BIN / 'dbt'}\n"
    text = spec.read_text().replace(old, mode).replace("dir: tiny", f"dir: {home}/tiny")
    spec.write_text(text.replace(f"render: {{project_dir: {home}/", "render: {project_dir: "))
    return CliRunner().invoke(program, ["doctor"], catch_exceptions=False)


def test_a_container_gets_the_same_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program `docker` is ours: it keeps its arguments, and runs dbt on this machine."""
    script = f'while [ "$1" != img ]; do shift; done\nshift\nexec {BIN}/dbt "$@"\n'
    argv = stand_in(home, monkeypatch, "docker", script)
    monkeypatch.setenv("TOKEN", "c4n4ry")
    told = in_mode(
        home,
        "  mode: docker\n  image: img\n  network: none\n"
        "  volumes: [{mount: /dbt, host: /srv/dbt, read_only: true}]\n"
        "  secrets: {TOKEN: {variable: token}, OTHER: {connection: shop}}\n",
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(
        "not set there, since their values are not known here: DAY, OTHER"
    )
    written = argv.read_text()
    assert written.splitlines()[:8] == [
        *("run", "--rm", "--env=TOKEN"),
        "--mount=type=bind,source=/srv/dbt,target=/dbt,readonly",
        *("--network=none", f"--workdir={home}/tiny", "--entrypoint=dbt", "img"),
    ]
    assert "c4n4ry" not in written


def test_a_pod_is_one_of_the_tasks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program `kubectl` is ours: it runs the arguments of the pod on this machine."""
    script = (
        '[ "$1" != auth ] || exec test -z "$NO_CLUSTER"\n'
        'for word in "$@"; do\n'
        'case "$word" in --overrides=*) json="${word#--overrides=}";; esac\ndone\n'
        f"exec {sys.executable} -c 'import json, os, sys\n"
        'dbt = json.loads(sys.argv[1])["spec"]["containers"][0]\n'
        f'os.execv("{BIN}/dbt", [*dbt["command"], *dbt["args"]])\' "$json"\n'
    )
    argv = stand_in(home, monkeypatch, "kubectl", script)
    told = in_mode(home, "  mode: kubernetes\n  image: img\n  namespace: etl\n")
    assert told.exit_code == 0, told.output
    written = argv.read_text().splitlines()
    assert written[:5] == ["auth", "can-i", "create", "pods", "--namespace=etl"]
    assert written[5] == "run"
    assert written[7:13] == [
        *("--namespace=etl", "--image=img", "--rm", "--stdin", "--quiet", "--restart=Never"),
    ]
    assert written[13] == "--pod-running-timeout=600s"
    pods = [name for name in written if name.startswith("dagwright-doctor-")]
    assert len(set(pods)) == len(pods) == 3
    monkeypatch.setenv("NO_CLUSTER", "1")
    told = CliRunner().invoke(program, ["doctor"], catch_exceptions=False)
    assert (told.exit_code, "DW661" in told.stdout) == (1, True)
    assert "kubectl auth can-i create pods --namespace=etl" in told.stdout


def test_what_cannot_be_asked_says_so(home: Path) -> None:
    told = in_mode(home, '  mode: docker\n  image: "{{ var.value.image }}"\n')
    assert (told.exit_code, "DW661" in told.stdout) == (1, True)
    assert "the image is a template" in told.stdout


def test_the_dbt_of_an_environment_that_is_there(home: Path) -> None:
    told = in_mode(home, f"  mode: virtualenv\n  prebuilt: {BIN.parent}\n")
    assert told.exit_code == 0, told.output
    assert "dbt is there: 1." in told.stdout


def test_an_environment_that_no_task_has_made_yet(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheels(home / "wheels")
    monkeypatch.setenv("UV_FIND_LINKS", str(home / "wheels"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    spec = home / "tiny.dagwright.yaml"
    made = "  mode: virtualenv\n  requirements: [dbt-core]\n  venv_dir: venvs\n"
    assert "DW560" in in_mode(home, made).stdout
    run = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    told = doctor(home)
    assert (told.exit_code, "DW661" in told.stdout) == (1, True)
    assert f"{home}/venvs has no environment of this lock yet" in told.stdout
    lock = (home / "tiny.requirements.lock").read_text()
    packages = "".join(line for line in lock.splitlines(keepends=True) if not line.startswith("#"))
    (home / "venvs" / f"{sha256(packages.encode()).hexdigest()[:16]}-cpython-311").mkdir(
        parents=True
    )
    (link,) = (home / "venvs").iterdir()
    (link / "bin").symlink_to(BIN)
    told = doctor(home)
    assert told.exit_code == 0, told.output
    assert "dbt is there: 1." in told.stdout
