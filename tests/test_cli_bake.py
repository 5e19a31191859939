"""`dagwright bake`: what it makes, dbt takes in a task's call; what no parse fits, it refuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from airflow_home import AirflowHome
from dagwright.cli import program
from dagwright.diagnostics import Report
from dagwright.doctor.connections import EXIT_STATUSES
from dagwright.files import DiskFiles
from dagwright.pipeline import Options, compile_spec

pytestmark = [pytest.mark.dbt, pytest.mark.slow]

TINY = Path(__file__).parent / "projects" / "tiny"
DBT = str(Path(sys.executable).parent / "dbt")
SPEC = """\
version: 1
dag: {{id: tiny}}
render: {{project_dir: ../tiny, dbt: {{executable: {dbt}, profiles_dir: ../tiny}}}}
execute:
  mode: local
  project_dir: /somewhere/else/tiny
  profile: {{target: dev}}
{more}"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the project beside a folder of specs."""
    shutil.copytree(TINY, tmp_path / "tiny")
    (tmp_path / "dags").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINY_DATABASE", "../tiny.duckdb")
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "False")
    return tmp_path


def bake(folder: Path, more: str = "") -> Result:
    (folder / "dags/tiny.dagwright.yaml").write_text(SPEC.format(dbt=DBT, more=more))
    return CliRunner().invoke(program, ["bake"], catch_exceptions=False)


def candidates(spec: str) -> list[str]:
    made = compile_spec(DiskFiles(), spec, Options(), Report())
    assert made is not None
    names: list[str] = made.plan.defaults["dbt"]["partial_parse"]
    return names


def parsed_anew(project: Path, parse: Path, *flags: str) -> bool:
    """Return whether a call as a task makes it has to parse files of the project."""
    words = ["ls", "--target-path", "elsewhere", "--log-level", "debug", *flags]
    done = subprocess.run(
        [DBT, *words, "--profiles-dir", ".", "--partial-parse-file-path", str(parse)],
        cwd=project,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    return "no changes found, skipping parsing" not in done.stdout


def test_what_is_baked_is_what_tasks_look_for_and_dbt_takes_it_elsewhere(folder: Path) -> None:
    done = bake(folder, "  vars: {most: 10}\n")
    assert done.exit_code == 0, done.output
    baked, fallback = candidates("dags/tiny.dagwright.yaml")
    assert "tiny/" + baked in done.output
    assert fallback == "target/partial_parse.msgpack"

    moved = folder / "image" / "dbt"
    shutil.copytree(folder / "tiny", moved)
    same = ("--target", "dev", "--vars", '{"most": 10}')
    assert not parsed_anew(moved, moved / baked, *same)
    assert parsed_anew(moved, moved / baked, "--target", "dev", "--vars", '{"most": 11}')
    assert parsed_anew(moved, moved / baked, "--vars", '{"most": 10}')


def test_each_set_of_variables_has_a_file_of_its_own(folder: Path) -> None:
    assert bake(folder, "  vars: {most: 10}\n").exit_code == 0
    first = candidates("dags/tiny.dagwright.yaml")[0]
    assert bake(folder, "  vars: {most: 11}\n").exit_code == 0
    second = candidates("dags/tiny.dagwright.yaml")[0]
    assert first != second
    assert (folder / "tiny" / first).is_file()
    assert (folder / "tiny" / second).is_file()


def test_variables_that_differ_from_run_to_run_fit_no_parse(folder: Path) -> None:
    done = bake(folder, '  vars: {day: "{{ ds }}"}\n')
    assert done.exit_code == 1
    assert "error[DW555]" in done.output
    assert "warning[DW554]" in done.output
    assert candidates("dags/tiny.dagwright.yaml") == ["target/partial_parse.msgpack"]


def test_a_profile_that_is_never_the_same_is_refused_with_dbts_reason(folder: Path) -> None:
    profiles = folder / "tiny/profiles.yml"
    moment = "../{{ modules.datetime.datetime.now().isoformat() }}.duckdb"
    profiles.write_text(profiles.read_text().replace("{{ env_var('TINY_DATABASE') }}", moment))
    done = bake(folder)
    assert done.exit_code == 1
    assert "error[DW556]" in done.output
    assert "profile has changed" in done.output


def test_a_dbt_that_fails_is_quoted(folder: Path) -> None:
    assert bake(folder).exit_code == 0
    (folder / "tiny/models/orders.sql").write_text("{{ ref(")
    done = bake(folder)
    assert done.exit_code == 1
    assert "Compilation Error" in done.output


def test_the_project_may_lie_elsewhere_now(folder: Path) -> None:
    assert bake(folder).exit_code == 0
    shutil.copytree(folder / "tiny", folder / "copy")
    shutil.rmtree(folder / "copy/target")
    words = ["bake", "--project-dir", "copy", "--profiles-dir", "copy", "--dbt", DBT]
    done = CliRunner().invoke(program, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert (folder / "copy" / candidates("dags/tiny.dagwright.yaml")[0]).is_file()


def test_airflow_makes_the_profile_of_a_connection(
    folder: Path, airflow_home: AirflowHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt takes the parse by any profile of the same values, secrets aside."""
    for name, text in airflow_home.environment.items():
        monkeypatch.setenv(name, text)
    spec = SPEC.replace(
        "{{target: dev}}", "{{connection: shop, type: duckdb, name: t, target: d}}"
    )
    (folder / "dags/tiny.dagwright.yaml").write_text(spec.format(dbt=DBT, more=""))
    done = CliRunner().invoke(program, ["bake"], catch_exceptions=False)
    assert (done.exit_code, "error[DW555]" in done.output) == (1, True)
    assert "no Airflow connection 'shop'" in done.output
    assert "AIRFLOW_CONN_SHOP" in done.output

    extra = {"settings": {"home_directory": "/tmp/canary-Jd83"}}  # noqa: S108
    shop = {"conn_type": "duckdb", "host": "../tiny.duckdb", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(shop))
    done = CliRunner().invoke(program, ["bake"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "canary" not in done.output
    baked = candidates("dags/tiny.dagwright.yaml")[0]
    parse = folder / "tiny" / baked
    assert b"canary" not in parse.read_bytes()

    for path, anew in (("../tiny.duckdb", False), ("../other.duckdb", True)):
        output = {"type": "duckdb", "path": path, "settings": extra["settings"]}
        profile = {"t": {"target": "d", "outputs": {"d": output}}}
        (folder / "tiny/profiles.yml").write_text(json.dumps(profile))
        assert parsed_anew(folder / "tiny", parse, "--profile", "t", "--target", "d") == anew


def test_the_exit_statuses_are_those_of_the_starter(airflow_home: AirflowHome) -> None:
    told = airflow_home.python(
        "from dagwright_airflow.by_connection import NO_CONNECTION, NO_PROFILE\n"
        "print(NO_CONNECTION, NO_PROFILE)"
    )
    assert told.split()[-2:] == [str(one) for one in EXIT_STATUSES]
