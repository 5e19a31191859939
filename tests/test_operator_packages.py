"""Packages of a dbt project on a worker: installed where they are missing, by one task alone."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from airflow_home import AirflowHome
from dagwright.plan.profiles import profile_argument
from dagwright.spec.model import Profile

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

WANTED = {"folder": "dbt_packages", "names": ["parts"]}


class Installer:
    """Stands for `dbt deps`: removes what is there, installs, and counts."""

    def __init__(self, project: Path, status: int = 0) -> None:
        self.project, self.status, self.calls = project, status, 0

    def __call__(self) -> int:
        self.calls += 1
        shutil.rmtree(self.project / "dbt_packages", ignore_errors=True)
        if self.status == 0:
            put(self.project)
        return self.status


def put(project: Path) -> None:
    (project / "dbt_packages" / "parts").mkdir(parents=True)
    (project / "dbt_packages" / "parts" / "dbt_project.yml").write_text("name: parts\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.yml").write_text("packages: [{name: parts, version: 1.0.0}]\n")
    return tmp_path


def install(project: Path, run: Callable[[], int], **changes: Any) -> None:
    from dagwright_airflow.operators.packages import install_packages

    install_packages(project, {**WANTED, **changes}, run)


def test_they_are_installed_once_and_again_after_another_lock(project: Path) -> None:
    run = Installer(project)
    for _ in range(3):
        install(project, run)
    assert run.calls == 1
    (project / "package-lock.yml").write_text("packages: [{name: parts, version: 1.1.0}]\n")
    for _ in range(2):
        install(project, run)
    assert run.calls == 2


def test_those_of_an_image_are_left_alone(project: Path) -> None:
    put(project)
    run = Installer(project)
    install(project, run)
    assert run.calls == 0
    install(project, run, names=["parts", "more"])
    assert run.calls == 1


def test_a_lock_that_names_nothing_proves_nothing(project: Path) -> None:
    put(project)
    run = Installer(project)
    install(project, run, names=[])
    install(project, run, names=[])
    assert run.calls == 1


def test_a_failure_is_told_and_leaves_no_stamp(project: Path) -> None:
    from airflow.exceptions import AirflowException

    with pytest.raises(AirflowException, match="dbt deps exited with 2"):
        install(project, Installer(project, status=2))
    mended = Installer(project)
    install(project, mended)
    assert mended.calls == 1


def test_tasks_that_begin_together_install_once(project: Path) -> None:
    begin = threading.Barrier(8)
    run = Installer(project)

    def task(_: int) -> None:
        begin.wait()
        install(project, run)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(task, range(8)))
    assert run.calls == 1


MODEL = "select * from {{ ref('part') }}"


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize(
    ("invocation", "profile"),
    [("subprocess", "file"), ("dbt_runner", "file"), ("subprocess", "connection")],
)
def test_the_real_dbt_installs_what_a_model_reads(
    invocation: str,
    profile: str,
    airflow_home: AirflowHome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dagwright_airflow.operators.dbt import DbtOperator

    assert airflow_home
    for name in ("shop", "parts"):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "dbt_project.yml").write_text(f"name: {name}\nprofile: shop\n")
    (tmp_path / "parts/models/part.sql").write_text("select 1 as id")
    (tmp_path / "shop/models/stock.sql").write_text(MODEL)
    (tmp_path / "shop/packages.yml").write_text("packages:\n  - local: \"{{ var('where') }}\"\n")
    paths, more = {"--project-dir": "shop"}, {}
    if profile == "file":
        text = "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n"
        (tmp_path / "shop/profiles.yml").write_text(text)
        paths["--profiles-dir"] = "shop"
    else:
        stated = {"connection": "shop", "type": "duckdb", "name": "shop", "target": "dev"}
        made = {"conn_type": "duckdb", "host": "shop.duckdb"}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(made))
        more = {"profile": profile_argument(Profile.model_validate(stated))}

    def run() -> Any:
        operator = DbtOperator(
            task_id="a",
            command=["run", "--select", "+stock"],
            nodes=["model.parts.part", "model.shop.stock"],
            invocation=invocation,
            paths=paths,
            vars={"where": "../parts"},
            packages={"folder": "dbt_packages", "names": []},
            folder=str(tmp_path),
            **more,
        )
        return DbtOperator.execute.__wrapped__(operator, {})["nodes"]

    assert [one["status"] for one in run()] == ["success", "success"]
    stamp = next((tmp_path / "shop/dbt_packages").glob(".dagwright*"))
    first = stamp.stat().st_mtime_ns
    assert [one["status"] for one in run()] == ["success", "success"]
    assert stamp.stat().st_mtime_ns == first
