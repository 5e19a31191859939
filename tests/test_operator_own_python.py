"""The operator in mode `virtualenv`: whose dbt runs, by which Python, with which variables.

The packages are ours: their dbt notes how it was called, by its program or by its Python API.
"""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from dagwright.doctor.environments import environments_folder, made_dbt
from dagwright.files import DiskFiles
from dagwright.plan.requirements import Lock
from dagwright.spec.model.execute import VirtualenvKeys
from processes import all_gone
from small_wheels import make_wheel

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

DBT = """\
import json, os, pathlib, sys, time

class Results:
    def __init__(self, text):
        self.text = text

    def write(self, path):
        pathlib.Path(path).write_text(self.text)

class Outcome:
    success, exception = True, None

def ran(argv, how):
    seen = {"how": how, "argv": argv, "prefix": sys.prefix, "env": dict(os.environ)}
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
    print("dbt is", how, flush=True)
    time.sleep(float(os.environ.get("SLEEP", "0")))
    target = pathlib.Path(argv[argv.index("--target-path") + 1])
    target.mkdir(parents=True)
    return target, Results('{"results": [{"unique_id": "model.shop.a", "status": "success"}]}')

class dbtRunner:
    def invoke(self, argv):
        outcome = Outcome()
        _, outcome.result = ran(argv, "api")
        return outcome

def main():
    target, results = ran(sys.argv[1:], "program")
    results.write(target / "run_results.json")
"""
ENTRY = "[console_scripts]\ndbt = dbt.cli.main:main\n"
MODULES = {"dbt/__init__.py": "", "dbt/cli/__init__.py": "", "dbt/cli/main.py": DBT}


def made_package(folder: Path, version: str) -> str:
    """Put a dbt of this version into `folder`, and return its lock."""
    folder.mkdir(exist_ok=True)
    name, _, wheel = make_wheel(folder, "dbt_core", version, MODULES, ENTRY)
    return f"{name}=={version} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loader file's folder, a project, and packages that install in no time."""
    for name in ("dags", "shop"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return tmp_path / "dags"


@pytest.fixture
def made(folder: Path) -> dict[str, str]:
    """What an artifact states of an environment that is made."""
    return {"lock": made_package(folder.parent / "wheels", "1.99.0"), "folder": "../venvs"}


@pytest.fixture
def prebuilt(folder: Path, made: dict[str, str]) -> Path:
    return installed(folder.parent / "prebuilt", made["lock"])


def installed(place: Path, lock: str) -> Path:
    """Return an environment that was made by hand."""
    uv = str(Path(sys.executable).with_name("uv"))
    requirements = place.with_suffix(".txt")
    requirements.write_text(lock)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
    fill = ["pip", "install", "--quiet", "--python", str(place), "--requirement"]
    subprocess.run([uv, *fill, str(requirements)], check=True)
    return place


def operator(folder: Path, virtualenv: dict[str, str], **changes: Any) -> Any:
    from dagwright_airflow.operators.dbt import DbtOperator

    arguments = {
        "command": ("run", "--select", "a"),
        "nodes": ("model.shop.a",),
        "paths": {"--project-dir": "../shop"},
        "folder": str(folder),
        "virtualenv": virtualenv,
        **changes,
    }
    return DbtOperator(task_id="a", **arguments)


def run(folder: Path, virtualenv: dict[str, str], **changes: Any) -> Any:
    """Return what dbt noted of its call."""
    made = operator(folder, virtualenv, **changes)
    summary = type(made).execute.__wrapped__(made, {})
    assert [node["unique_id"] for node in summary["nodes"]] == ["model.shop.a"]
    return json.loads((folder.parent / "seen.json").read_text())


def failure(folder: Path, virtualenv: dict[str, str], **changes: Any) -> str:
    from airflow.sdk.exceptions import AirflowException

    with pytest.raises(AirflowException) as raised:
        run(folder, virtualenv, **changes)
    return str(raised.value)


@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner", "auto"])
@pytest.mark.parametrize("kind", ["made", "prebuilt"])
def test_each_invocation_is_that_of_the_environment(
    kind: str, invocation: str, folder: Path, made: dict[str, str], prebuilt: Path
) -> None:
    virtualenv = made if kind == "made" else {"prebuilt": "../prebuilt"}
    how = "program" if invocation == "subprocess" else "api"
    seen = run(folder, virtualenv, invocation=invocation)
    assert seen["how"] == how
    place = Path(seen["env"]["VIRTUAL_ENV"])
    if kind == "made":
        assert place.parent == folder.parent / "venvs"
    else:
        assert place == prebuilt
    assert Path(seen["prefix"]).resolve() == place.resolve()
    assert seen["env"]["PATH"].startswith(f"{place / 'bin'}:")
    written = "--no-write-json" if how == "api" else "--write-json"
    assert seen["argv"][-1] == written


def test_modules_of_the_worker_stay_out_and_those_of_the_spec_come_in(
    folder: Path, prebuilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder.parent / "airflows"))
    monkeypatch.setenv("FROM_WORKER", "kept")
    virtualenv = {"prebuilt": str(prebuilt)}
    seen = run(folder, virtualenv)["env"]
    assert "PYTHONPATH" not in seen
    assert seen["FROM_WORKER"] == "kept"
    seen = run(folder, virtualenv, env={"PYTHONPATH": "/opt/macros", "PATH": "/opt/bin"})["env"]
    assert seen["PYTHONPATH"] == "/opt/macros"
    assert seen["PATH"] == f"{prebuilt / 'bin'}:/opt/bin"


def test_a_dbt_without_a_python_api_is_called_by_its_program(folder: Path) -> None:
    lock = made_package(folder.parent / "wheels", "2.1.0")
    virtualenv = {"lock": lock, "folder": "../venvs"}
    assert run(folder, virtualenv, invocation="auto")["how"] == "program"
    said = failure(folder, virtualenv, invocation="dbt_runner")
    assert "has no dbt whose Python API could be called" in said
    assert str(folder.parent / "venvs") in said


def test_an_api_that_cannot_be_imported_is_said_in_a_line(
    folder: Path, prebuilt: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (module,) = prebuilt.glob("lib/python*/site-packages/dbt/cli/main.py")
    module.write_text("import no_such_package\n")
    said = failure(folder, {"prebuilt": "../prebuilt"}, invocation="dbt_runner")
    assert "the Python API of dbt cannot be imported by " in said
    assert "ModuleNotFoundError: No module named 'no_such_package'" in said
    assert "It gave up before it ran a node" in said
    assert "Traceback" not in said + "".join(capfd.readouterr())


@pytest.mark.parametrize("name", ["python", "dbt"])
def test_what_is_no_environment_with_dbt_is_said(name: str, folder: Path, prebuilt: Path) -> None:
    (prebuilt / "bin" / name).unlink()
    said = failure(folder, {"prebuilt": "../prebuilt"})
    assert said == f"{prebuilt} is no virtual environment with dbt: it has no bin/{name}"


def _the_whole_folder(venvs: Path) -> None:
    shutil.rmtree(venvs)


def _the_environment(venvs: Path) -> None:
    for path in venvs.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)


def _its_python(venvs: Path) -> None:
    next(venvs.glob("*/bin/python")).unlink()


def _its_dbt(venvs: Path) -> None:
    next(venvs.glob("*/bin/dbt")).unlink()


@pytest.mark.parametrize("clear", [_the_whole_folder, _the_environment, _its_python, _its_dbt])
def test_an_environment_that_was_cleared_is_made_again(
    clear: Callable[[Path], None],
    folder: Path,
    made: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    first = run(folder, made)
    run(folder, made)
    assert "".join(capfd.readouterr()).count("Making the virtual environment") == 1
    clear(folder.parent / "venvs")
    assert run(folder, made)["env"]["VIRTUAL_ENV"] == first["env"]["VIRTUAL_ENV"]
    assert "".join(capfd.readouterr()).count("Making the virtual environment") == 1


def test_where_environments_lie_if_nothing_says_so(
    folder: Path, made: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lies = made.pop("folder")
    assert doctors(folder, made, lies) is None
    cache = folder.parent / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    place = run(folder, made)["env"]["VIRTUAL_ENV"]
    assert place.startswith(f"{cache}/dagwright/venvs/")
    assert doctors(folder, made) == f"{place}/bin/dbt"
    monkeypatch.setenv("DAGWRIGHT_VENV_DIR", str(folder.parent / "disk"))
    place = run(folder, made)["env"]["VIRTUAL_ENV"]
    assert place.startswith(f"{folder.parent}/disk/")
    assert doctors(folder, made) == f"{place}/bin/dbt"
    place = run(folder, {**made, "folder": lies})["env"]["VIRTUAL_ENV"]
    assert place.startswith(f"{folder.parent}/venvs/")
    assert doctors(folder, made, lies) == f"{place}/bin/dbt"
    own = ".".join(map(str, sys.version_info[:2]))
    assert doctors(folder, made, lies, own) == f"{place}/bin/dbt"
    assert doctors(folder, made, lies, "3.99") is None


def doctors(
    folder: Path, made: dict[str, str], venv_dir: str | None = None, python: str | None = None
) -> str | None:
    """Return which dbt `dagwright doctor` would ask: the compiler knows where tasks put it."""
    keys = VirtualenvKeys(requirements=("dbt-core",), venv_dir=venv_dir, python=python)
    lock = Lock("shop.requirements.lock", made["lock"], is_new=False)
    where = environments_folder(keys, str(folder), os.environ)
    return made_dbt(keys, lock, where, DiskFiles())


def test_a_user_without_a_home_is_told_what_to_name(
    folder: Path, made: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> Any:
        raise KeyError

    del made["folder"]
    for name in ("HOME", "XDG_CACHE_HOME", "DAGWRIGHT_VENV_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert "has no home for virtual environments: name a folder" in failure(folder, made)


def test_settings_of_pip_and_uv_on_a_worker_do_not_lead_astray(
    folder: Path, made: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    astray = folder.parent / "astray"
    other = folder.parent / "constraints.txt"
    other.write_text("dbt-core==1.2.0\n")
    for name in ("PIP_TARGET", "PIP_PREFIX", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.setenv(name, str(astray))
    for name in ("PIP_CONSTRAINT", "UV_CONSTRAINT", "UV_OVERRIDE"):
        monkeypatch.setenv(name, str(other))
    monkeypatch.setenv("UV_SYSTEM_PYTHON", "1")
    monkeypatch.setenv("UV_PYTHON", "3.99")
    assert run(folder, made)["how"] == "program"
    assert not astray.exists()


def test_the_password_of_an_index_may_be_a_secret_and_is_not_told(
    folder: Path,
    made: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("AIRFLOW_VAR_INDEX", "http://robot:canary-90@127.0.0.1:9/simple")
    shutil.rmtree(folder.parent / "wheels")
    (folder.parent / "wheels").mkdir()
    said = failure(folder, made, secrets={"UV_INDEX_URL": {"variable": "index"}})
    output = "".join(capfd.readouterr())
    assert "the virtual environment could not be made" in said
    assert "127.0.0.1:9" in output
    assert "canary-90" not in output + said
    assert "robot" not in output + said


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_killing_the_task_ends_the_dbt_of_the_environment(
    invocation: str, folder: Path, prebuilt: Path
) -> None:
    mark = f"OWN_PYTHON_TEST={folder}"
    name, _, value = mark.partition("=")
    virtualenv, env = {"prebuilt": str(prebuilt)}, {name: value, "SLEEP": "600"}
    task = operator(folder, virtualenv, invocation=invocation, env=env)
    assert killed(task, (folder.parent / "seen.json").exists)
    assert all_gone(mark)


HALTING_UV = """\
#!/bin/sh
touch "$HALTED"
sleep 600
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_killing_the_task_ends_what_makes_the_environment(
    folder: Path, made: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"OWN_PYTHON_TEST={folder}"
    name, _, value = mark.partition("=")
    halted = folder.parent / "halted"
    uv = folder.parent / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(HALTING_UV)
    uv.chmod(0o755)
    path = f"{uv.parent}:{os.environ['PATH']}"
    task = operator(folder, made, env={name: value, "HALTED": str(halted), "PATH": path})
    assert "it is not made, because the task was killed" in killed(task, halted.exists)
    assert all_gone(mark)
    assert run(folder, made)["how"] == "program"


def killed(task: Any, begun: Callable[[], bool]) -> str:
    """Return what a task raised that was killed as soon as it had `begun`."""
    from airflow.sdk.exceptions import AirflowException

    def kill() -> None:
        if begun():
            task.on_kill()
        else:
            start()

    def start() -> None:
        timer = Timer(0.1, kill)
        timer.daemon = True
        timer.start()

    start()
    with pytest.raises(AirflowException, match="the task was killed") as raised:
        type(task).execute.__wrapped__(task, {})
    return str(raised.value)
